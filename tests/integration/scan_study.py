#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A study of networks that look at slices, at volumes and at bags of slices, from a phantom to its report.

  scan_study.py --bin DIR

The first run trains all three; the second gets the same pictures without their series, and goes on without the networks
that need them; its pixels are kept in 16 bits.
"""

import argparse
import json
import tempfile
from pathlib import Path

from laboratory import Laboratory, expect, rows, write_rows

NETWORKS = ["resnet18", "r3d_18", "covnet"]
SMALL = ["--image-size", "32", "--bootstrap", "200", "--explanations", "2"]


def axes_of(networks):
    return {"network": networks, "epochs": 1, "depth": 4}


def check_scores(out):
    units = {}
    for file in sorted(out.glob("*.scores.csv")):
        for row in rows(file):
            units.setdefault(row["variant"].split("-")[0], []).append((row["unit"], row["sample_id"], row["patient_id"]))
    expect(set(units) == set(NETWORKS), f"scores of {NETWORKS}, not of {sorted(units)}")
    expect({unit for unit, _, _ in units["resnet18"]} == {"slice"}, "resnet18 to score slices")
    for network in ("r3d_18", "covnet"):
        expect({unit for unit, _, _ in units[network]} == {"scan"}, f"{network} to score scans")
        expect(all(sample == f"{patient}-1" for _, sample, patient in units[network]), "scans named after their series")
        expect(len(units[network]) * 4 == len(units["resnet18"]), "one score for the four slices of a scan")


def check_results(out):
    metrics = json.loads((out / "metrics.json").read_text())
    found = {entry["configuration"].split("-")[0]: entry for entry in metrics["configurations"]}
    expect(set(found) == set(NETWORKS), f"metrics of {NETWORKS}, not of {sorted(found)}")
    expect(not metrics["failures"], f"no failures, not {metrics['failures']}")
    expect(found["resnet18"]["unit"] == "slice" and found["covnet"]["unit"] == "scan", "units in metrics.json")
    expect(len({entry["patient"]["count"] for entry in found.values()}) == 1, "every network to answer for the same patients")
    ranking = rows(out / "ranking.csv")
    expect(len(ranking) == 3 and all(row["rank"] for row in ranking), "all three in one ranking")
    report = (out / "report.html").read_text(encoding="utf-8")
    for network in NETWORKS:
        expect(network in report, f"the report to name {network}")
    expect("scan level for networks that look at scans" in report, "the report to say what is of scans")
    expect("Of a scan the slice is shown that has most of its map" in report, "the report to show explained scans")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, required=True)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        laboratory = Laboratory(arguments.bin, folder / "state")
        data = folder / "data"
        table = laboratory.phantom(data, "--slices", 4, "--size", 48)
        out = laboratory.study(data, axes_of(NETWORKS), folder / "scans", *SMALL)
        check_scores(out)
        check_results(out)

        for row in table:
            row["series_id"] = ""
        write_rows(data / "manifest.csv", table)
        out = laboratory.study(data, axes_of(["resnet18", "r3d_18"]), folder / "slices", *SMALL, "--dtype", "float16")
        metrics = json.loads((out / "metrics.json").read_text())
        expect([entry["configuration"].split("-")[0] for entry in metrics["configurations"]] == ["resnet18"], "resnet18 alone measured")
        reason, = (failure["reason"] for failure in metrics["failures"])
        expect("has no series_id" in reason and "column 'series_id'" in reason, f"the reason to name the column, not: {reason}")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A study of networks that look at slices, at volumes and at bags of slices, from a phantom to its report.

  scan_study.py --bin DIR

The first run trains all three; the second gets the same pictures without their series, and goes on without the networks
that need them.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

NETWORKS = ["resnet18", "r3d_18", "covnet"]
SPLIT = ["train"] * 6 + ["val"] * 2 + ["test"] * 4
SMALL = ["--image-size", "32", "--bootstrap", "200", "--explanations", "2"]


def expect(holds, what):
    if not holds:
        sys.exit(f"expected {what}")


def run(command, environment):
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    expect(done.returncode == 0, f"{' '.join(map(str, command))} to succeed, not:\n{done.stderr[-4000:]}")
    return done.stderr


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write_manifest(path, table):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, table[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)


def split_by_patient(table):
    """Gives every part patients of both classes: a split of the source's own, so there is one fold to train."""
    labels = {row["patient_id"]: row["label"] for row in table}
    for label in set(labels.values()):
        patients = sorted(patient for patient in labels if labels[patient] == label)
        for row in table:
            if row["patient_id"] in patients:
                row["split"] = SPLIT[2 * patients.index(row["patient_id"])]


def study(alveus, data, networks, folder, environment):
    """The outputs of a study of these networks, and what was said."""
    folder.mkdir()
    axes = folder / "axes.json"
    axes.write_text(json.dumps({"network": networks, "epochs": 1, "depth": 4}))
    said = run([alveus, "study", "run", "--data", data, "--study", axes, "--outdir", folder / "out", *SMALL], environment)
    return folder / "out", said


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
    environment = {**os.environ, "PATH": f"{arguments.bin}{os.pathsep}{os.environ['PATH']}"}
    alveus = arguments.bin / "alveus"
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        environment["XDG_STATE_HOME"] = str(folder / "state")
        data = folder / "data"
        run([alveus, "phantom", "--out", data, "--patients", "12", "--slices", "4", "--size", "48"], environment)
        table = rows(data / "manifest.csv")
        split_by_patient(table)
        write_manifest(data / "manifest.csv", table)
        out, _ = study(alveus, data, NETWORKS, folder / "scans", environment)
        check_scores(out)
        check_results(out)

        for row in table:
            row["series_id"] = ""
        write_manifest(data / "manifest.csv", table)
        out, _ = study(alveus, data, ["resnet18", "r3d_18"], folder / "slices", environment)
        metrics = json.loads((out / "metrics.json").read_text())
        expect([entry["configuration"].split("-")[0] for entry in metrics["configurations"]] == ["resnet18"], "resnet18 alone measured")
        reason, = (failure["reason"] for failure in metrics["failures"])
        expect("has no series_id" in reason and "column 'series_id'" in reason, f"the reason to name the column, not: {reason}")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every network of the zoo is trained, predicts and is explained in a study, from a phantom to the report.

  zoo_study.py --bin DIR [--networks NAME,NAME]

One epoch each on small pictures: it shows that they can be used, not what they learn. A study is thrown away before the
next begins, as the weights of all of them take 8 GB.
"""

import argparse
import json
import math
import shutil
import tempfile
from pathlib import Path

from laboratory import Laboratory, expect, rows

SIDE = 96  # Inception v3 wants 75
DEPTH = 4
DEPTH_LEAST_OF_DENSENETS = 32  # they halve every side five times
LEARNING_RATE = 1e-4  # few steps of a larger one leave some networks with one answer to everything
SMALL = ["--image-size", SIDE, "--bootstrap", "200", "--explanations", "1", "--cores", "1"]
NETWORKS_OF_A_STUDY = 7


def depth_of(network):
    return DEPTH_LEAST_OF_DENSENETS if network["least"][0] > DEPTH and network["input"] == "volumes" else DEPTH


def studies_of(networks):
    """Lists of networks that one study trains, each of one depth."""
    for depth in sorted({depth_of(network) for network in networks}):
        of_depth = [network for network in networks if depth_of(network) == depth]
        for first in range(0, len(of_depth), NETWORKS_OF_A_STUDY):
            yield depth, of_depth[first:first + NETWORKS_OF_A_STUDY]


def axes_of(networks, depth):
    """A study refuses an axis that counts for none of its networks."""
    axes = {"network": [network["network"] for network in networks], "epochs": 1, "learning_rate": LEARNING_RATE}
    if any(network["input"] == "pictures" for network in networks):
        axes["batch_size"] = 12
    if any(network["input"] != "pictures" for network in networks):
        axes.update(depth=depth, scan_batch_size=2)
    return axes


def parameters_of(laboratory, name, channels):
    zoo = json.loads(laboratory.run("networks", "--json", "--channels", channels)[0])
    return next(network["parameters"] for network in zoo if network["network"] == name)


def check_network(laboratory, network, out, metrics):
    name = network["network"]
    found = [entry for entry in metrics["configurations"] if entry["configuration"].split("-")[0] == name]
    expect(len(found) == 1, f"{name} to be measured")
    training, = (json.loads(path.read_text()) for path in out.glob(f"{name}-*/training.json"))
    if not network["patch"]:  # the others learn a vector for each patch of a picture of this size
        parameters = parameters_of(laboratory, name, training["variant"]["in_channels"])
        expect(training["parameters"] == parameters, f"{parameters} parameters of {name}, not {training['parameters']}")
    history, = out.glob(f"{name}-*/history.csv")
    losses = [float(row[column]) for row in rows(history) for column in ("train_loss", "val_loss")]
    expect(len(losses) == 2 and all(map(math.isfinite, losses)), f"losses of {name}, not {losses}")
    scores = rows(next(out.glob(f"{name}-*.scores.csv")))
    values = {row["probability"] for row in scores}
    expect(len(values) > 1 and all(0 <= float(value) <= 1 for value in values), f"{name} to tell one case from another")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, required=True)
    parser.add_argument("--networks", help="these alone")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        laboratory = Laboratory(arguments.bin, folder / "state")
        zoo = json.loads(laboratory.run("networks", "--json")[0])
        if arguments.networks:
            zoo = [network for network in zoo if network["network"] in arguments.networks.split(",")]
        laboratory.phantom(folder / "data", "--slices", DEPTH, "--size", SIDE)
        for depth, networks in studies_of(zoo):
            names = [network["network"] for network in networks]
            out = laboratory.study(folder / "data", axes_of(networks, depth), folder / "study", *SMALL)
            metrics = json.loads((out / "metrics.json").read_text())
            expect(not metrics["failures"], f"no failures, not {metrics['failures']}")
            report = (out / "report.html").read_text(encoding="utf-8")
            for network in networks:
                check_network(laboratory, network, out, metrics)
                expect(network["network"] in report, f"the report to name {network['network']}")
            print(f"{len(names)} networks used: {', '.join(names)}", flush=True)
            shutil.rmtree(folder / "study")
            shutil.rmtree(folder / "state", ignore_errors=True)


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: Apache-2.0
"""What tests of whole studies share: a phantom with a split of its own, and a study of it by a command line."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

SPLIT = ["train"] * 6 + ["val"] * 2 + ["test"] * 4


def expect(holds, what):
    if not holds:
        sys.exit(f"expected {what}")


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write_rows(path, table):
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


class Laboratory:
    """The programs of a folder, with the state of runs in another."""

    def __init__(self, programs, state):
        self.alveus = Path(programs) / "alveus"
        self.environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
                            "XDG_STATE_HOME": str(state)}

    def run(self, *words):
        """Standard output and standard error of a command that must succeed."""
        command = [str(word) for word in (self.alveus, *words)]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        expect(done.returncode == 0, f"{' '.join(command)} to succeed, not:\n{done.stderr[-4000:]}")
        return done.stdout, done.stderr

    def phantom(self, data, *flags):
        """Twelve patients in one fold; the rows of their manifest."""
        self.run("phantom", "--out", data, "--patients", 12, *flags)
        table = rows(data / "manifest.csv")
        split_by_patient(table)
        write_rows(data / "manifest.csv", table)
        return table

    def study(self, data, axes, folder, *flags):
        """The outputs of a study of these axes."""
        folder.mkdir()
        (folder / "axes.json").write_text(json.dumps(axes))
        self.run("study", "run", "--data", data, "--study", folder / "axes.json", "--outdir", folder / "out", *flags)
        return folder / "out"

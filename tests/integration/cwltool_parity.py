#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The same study under Alveus and under cwltool, its variants packed or not, gives the same outputs, byte for byte.

  cwltool_parity.py --bin DIR --source data|phantom

`alveus study run` makes a small study of which some variants are refused, and leaves its inputs in inputs.json; cwltool
then runs the very same workflow with the very same inputs, all variants of a fold in one pack. `alveus study run` makes
the study once more with a process for each variant. Compared are the output objects and the bytes of all they name. What tells of time spent is left out: timing.json and the report's section of that name. Exits 77 (skipped),
saying so, where cwltool or Node.js, which cwltool needs for JavaScript, is not installed.
"""

import argparse
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import unquote, urlparse

SKIPPED = 77
TIMING_SECTION = re.compile(rb'<section id="timing">.*?</section>', re.DOTALL)

# A variant that asks for ImageNet weights is refused: none are given. The others train, one of them from what is
# learned without labels.
STUDY = {"network": "resnet18", "initialisation": ["scratch", "imagenet", "rotation"], "pretrain_epochs": 1, "epochs": 1}
SMALL = ["--folds", "3", "--image-size", "32", "--bootstrap", "200", "--explanations", "1"]
WORKFLOWS = {"data": "universal.cwl", "phantom": "phantom-study.cwl"}


def run(command, environment, **keywords):
    """Standard output of a command that must succeed."""
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, **keywords)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\nended with status {done.returncode}\n{done.stderr[-4000:]}")
    return done.stdout


def journalled_outputs(state):
    """The output object of the one run below a state directory, as its journal has it."""
    journal, = state.glob("runs/*/journal.db")
    with sqlite3.connect(f"file:{journal}?mode=ro", uri=True) as database:
        (detail,), = database.execute("SELECT detail FROM event WHERE kind = 'run-ended'")
    return json.loads(detail)["outputs"]


def contents(value):
    """An output object with the bytes of its files in place of where they lie."""
    if isinstance(value, list):
        return [contents(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("class") not in ("File", "Directory"):
        return {name: contents(member) for name, member in value.items()}
    path = Path(unquote(urlparse(value["location"]).path))
    if value["class"] == "File":
        return {path.name: path.read_bytes()}
    return {str(file.relative_to(path.parent)): file.read_bytes() for file in sorted(path.rglob("*")) if file.is_file()}


def steady(name, found):
    """Without what may differ from run to run."""
    if Path(name).name == "timing.json":
        return b""
    if name.endswith(".html"):
        parts = TIMING_SECTION.split(found)
        if len(parts) != 2:
            sys.exit(f"{name} has {len(parts) - 1} sections on time spent, not one")
        return b"".join(parts)
    return found


def differences(ours, theirs, where):
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in sorted(ours.keys() ^ theirs.keys()):
            yield f"{where}/{name}: only {'ours' if name in ours else 'theirs'} has it"
        for name in sorted(ours.keys() & theirs.keys()):
            if isinstance(ours[name], bytes):
                if steady(name, ours[name]) != steady(name, theirs[name]):
                    yield f"{where}/{name}: the bytes differ"
            else:
                yield from differences(ours[name], theirs[name], f"{where}/{name}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, (left, right) in enumerate(zip(ours, theirs)):
            yield from differences(left, right, f"{where}/{index}")
    elif ours != theirs:
        yield f"{where}: {ours!r:.200} is not {theirs!r:.200}"


def trained(outputs):
    """training.json of each variant that was trained."""
    for model in outputs["models"]:
        for name, content in model.items():
            if Path(name).name == "training.json":
                yield json.loads(content)


def check_failures(outputs):
    """The refused variants are reported, the others are there."""
    metrics = json.loads(outputs["metrics"]["metrics.json"])
    reasons = {failure["variant"]: failure["reason"] for failure in metrics["failures"]}
    if len(reasons) != 3 or any("--weights" not in reason for reason in reasons.values()):
        sys.exit(f"the three refused variants are not reported as such: {reasons}")
    if len(metrics["variants"]) != 6 or len(outputs["models"]) != 9 or len(outputs["scores"]) != 6:
        sys.exit("the refused variants took others with them")
    starts = {model["start_weights"]["metadata"]["pretraining"] for model in trained(outputs) if "start_weights" in model}
    if len(outputs["pretrained"]) != 3 or len(starts) != 3:
        sys.exit(f"each fold has one pre-training, and its variants start from it: {starts}")


def check_packs(state, count):
    """So many processes trained the variants."""
    journal, = state.glob("runs/*/journal.db")
    with sqlite3.connect(f"file:{journal}?mode=ro", uri=True) as database:
        trainings = {job for job, in database.execute("SELECT DISTINCT subject FROM event WHERE subject LIKE '%/train%'")}
    if len(trainings) != count:
        sys.exit(f"{count} trainings were to run, not {sorted(trainings)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, required=True, help="folder of the program alveus")
    parser.add_argument("--source", choices=WORKFLOWS, required=True)
    args = parser.parse_args()
    for program, package in (("cwltool", "cwltool"), ("node", "nodejs")):
        if shutil.which(program) is None:
            print(f"skipped: there is no {program}; its package is {package}")
            return SKIPPED
    environment = os.environ | {"PATH": f"{args.bin}:{os.environ['PATH']}"}

    with tempfile.TemporaryDirectory() as folder:
        there = Path(folder)
        (there / "study.json").write_text(json.dumps(STUDY))
        if args.source == "data":
            run(["alveus", "phantom", "--patients", "12", "--slices", "3", "--size", "64", "--out", "data"],
                environment, cwd=folder)
            source = ["--data", "data"]
        else:
            source = ["--phantom", "--patients", "12", "--slices", "3"]
        def study(outdir, pack):
            run(["alveus", "study", "run", *source, "--study", "study.json", *SMALL, "--pack", pack, "--outdir", outdir,
                 "--state", f"{outdir}-state"], environment, cwd=folder)
            return contents(journalled_outputs(there / f"{outdir}-state"))

        ours = study("ours", "3")
        workflow = args.bin.parent / "share/alveus/workflows" / WORKFLOWS[args.source]
        inputs = str(there / "ours/inputs.json")
        theirs = contents(json.loads(run(["cwltool", "--outdir", "theirs", workflow, inputs], environment, cwd=folder)))
        check_failures(ours)
        check_packs(there / "ours-state", 3)
        found = list(differences(ours, theirs, "outputs"))
        found += differences(ours, study("alone", "1"), "unpacked")
        check_packs(there / "alone-state", 9)
        for line in found:
            print(line)
        if found:
            return 1
        count = sum(len(value) for output in theirs.values() for value in
                    (output if isinstance(output, list) else [output]))
        print(f"{WORKFLOWS[args.source]}: {count} files of {len(theirs)} outputs are the same, metrics.json "
              f"({len(theirs['metrics']['metrics.json'])} bytes) among them")
    return 0


if __name__ == "__main__":
    sys.exit(main())

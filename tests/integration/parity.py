#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs documents with Alveus and with cwltool and compares what comes out: names, sizes and checksums of files, all other
values, and whether it failed; documents of ours fail when their name begins with "bad-", and only then. Exit status 77 where cwltool is not installed."""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
DOCUMENTS = HERE / "extensions"

CASES = {
    "loop": [
        ("loop-tool.cwl", {"text": {"class": "File", "location": (DOCUMENTS / "loop-default.cwl").as_uri()}, "rounds": 3}),
        ("loop-tool.cwl", {"text": {"class": "File", "location": (DOCUMENTS / "loop-default.cwl").as_uri()}, "rounds": 0}),
        ("loop-collatz.cwl", {"numbers": [6, 1, 7]}),
        ("loop-collatz.cwl", {"numbers": []}),
        ("loop-default.cwl", {}),
    ],
    "extensions": [
        ("old-spellings.cwl", {"top": {"class": "Directory", "location": HERE.as_uri()}}),
        ("bad-time-limit.cwl", {}),
        ("inplace-update.cwl", {}),
        ("secrets.cwl", {"password": "it's hunter2"}),
    ],
}


def cwltool_loops():
    """cwltool's own documents with loops, where its package has them; all of them, those that must fail too."""
    probe = "import cwltool, os; print(os.path.dirname(cwltool.__file__))"
    python = pathlib.Path(shutil.which("cwltool")).read_text(errors="replace").split("\n")[0].removeprefix("#!").split()
    found = subprocess.run([*python, "-c", probe], capture_output=True, text=True)
    folder = pathlib.Path(found.stdout.strip()) / "tests" / "loop"
    for document in sorted(folder.glob("*.cwl")):
        text = document.read_text()
        inputs = {"i1": [1, 2, 3] if "i1: int[]" in text.split("outputs:")[0] else 1}
        if "i2: int" in text.split("outputs:")[0]:
            inputs["i2"] = 1
        yield str(document), inputs


def normal(value):
    """Without what may differ: where files lie."""
    if isinstance(value, list):
        return [normal(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {key: normal(item) for key, item in value.items() if key not in ("location", "path", "nameroot", "nameext")}
    if value.get("class") == "Directory" and "listing" in kept:
        kept["listing"].sort(key=lambda entry: entry.get("basename", ""))
    return kept


def outcome(command, folder):
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    if ran.returncode != 0:
        return "failed", ran.stderr[-2000:]
    return normal(json.loads(ran.stdout)), ran.stderr[-2000:]


def compare(runner, document, inputs):
    """What is different, in words; empty when nothing is."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        job = folder / "job.json"
        job.write_text(json.dumps(inputs))
        path = str(DOCUMENTS / document)
        ours, our_words = outcome(
            [runner, "run", "--quiet", "--state", "state", "--outdir", "ours", path, str(job)], folder)
        theirs, their_words = outcome(
            ["cwltool", "--enable-ext", "--no-container", "--quiet", "--outdir", "theirs", path, str(job)], folder)
    may_fail = not path.startswith(str(DOCUMENTS)) or document.startswith("bad-")
    if ours == theirs and (may_fail or ours != "failed"):
        return ""
    return (f"{document} {json.dumps(inputs)}\n  alveus:  {json.dumps(ours, sort_keys=True)}\n"
            f"  cwltool: {json.dumps(theirs, sort_keys=True)}\n  alveus said: {our_words}\n  cwltool said: {their_words}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runner", required=True, type=lambda path: str(pathlib.Path(path).resolve()), help="the program alveus")
    parser.add_argument("--group", required=True, choices=sorted(CASES) + ["cwltool-loops"])
    options = parser.parse_args()
    if shutil.which("cwltool") is None:
        print("cwltool is not installed")
        return 77
    cases = list(cwltool_loops()) if options.group == "cwltool-loops" else CASES[options.group]
    if not cases:
        print("no documents to compare")
        return 77
    differences = [difference for document, inputs in cases if (difference := compare(options.runner, document, inputs))]
    print("".join(differences) + f"{len(cases) - len(differences)} of {len(cases)} the same")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())

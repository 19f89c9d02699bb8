#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run every test of the official CWL suites that must fail, and the documents of mistakes/, and hold what the runner says
against errors.txt.

  errors.py --runner RUNNER [--jobs N] [--bless]

Each message must name file, line and column, show that line with a caret below the column, give the cause in a sentence,
hold no stack trace, and end in status 1 (33 for what is not supported). errors.txt keeps all of them word for word, so
that a change of a message is seen and judged; --bless writes it anew. Tests that need a container are left out. Exits 77
(skipped) where the suites are not beside the project.
"""

import argparse
import difflib
import importlib.machinery
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
SUITES = HERE.parents[2] / "shared/cwl"
GOLDEN = HERE / "errors.txt"
LISTS = {"v1.0": "v1.0/conformance_test_v1.0.yaml", "v1.1": "v1.1/conformance_tests.yaml", "v1.2": "v1.2/conformance_tests.yaml"}
TRACE = re.compile(r"Traceback|terminate called|Assertion|\.cpp:\d+|\.hpp:\d+|SIGSEGV|core dumped")
PLACE = re.compile(r"^(?:error: )?(?P<file>[^\s:]+):(?P<line>\d+):(?P<column>\d+): (?P<cause>\S.*)$")


# A document that is not there, or holds nothing, has no place in it.
HAS_NO_PLACE = re.compile(r"there is no file |is no CWL document: it is empty")


def load_harness():
    if importlib.util.find_spec("ruamel") is None:
        # The suites' runner reads YAML with it; a python3 of one's own may lack what Debian's has.
        if os.path.realpath(sys.executable) == os.path.realpath("/usr/bin/python3"):
            print("skipped: this needs python3-ruamel.yaml")
            sys.exit(77)
        os.execv("/usr/bin/python3", ["/usr/bin/python3", os.path.realpath(__file__), *sys.argv[1:]])
    loader = importlib.machinery.SourceFileLoader("conformance", str(SUITES / "conformance"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("conformance", loader))
    sys.path.insert(0, str(SUITES))
    loader.exec_module(module)
    return module


def wants_container(harness, test):
    return test["name"] in harness.PRESUMES_CONTAINER or harness.needs_container(test["tool"])


def suite_cases():
    """(suite, name, folder, arguments) of every test that must fail."""
    harness = load_harness()
    for suite, name in LISTS.items():
        for test in harness.judge.load_suite(str(SUITES / name)):
            if test.get("should_fail") and not wants_container(harness, test):
                arguments = [test["tool"]] + ([test["job"]] if test.get("job") else [])
                folder = SUITES / suite
                yield suite, test["name"], folder, [word.replace(str(folder) + "/", "") for word in arguments]


def mistake_cases():
    folder = HERE / "mistakes"
    for path in sorted(folder.iterdir()):
        if path.name.startswith("inputs-"):
            yield "mistakes", path.name, folder, ["good-tool.cwl", path.name]
        elif path.suffix == ".cwl" and not path.name.startswith("good-"):
            yield "mistakes", path.name, folder, [path.name]
    yield "mistakes", "no such document", folder, ["good-tol.cwl"]
    yield "mistakes", "no such inputs", folder, ["good-tool.cwl", "inputs-empt.yml"]
    yield "mistakes", "missing input", folder, ["good-tool.cwl"]


def said_by(runner, case):
    """Status and errors of the runner, with what differs from machine to machine left out."""
    _, _, folder, arguments = case
    with tempfile.TemporaryDirectory() as scratch:
        command = [str(runner), "--quiet", "--outdir", f"{scratch}/out", "--state", f"{scratch}/state"] + arguments
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
        text = done.stderr.replace(scratch, "SCRATCH").replace(str(folder) + "/", "")
    # The display says the same of a failed job while it runs; logs lie where each run puts them.
    lines = [line for line in text.splitlines() if not re.match(r"warning: (?:\S+:\d+:\d+: )?\S+ failed: |its log lies at ", line)]
    return done.returncode, re.sub(r"PATH \([^)]*\)", "PATH (…)", "\n".join(lines))


def faults(folder, status, text):
    """What the message lacks."""
    found = []
    if status not in (1, 33):
        found.append(f"status {status}")
    if TRACE.search(text):
        found.append("looks like a stack trace")
    lines = text.splitlines()
    places = [(i, PLACE.match(line)) for i, line in enumerate(lines)]
    places = [(i, place) for i, place in places if place]
    if not places and not HAS_NO_PLACE.search(text):
        found.append("names no file, line and column")
    for i, place in places:
        source = (folder / place["file"]).read_text().splitlines()
        wanted = source[int(place["line"]) - 1]
        shown = lines[i + 1] if i + 1 < len(lines) else ""
        caret = lines[i + 2] if i + 2 < len(lines) else ""
        if shown != wanted and shown.strip() not in wanted:
            found.append(f"does not show line {place['line']} of {place['file']}")
        elif caret.strip() != "^" or len(caret.expandtabs()) < 1:
            found.append("has no caret")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runner", required=True, type=Path)
    parser.add_argument("--jobs", default=2, type=int)
    parser.add_argument("--bless", action="store_true")
    args = parser.parse_args()
    if not SUITES.exists():
        print("skipped: no CWL conformance suites beside the project")
        return 77
    cases = list(suite_cases()) + list(mistake_cases())
    with ThreadPoolExecutor(args.jobs) as pool:
        said = list(pool.map(lambda case: said_by(args.runner.absolute(), case), cases))
    blocks = []
    bad = 0
    for (suite, name, folder, _), (status, text) in zip(cases, said):
        blocks.append(f"=== {suite} {name}: status {status}\n{text}\n")
        for fault in faults(folder, status, text):
            print(f"{suite} {name}: {fault}\n{text}\n")
            bad += 1
    now = "\n".join(blocks)
    if args.bless:
        GOLDEN.write_text(now)
    elif now != GOLDEN.read_text():
        sys.stdout.writelines(difflib.unified_diff(GOLDEN.read_text().splitlines(True), now.splitlines(True), "errors.txt", "now"))
        print("the messages differ from errors.txt; look at each, then `make bless`")
        bad += 1
    print(f"{len(cases)} documents that must fail, {bad} faults")
    return 1 if bad or not cases else 0


if __name__ == "__main__":
    sys.exit(main())

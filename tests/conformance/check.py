#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run the official CWL suite and hold its result against the list of expected failures.

  check.py --runner RUNNER [--suite v1.2] [--jobs N] [--only NAME,NAME]

Fails when a test fails that expected-failures.txt does not name, and when one passes that it does name: the list may
only shrink. Exits 77 (skipped), saying so, where the suite is not beside the project.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
HARNESS = HERE.parents[2] / "shared/cwl/conformance"


def expected_failures(suite):
    """Names in expected-failures.txt: lines "suite name: reason"."""
    names = set()
    for line in (HERE / "expected-failures.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            where, name = line.split(":", 1)[0].split()
            if where == suite:
                names.add(name)
    return names


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runner", required=True)
    parser.add_argument("--suite", default="v1.2")
    parser.add_argument("--jobs", default="2")
    parser.add_argument("--only")
    args = parser.parse_args()
    if not HARNESS.exists():
        print(f"skipped: no CWL conformance suite at {HARNESS.relative_to(HERE.parents[2].parent)} beside the project")
        return 77

    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "results.json"
        command = [str(HARNESS), args.suite, "-j", args.jobs, "--skip-docker", "--json", str(report)]
        if args.only:
            command += ["--only", args.only]
        done = subprocess.run(command + [args.runner], check=False)
        if not report.exists():
            print(f"the harness ended with status {done.returncode} and left no report")
            return 1
        results = json.loads(report.read_text())
    results = results.get("tests", results) if isinstance(results, dict) else results
    failed = {test["name"] for test in results if test["result"] != "passed"}
    expected = expected_failures(args.suite) & {test["name"] for test in results}
    for name in sorted(failed - expected):
        print(f"FAILED and not expected to: {name}")
    for name in sorted(expected - failed):
        print(f"passes, so it must leave expected-failures.txt: {name}")
    return 1 if failed != expected else 0


if __name__ == "__main__":
    sys.exit(main())

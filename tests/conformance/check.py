#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run the official CWL suite and hold its result against the list of expected failures.

  check.py --runner RUNNER [--suite v1.2] [--jobs N] [--only NAME,NAME] [--containers]

Without --containers the tests that need a container engine are left out and no container is used. With it the suite
prepares podman with images of its own, and everything runs, hints in containers too.

Fails when a test fails that expected-failures.txt does not name, and when one passes that it does name: the list may
only shrink. Exits 77 (skipped), saying so, where the suite is not beside the project or no container can be started.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import ruamel.yaml
except ImportError:  # a python3 of one's own may lack the module that Debian's has
    if Path(sys.executable).resolve() == Path("/usr/bin/python3").resolve():
        sys.exit("check.py: apt-get install python3-ruamel.yaml")
    os.execv("/usr/bin/python3", ["/usr/bin/python3", str(Path(__file__).resolve()), *sys.argv[1:]])

HERE = Path(__file__).resolve().parent
HARNESS = HERE.parents[2] / "shared/cwl/conformance"
SKIPPED = 77


def expected_failures(suite):
    """Names in expected-failures.txt: lines "suite name: reason"."""
    names = set()
    for line in (HERE / "expected-failures.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            where, name = line.split(":", 1)[0].split()
            if where == suite:
                names.add(name)
    return names


def imported_expectations(suite, names):
    """The tests of these names whose expected output stands in a file of its own, with that output in place.

    The harness takes "output: {$import: FILE}" for an output called $import, so no runner can pass such a test there.
    """
    def tests_of(path):
        for item in ruamel.yaml.YAML(typ="safe", pure=True).load(path.read_text()) or []:
            if "$import" in item:
                yield from tests_of(path.parent / item["$import"])
            else:
                yield path.parent, item

    resolved = []
    for folder in sorted((HARNESS.parent / suite).glob("conformance_test*.yaml")):
        for place, test in tests_of(folder):
            output = test.get("output")
            is_imported = isinstance(output, dict) and set(output) == {"$import"}
            name = str(test.get("id") or test.get("label")).split("#")[-1]
            if name not in names or not is_imported:
                continue
            whole = {**test, "id": name, "output": json.loads((place / output["$import"]).read_text())}
            for key in ("tool", "job"):
                if whole.get(key):
                    whole[key] = str(place / whole[key])
            resolved.append(whole)
    return resolved


def run_suite(suite, options, runner):
    """Name and result of each test, or None when the harness gave none."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "results.json"
        done = subprocess.run([str(HARNESS), suite, "--json", str(report), *options, *runner], check=False)
        if not report.exists():
            print(f"the harness ended with status {done.returncode} and left no report")
            return None
        results = json.loads(report.read_text())
    results = results.get("tests", results) if isinstance(results, dict) else results
    return {test["name"]: test["result"] for test in results}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runner", required=True)
    parser.add_argument("--suite", default="v1.2")
    parser.add_argument("--jobs", default="2")
    parser.add_argument("--only")
    parser.add_argument("--containers", action="store_true")
    args = parser.parse_args()
    if not HARNESS.exists():
        print(f"skipped: no CWL conformance suite at {HARNESS.relative_to(HERE.parents[2].parent)} beside the project")
        return SKIPPED
    if args.containers:
        prepared = subprocess.run([str(HARNESS), "containers"], check=False, text=True, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)
        if prepared.returncode != 0:
            print(f"skipped: no container can be started here:\n{prepared.stdout.strip()}")
            return SKIPPED

    options = ["-j", args.jobs, "--containers" if args.containers else "--skip-docker"]
    runner = [args.runner] + ([] if args.containers else ["--no-container"])
    results = run_suite(args.suite, options + (["--only", args.only] if args.only else []), runner)
    if results is None:
        return 1
    again = imported_expectations(args.suite, {name for name, result in results.items() if result != "passed"})
    if again:
        print("again, with the expected output that the suite keeps in another file:")
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as suite:
            json.dump(again, suite)
            suite.flush()
            results.update(run_suite(suite.name, options, runner) or {})
    failed = {name for name, result in results.items() if result != "passed"}
    expected = expected_failures(args.suite) & set(results)
    for name in sorted(failed - expected):
        print(f"FAILED and not expected to: {name}")
    for name in sorted(expected - failed):
        print(f"passes, so it must leave expected-failures.txt: {name}")
    return 1 if failed != expected else 0


if __name__ == "__main__":
    sys.exit(main())

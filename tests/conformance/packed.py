#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Packs every document of an official CWL suite with `cwltool --pack` and runs the suite on the packed ones.

  packed.py --runner RUNNER [--suite v1.2] [--jobs N] [--keep DIR]

A test whose document cwltool cannot pack (it must fail, or needs the internet) is left out. Fails when a packed document
does not give what the suite expects of the original. Exits 77 where the suite or cwltool is not there.
"""

import argparse
import contextlib
import importlib.util
import io
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SUITES = HERE.parents[2] / "shared/cwl"
INDEX = {"v1.0": "conformance_test_v1.0.yaml", "v1.1": "conformance_tests.yaml", "v1.2": "conformance_tests.yaml"}


def with_cwltool():
    """Goes on under the interpreter that has cwltool, if this one has not."""
    if importlib.util.find_spec("cwltool") is not None or "PACKED_REEXEC" in os.environ:
        return
    program = shutil.which("cwltool")
    if program is None:
        print("skipped: cwltool is not installed")
        sys.exit(77)
    python = Path(program).read_text(errors="replace").split("\n")[0].removeprefix("#!").split()
    os.environ["PACKED_REEXEC"] = "1"
    os.execv(python[0], [*python, __file__, *sys.argv[1:]])


def pack(document):
    """The packed text, or None when cwltool refuses."""
    from cwltool.main import main as cwltool

    for talker in ("cwltool", "salad", "rdflib.term"):
        logging.getLogger(talker).setLevel(logging.CRITICAL)
    text, words = io.StringIO(), io.StringIO()
    with contextlib.redirect_stderr(words):
        status = cwltool(["--quiet", "--non-strict", "--pack", str(document)], stdout=text, stderr=words)
    return text.getvalue() if status == 0 and text.getvalue() else None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runner", required=True)
    parser.add_argument("--suite", default="v1.2", choices=sorted(INDEX))
    parser.add_argument("--jobs", default="2")
    parser.add_argument("--keep", help="leave the packed documents in this folder")
    args = parser.parse_args()
    if not SUITES.exists():
        print("skipped: no CWL conformance suites beside the project")
        return 77
    with_cwltool()
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(args.keep or temporary) / "suite"
        shutil.copytree(SUITES / args.suite, folder, symlinks=True)
        index = folder / INDEX[args.suite]
        tests = yaml.load(index)
        packed, kept = {}, []
        for test in tests:
            if "$import" in test:
                tests += yaml.load(folder / test["$import"])
                continue
            name, _, fragment = test["tool"].partition("#")
            if test.get("should_fail") or not (folder / name).exists():
                continue
            document = folder / test["tool"] if fragment else folder / name
            if test["tool"] not in packed:
                text = pack(document)
                path = Path(name).with_name(f"packed-{len(packed)}-{Path(name).name}")
                if text is not None:
                    (folder / path).write_text(text)
                packed[test["tool"]] = None if text is None else str(path)
            if packed[test["tool"]]:
                kept.append({**test, "tool": packed[test["tool"]]})
        selection = folder / "packed.yaml"
        with selection.open("w") as file:
            yaml.dump(kept, file)
        print(f"{args.suite}: {len(kept)} of {len(tests)} tests on {sum(map(bool, packed.values()))} packed documents")
        command = [str(SUITES / "conformance"), str(selection), "-j", args.jobs, "--skip-docker"]
        return 1 if subprocess.run([*command, str(Path(args.runner).absolute())], check=False).returncode else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compare what `alveus graph` links with what cwltool's --print-dot links, on workflows of the official v1.2 suite.

  graph_edges.py --bin FOLDER

cwltool draws no borders of sub-workflows away, so the workflows chosen have none. Exits 77 (skipped) where cwltool or the
suite is missing.
"""

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2] / "../shared/cwl/v1.2/tests"
WORKFLOWS = ["revsort.cwl", "count-lines1-wf.cwl", "scatter-wf1.cwl", "scatter-wf2.cwl", "count-lines4-wf.cwl", "dynresreq-workflow.cwl"]


def cwltool_edges(text):
    return set(re.findall(r'^"([^"]+)" -> "([^"]+)";', text, re.M))


def alveus_edges(text):
    """Edges by short names; a box of several inputs or outputs stands for each."""
    members = {}
    for node, label in re.findall(r'^ *"((?:input|output):[^"]+)" \[label=<(.*?)>, fillcolor', text, re.M):
        members[node] = [name.strip() for name in re.findall(r'<td align="left">([^<]*)</td>', label)]
    edges = set()
    for start, end in re.findall(r'^ *"([^"]+)" -> "([^"]+)"', text, re.M):
        for a in members.get(start, [start.rsplit("/", 1)[-1]]):
            for b in members.get(end, [end.rsplit("/", 1)[-1]]):
                edges.add((a, b))
    return edges


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, type=Path)
    args = parser.parse_args()
    if not shutil.which("cwltool") or not TESTS.exists():
        print("skipped: no cwltool, or no CWL suite beside the project")
        return 77
    differing = 0
    for name in WORKFLOWS:
        theirs = cwltool_edges(subprocess.run(["cwltool", "--print-dot", TESTS / name], capture_output=True, text=True, check=True).stdout)
        ours = alveus_edges(subprocess.run([args.bin / "alveus", "graph", "--format", "dot", TESTS / name], capture_output=True, text=True, check=True).stdout)
        if ours != theirs or not ours:
            print(f"{name}: only here {sorted(ours - theirs)}, only in cwltool's {sorted(theirs - ours)}")
            differing += 1
    print(f"{len(WORKFLOWS)} workflows, {differing} drawn otherwise than by cwltool")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())

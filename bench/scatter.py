#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a job costs the controller: a CWL scatter of `true`, under Alveus and under cwltool, in turn.

  scatter.py --runner CWL_RUNNER [--jobs 1000] [--peer cwltool] [--peer-jobs 50] [--rounds 5]

Counted is the CPU time of the controller itself, user and system, without its children: read from /proc when it has
ended and before it is waited for. Each runner also runs with no jobs; the difference is what jobs cost. Prints a table
of medians. The peer is left out where it is not installed.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

WORKFLOW = """cwlVersion: v1.2
class: Workflow
requirements: {ScatterFeatureRequirement: {}}
inputs: {numbers: "int[]"}
steps:
  truth:
    scatter: number
    in: {number: numbers}
    out: []
    run: {class: CommandLineTool, baseCommand: "true", inputs: {number: int}, outputs: []}
outputs: []
"""


def controller_seconds(command, folder):
    """CPU time of a command without its children."""
    with open(os.devnull, "w", encoding="ascii") as nowhere:
        process = subprocess.Popen(command, cwd=folder, stdout=nowhere, stderr=nowhere)
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        fields = Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        if process.wait() != 0:
            sys.exit(f"{' '.join(command)} ended with status {process.returncode}")
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runner", required=True)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--peer", default="cwltool")
    parser.add_argument("--peer-jobs", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    runners = {"alveus": (str(Path(args.runner).absolute()), args.jobs)}
    if shutil.which(args.peer):
        runners[args.peer] = (args.peer, args.peer_jobs)

    with tempfile.TemporaryDirectory() as folder:
        os.environ["ALVEUS_STATE"] = f"{folder}/state"
        (Path(folder) / "scatter.cwl").write_text(WORKFLOW, encoding="ascii")
        spent = {}
        for _ in range(args.rounds):
            for name, (program, most) in runners.items():
                for jobs in (0, most):
                    inputs = Path(folder) / f"{jobs}.json"
                    inputs.write_text(json.dumps({"numbers": list(range(jobs))}), encoding="ascii")
                    command = [program, "--quiet", "--outdir", "out", "scatter.cwl", inputs.name]
                    spent.setdefault((name, jobs), []).append(controller_seconds(command, folder))
    print("| runner | jobs | start, ms | each job, ms |\n|---|---|---|---|")
    for name, (_, most) in runners.items():
        start, whole = (statistics.median(spent[name, jobs]) for jobs in (0, most))
        print(f"| {name} | {most} | {start * 1000:.0f} | {(whole - start) / most * 1000:.3f} |")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How long it takes from the start of the program to the start of its first job, without JavaScript and with.

  startup.py --runner CWL_RUNNER [--rounds 20]

The job is `date`, which tells when it ran; loading of the program and of its libraries counts, and so does loading `date`.
Prints the least and the median of the rounds, in milliseconds.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

TOOL = """cwlVersion: v1.2
class: CommandLineTool
requirements: %s
inputs: {format: string}
baseCommand: date
arguments: ['%s']
stdout: now
outputs: {now: {type: string, outputBinding: {glob: now, loadContents: true, outputEval: "$(self[0].contents)"}}}
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runner", required=True, type=Path)
    parser.add_argument("--rounds", type=int, default=20)
    args = parser.parse_args()
    print("| first job | least, ms | median, ms |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ALVEUS_STATE"] = f"{folder}/state"
        Path(folder, "inputs.json").write_text('{"format": "+%s%N"}', encoding="ascii")
        for name, requirement, argument in (("without JavaScript", "{}", "$(inputs.format)"),
                                            ("with JavaScript", "{InlineJavascriptRequirement: {}}",
                                             "${ return [inputs.format].concat([])[0]; }")):
            Path(folder, "date.cwl").write_text(TOOL % (requirement, argument), encoding="ascii")
            taken = []
            for _ in range(args.rounds):
                began = time.time_ns()
                said = subprocess.run([args.runner.absolute(), "--quiet", "date.cwl", "inputs.json"], cwd=folder, check=True,
                                      stdout=subprocess.PIPE).stdout
                taken.append((int(json.loads(said)["now"]) - began) / 1e6)
            print(f"| {name} | {min(taken):.1f} | {statistics.median(taken):.1f} |")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a cache costs and saves: a scatter of jobs without a cache, filling one, and taking all from it.

    python3 bench/cache.py --alveus build/release/bin/alveus --jobs 1000 --rounds 3

Prints for each way the wall time and the CPU time of the controller alone (that of the whole process tree less what the
journal says the jobs used), the least of the rounds, as a Markdown table.
"""

import argparse
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile
import time

WORKFLOW = """cwlVersion: v1.2
class: Workflow
requirements: {ScatterFeatureRequirement: {}}
inputs: {numbers: "int[]", data: File}
outputs: {out: {type: "File[]", outputSource: print/out}}
steps:
  print:
    scatter: number
    in: {number: numbers, data: data}
    out: [out]
    run:
      class: CommandLineTool
      inputs: {number: {type: int, inputBinding: {}}, data: File}
      baseCommand: echo
      stdout: out.txt
      outputs: {out: stdout}
"""


def job_cpu_seconds(state: pathlib.Path) -> float:
    journal = max((state / "runs").iterdir(), key=lambda run: run.name) / "journal.db"
    with sqlite3.connect(journal) as database:
        rows = database.execute("SELECT detail FROM event WHERE kind = 'job-ended'")
        return sum(json.loads(detail)["cpu_us"] for (detail,) in rows) / 1e6


def run(alveus: str, folder: pathlib.Path, cache: pathlib.Path | None) -> tuple[float, float]:
    state = folder / "state"
    shutil.rmtree(state, ignore_errors=True)
    shutil.rmtree(folder / "out", ignore_errors=True)
    command = [alveus, "run", "--quiet", "--state", str(state), "--outdir", str(folder / "out")]
    command += ["--cache", str(cache)] if cache else ["--no-cache"]
    command += [str(folder / "main.cwl"), str(folder / "in.json")]
    begin = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - begin
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit("the run failed")
    return wall, usage.ru_utime + usage.ru_stime - job_cpu_seconds(state)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--alveus", required=True)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data-mib", type=int, default=64, help="size of a file that every job is given")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "main.cwl").write_text(WORKFLOW)
        with open(folder / "data.bin", "wb") as data:
            for _ in range(options.data_mib):
                data.write(os.urandom(1 << 20))
        inputs = {"numbers": list(range(options.jobs)), "data": {"class": "File", "path": str(folder / "data.bin")}}
        (folder / "in.json").write_text(json.dumps(inputs))
        least: dict[str, list[float]] = {}
        for _ in range(options.rounds):
            cache = folder / "cache"
            shutil.rmtree(cache, ignore_errors=True)
            ways = {"no cache": None, "all misses": cache, "all hits, first time": cache, "all hits, again": cache}
            for way, directory in ways.items():
                figures = run(options.alveus, folder, directory)
                least[way] = [min(pair) for pair in zip(least.get(way, figures), figures)]
    print(f"| {options.jobs} jobs | wall s | controller CPU s | controller CPU ms a job |\n|---|---|---|---|")
    for way, (wall, cpu) in least.items():
        print(f"| {way} | {wall:.2f} | {cpu:.2f} | {1000 * cpu / options.jobs:.2f} |")


if __name__ == "__main__":
    main()

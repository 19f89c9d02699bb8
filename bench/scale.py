#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a job costs the controller, from a hundred jobs to a million.

  scale.py [--build build/engine-release] [--sizes 100,1000,10000] [--null-sizes 100,…,1000000] [--rounds 3]
           [--out bench/results/2026-11-engine]

Three measurements, the least of several rounds each:
- a scatter over N numbers on a site that costs nothing (engine_bench): the engine alone, journal and threads included;
- a CWL scatter of N times `true` by cwl-runner: CPU time and memory of the controller, without its children;
- the same jobs by a bare posix_spawn loop (spawn_loop) with as many at a time, in turn with cwl-runner: the ratio of the
  rates.
Writes OUT.json and OUT.svg, the cost of a job against the number of jobs, and prints tables for the page of results.
"""

import argparse
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from scatter import WORKFLOW

TICKS = os.sysconf("SC_CLK_TCK")


def run_controller(runner, jobs, folder):
    """Seconds, CPU seconds of the controller without its children, and its largest resident memory in bytes."""
    (folder / "scatter.cwl").write_text(WORKFLOW, encoding="ascii")
    (folder / "inputs.json").write_text(json.dumps({"numbers": list(range(jobs))}), encoding="ascii")
    command = [runner, "--quiet", "--outdir", "out", "scatter.cwl", "inputs.json"]
    began = time.perf_counter()
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        seconds = time.perf_counter() - began
        fields = Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
    if status != 0:
        sys.exit(f"{' '.join(command)} ended with status {status}")
    shutil.rmtree(folder / "state", ignore_errors=True)
    return {"seconds": seconds, "cpu": (int(fields[11]) + int(fields[12])) / TICKS, "resident": usage.ru_maxrss * 1024}


def measure_null(build, sizes, rounds):
    """Rows of the null site, by size."""
    rows = []
    for size in sizes:
        command = [build / "bench/engine_bench", f"--benchmark_filter=^null_site/{size}/", "--benchmark_format=json"]
        runs = []
        for _ in range(rounds if size < 10**6 else 1):
            said = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
            runs += [one for one in json.loads(said)["benchmarks"] if one["run_type"] == "iteration"]
        rows.append({"jobs": size, "us": min(one["self_us"] for one in runs),
                     "seconds": min(one["real_time"] for one in runs) / 1000,
                     "bytes": min(one["bytes_per_job"] for one in runs),
                     "resident": min(one["resident_max"] for one in runs)})
    return rows


def measure_true(build, sizes, rounds, at_once, folder):
    """Rows of `true` under the controller and in the loop, by size."""
    runner = str((build / "bin/cwl-runner").absolute())
    loop = str((build / "bench/spawn_loop").absolute())
    empty = min(run_controller(runner, 0, folder)["cpu"] for _ in range(rounds))
    rows = []
    for size in sizes:
        runs, loops = [], []
        for _ in range(rounds if size <= 10000 else 1):
            runs.append(run_controller(runner, size, folder))
            loops.append(json.loads(subprocess.run([loop, str(size), str(at_once)], check=True,
                                                   stdout=subprocess.PIPE).stdout)["seconds"])
        rows.append({"jobs": size, "us": 1e6 * (min(one["cpu"] for one in runs) - empty) / size,
                     "seconds": min(one["seconds"] for one in runs),
                     "resident": min(one["resident"] for one in runs), "loop": min(loops),
                     "rate": statistics.median(spawned / one["seconds"] for one, spawned in zip(runs, loops))})
    return rows


def plot(series):
    """An SVG of microseconds a job against jobs, both logarithmic. `series`: name, colour and rows."""
    width, height, left, bottom, top, right = 720, 420, 70, 50, 40, 20
    low, high = 1, 1000

    def x(jobs):
        return left + (math.log10(jobs) - 2) / 4 * (width - left - right)

    def y(microseconds):
        part = math.log10(max(low, microseconds) / low) / math.log10(high / low)
        return height - bottom - part * (height - bottom - top)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
           'font-size="13">', f'<rect width="{width}" height="{height}" fill="white"/>',
           f'<text x="{left}" y="22" font-size="15">CPU time of the controller for each job, microseconds</text>']
    for power in range(2, 7):
        out.append(f'<text x="{x(10**power):.1f}" y="{height - 28}" text-anchor="middle">10'
                   f'<tspan dy="-5" font-size="9">{power}</tspan></text>')
    for tick in (1, 3, 10, 30, 100, 300, 1000):
        out.append(f'<line x1="{left}" x2="{width - right}" y1="{y(tick):.1f}" y2="{y(tick):.1f}" stroke="#ddd"/>')
        out.append(f'<text x="{left - 8}" y="{y(tick) + 4:.1f}" text-anchor="end">{tick}</text>')
    out.append(f'<text x="{(left + width - right) / 2}" y="{height - 8}" text-anchor="middle">jobs of the run</text>')
    out.append(f'<line x1="{left}" x2="{width - right}" y1="{y(300):.1f}" y2="{y(300):.1f}" stroke="#b00" '
               'stroke-dasharray="5 4"/>')
    for name, colour, rows in series:
        points = [(x(row["jobs"]), y(row["us"])) for row in rows]
        out.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="'
                   + " ".join(f"{a:.1f},{b:.1f}" for a, b in points) + '"/>')
        out += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="4" fill="{colour}"/>' for a, b in points]
        if points:
            out.append(f'<text x="{points[0][0] + 6:.1f}" y="{points[0][1] - 10:.1f}" fill="{colour}">{name}</text>')
    return "\n".join(out + ["</svg>", ""])


def numbers(text):
    """A list of sizes from the command line."""
    return [int(part) for part in text.split(",") if part]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=Path("build/engine-release"))
    parser.add_argument("--sizes", type=numbers, default=[100, 1000, 10000])
    parser.add_argument("--null-sizes", type=numbers, default=[10**power for power in range(2, 7)])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, help="write OUT.json and OUT.svg")
    args = parser.parse_args()

    null = measure_null(args.build, args.null_sizes, args.rounds)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ALVEUS_STATE"] = f"{folder}/state"
        at_once = len(os.sched_getaffinity(0))
        real = measure_true(args.build, args.sizes, args.rounds, at_once, Path(folder))
    if args.out:
        args.out.with_suffix(".json").write_text(json.dumps({"null": null, "true": real}, indent=1) + "\n", encoding="ascii")
        args.out.with_suffix(".svg").write_text(plot(
            [("a site that costs nothing", "#1b6ca8", null), ("processes of true", "#2e7d32", real)]), encoding="ascii")
    print("| null site, jobs | CPU a job, us | seconds | growth of memory a job, bytes | largest memory, MB |\n|---|---|---|---|---|")
    for row in null:
        print(f"| {row['jobs']} | {row['us']:.1f} | {row['seconds']:.2f} | {row['bytes']:.0f} | {row['resident'] / 1e6:.0f} |")
    print("\n| `true`, jobs | CPU a job, ms | seconds | largest memory, MB | loop, seconds | rate / loop's |\n|---|---|---|---|---|---|")
    for row in real:
        print(f"| {row['jobs']} | {row['us'] / 1000:.3f} | {row['seconds']:.2f} | {row['resident'] / 1e6:.1f} "
              f"| {row['loop']:.2f} | {row['rate']:.2f} |")


if __name__ == "__main__":
    main()

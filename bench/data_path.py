#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Time `alveus ingest` and `alveus window` beside a plain Python loop that decodes and resizes the same pictures.

  bench/data_path.py --bin build/release/bin [--before OTHER/bin] [--rounds 3] [--threads 1,2]

A synthetic study of 512 x 512 pixels is made once (16-bit PNG, two masks a slice). In each round every way runs once,
one after the other: "python" (PIL, numpy: decode, window, resize to 128 x 128; no checks, no masks, no lungs), "ingest"
and "window" with each number of threads, and the same of an earlier build where --before names one. The least wall
time and processor time of the rounds count. "window full" takes the masks' files along, "window lung" has none and
searches the lungs. A process of no slices is timed too: what starting costs. The outputs of
all ways are compared byte by byte. Needs Debian's python3-numpy and python3-pil.
"""
import argparse
import csv
import filecmp
import os
import resource
import subprocess
import sys
import tempfile
import time

PYTHON = r"""
import csv, sys
import numpy
from PIL import Image

data, out = sys.argv[1:]
rows = list(csv.DictReader(open(data + "/manifest.csv")))
pictures = numpy.empty((len(rows), 128, 128), numpy.uint8)
for i, row in enumerate(rows):
    hu = numpy.asarray(Image.open(data + "/" + row["path"]), dtype=numpy.float32) - 1024
    scaled = numpy.clip((hu + 1250) * (255 / 1500), 0, 255)
    pictures[i] = numpy.asarray(Image.fromarray(scaled).resize((128, 128), Image.BOX)) + 0.5
pictures.tofile(out)
"""


def timed(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def ways_of(arguments, folder):
    """Name, command and output folder of each way."""
    data = f"{folder}/data"
    ways = [("python", [arguments.python, "-c", PYTHON, data, f"{folder}/python.u8"], None),
            ("start", [f"{arguments.bin}/alveus-lab", "window", "--help"], None)]
    builds = [("", arguments.bin, arguments.threads.split(","))]
    if arguments.before:
        builds.append((" before", arguments.before, [None]))
    for name, folder_of_build, counts in builds:
        for count in counts:
            threads = ["--threads", count] if count else []
            title = f"{name}, {count} threads" if count else name
            program = f"{folder_of_build}/alveus-lab"
            study = f"{folder}/study{title}".replace(" ", "_")
            ways.append((f"ingest{title}", [program, "ingest", "--data", data, "--out", study, *threads], study))
            for crop, table in (("full", study), ("lung", f"{folder}/bare")):
                out = f"{folder}/{crop}{title}".replace(" ", "_")
                ways.append((f"window {crop}{title}", [program, "window", "--data", data, "--study", f"{table}/study.csv",
                                                       "--out", out, "--crop", crop, *threads], out))
    return ways


def make_data(arguments, folder):
    """A study with masks, and the table of the same study without them in `bare`."""
    program, data, bare = f"{arguments.bin}/alveus-lab", f"{folder}/data", f"{folder}/bare.csv"
    subprocess.run([program, "phantom", "--out", data, "--size", "512", "--patients", str(arguments.patients), "--slices",
                    str(arguments.slices)], check=True)
    with open(f"{data}/manifest.csv", encoding="utf-8") as full, open(bare, "w", encoding="utf-8") as out:
        columns = [name for name in full.readline().strip().split(",") if "mask" not in name]
        full.seek(0)
        table = csv.DictWriter(out, columns, extrasaction="ignore")
        table.writeheader()
        table.writerows(csv.DictReader(full))
    subprocess.run([program, "ingest", "--data", data, "--manifest", bare, "--out", f"{folder}/bare"], check=True)


def check_same(ways):
    """Ends the script where two ways of the same kind wrote different bytes."""
    first = {}
    for name, _, out in ways:
        if out is None:
            continue
        kind = " ".join(name.split(",")[0].replace(" before", "").split())
        reference = first.setdefault(kind, out)
        names = sorted(os.listdir(reference))
        if sorted(os.listdir(out)) != names or filecmp.cmpfiles(reference, out, names, shallow=False)[0] != names:
            sys.exit(f"{out} differs from {reference}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--before", help="bin folder of another build, which may not know --threads")
    parser.add_argument("--python", default="/usr/bin/python3")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--patients", type=int, default=6)
    parser.add_argument("--slices", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        count = arguments.patients * arguments.slices
        make_data(arguments, folder)
        ways = ways_of(arguments, folder)
        loads = [os.getloadavg()[0]]
        best = {}
        for _ in range(arguments.rounds):
            for name, command, _ in ways:
                wall, processor = timed(command)
                known = best.get(name, (wall, processor))
                best[name] = (min(known[0], wall), min(known[1], processor))
            loads.append(os.getloadavg()[0])
        check_same(ways)
    print(f"{count} slices of 512 x 512, least of {arguments.rounds} rounds, load {min(loads):.1f} to {max(loads):.1f} on "
          f"{os.cpu_count()} cores; all outputs of one kind are the same bytes")
    start = best["start"]
    print("| way | wall s | processor s | ms a slice without the start, wall | processor | slices / s |")
    print("|---|---|---|---|---|---|")
    for name, (wall, processor) in best.items():
        own = (0, 0) if name == "start" else (start if name != "python" else (0, 0))
        print(f"| {name} | {wall:.2f} | {processor:.2f} | {(wall - own[0]) * 1000 / count:.1f} | "
              f"{(processor - own[1]) * 1000 / count:.1f} | {count / wall:.0f} |")


if __name__ == "__main__":
    main()

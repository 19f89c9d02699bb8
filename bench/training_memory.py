#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Watch the resident memory of a training over many epochs: it must stay flat.

  bench/training_memory.py --bin build/dev/bin [--epochs 50] [--network resnet18]

Trains short epochs on a synthetic study and reads `resident_bytes` of each `--json-events` line. Growth from epoch 10
to the last beyond 2 % and 4 MiB is a leak: exit status 1. The first epochs fill what is kept on purpose: blocks of the
allocator, the best weights, buffers of the checkpoint.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

SETTLED_EPOCH = 10
SHARE_MAX = 0.02
ADDITION_MAX = 4 << 20


def run(command):
    done = subprocess.run([str(c) for c in command], check=False, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command[0]} {command[1]} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def train(args, work):
    alveus = f"{args.bin}/alveus"
    run([alveus, "phantom", "--out", f"{work}/data", "--patients", 12, "--slices", 4, "--size", args.size])
    run([alveus, "ingest", "--data", f"{work}/data", "--out", f"{work}/study"])
    run([alveus, "window", "--study", f"{work}/study/study.csv", "--data", f"{work}/data", "--out", f"{work}/tensors",
         "--size", args.size, "--crop", "full"])
    run([alveus, "split", "--tensors", f"{work}/tensors", "--out", f"{work}/folds"])
    folds = f"{work}/folds/folds.csv"
    run([alveus, "variants", "--folds", folds, "--out", f"{work}/variants", "--network", args.network,
         "--epochs", args.epochs, "--patience", args.epochs, "--batch-size", 8,
         "--augmentation", args.augmentation])
    variant = sorted(f for f in os.listdir(f"{work}/variants") if f.endswith("-f0.json"))[0]
    lines = run([alveus, "train", "--variant", f"{work}/variants/{variant}", "--tensors", f"{work}/tensors",
                 "--folds", folds, "--out", f"{work}/model", "--threads", args.threads,
                 "--loader-threads", 2, "--json-events"])
    return [json.loads(line)["resident_bytes"] for line in lines.splitlines()]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default="build/release/bin", help="folder of the programs")
    parser.add_argument("--network", default="resnet18")
    parser.add_argument("--augmentation", default="flips-affine-intensity-mixup-cutmix")
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    if args.epochs <= SETTLED_EPOCH:
        parser.error(f"--epochs must exceed {SETTLED_EPOCH}")
    with tempfile.TemporaryDirectory(prefix="bench-") as work:
        resident = train(args, work)
    settled, last = resident[SETTLED_EPOCH - 1], resident[-1]
    limit = settled * (1 + SHARE_MAX) + ADDITION_MAX
    for epoch in sorted({1, 2, 5, *range(SETTLED_EPOCH, len(resident) + 1, 10), len(resident)}):
        print(f"epoch {epoch:3d}: {resident[epoch - 1] / 2**20:8.1f} MiB")
    print(f"from epoch {SETTLED_EPOCH} to {len(resident)}: {(last - settled) / 2**20:+.1f} MiB, "
          f"highest {max(resident) / 2**20:.1f} MiB")
    sys.exit(0 if last <= limit else 1)


if __name__ == "__main__":
    main()

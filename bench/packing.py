#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Time several variants in one process beside a process for each, and beside Python, in alternation on one machine.

  bench/packing.py --bin build/release/bin [--rounds 3]

"start-up": 20 variants of one batch each. "study": 8 variants of a few epochs. All train ResNet-18 with Adam (AMSGrad)
on the same slices of a synthetic study, in one thread, and validate behind each epoch. "packed" is one `alveus train` of
all variants, "alone" an `alveus train` for each, "python" a Python process for each, which decodes the PNG files once
and keeps the pictures; alveus decodes once for all (`alveus window`), and that is counted in each way of its own. One
after the other, so that the processor time of each way stands beside its wall time. Ratios above 1: packed is cheaper.
Needs Debian's python3-torch, python3-torchvision and python3-pil.
"""
import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

PYTHON = r"""
import json, sys
import numpy, torch, torchvision
from PIL import Image

plan = json.load(open(sys.argv[1]))
torch.set_num_threads(1)
torch.manual_seed(1)


def pictures(files):
    rows = [numpy.asarray(Image.open(path), dtype=numpy.float32) - 1024 for path, _ in files]
    data = torch.from_numpy(numpy.clip((numpy.stack(rows)[:, None] + 1250) / 1500, 0, 1))
    return torchvision.transforms.functional.resize(data, [plan["size"]] * 2), torch.tensor([t for _, t in files])


net = torchvision.models.resnet18(num_classes=2)
net.conv1 = torch.nn.Conv2d(1, 64, 7, 2, 3, bias=False)
net = net.to(memory_format=torch.channels_last)
optimizer = torch.optim.Adam(net.parameters(), lr=float(sys.argv[2]), amsgrad=True)
train, train_targets = pictures(plan["train"])
val, val_targets = pictures(plan["val"])
best = None
for epoch in range(plan["epochs"]):
    net.train()
    for some in torch.randperm(len(train)).split(plan["batch"]):
        batch = train[some].to(memory_format=torch.channels_last)
        loss = torch.nn.functional.cross_entropy(net(batch), train_targets[some])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        loss = float(torch.nn.functional.cross_entropy(net(val.to(memory_format=torch.channels_last)), val_targets))
    if best is None or loss < best:
        best = loss
        torch.save(net.state_dict(), sys.argv[3])
"""


class Cost:
    """Wall and processor seconds of what is run within it."""

    def __enter__(self):
        self.began, self.before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        return self

    def __exit__(self, *_):
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.wall = time.perf_counter() - self.began
        self.cpu = after.ru_utime + after.ru_stime - self.before.ru_utime - self.before.ru_stime


def run(command):
    done = subprocess.run([str(word) for word in command], check=False, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command[0]} {command[1]} failed:\n{done.stdout}{done.stderr}")


def prepare(args, work):
    """The study, its folds, the files of two parts of fold 0, and what decoding all slices took."""
    alveus = f"{args.bin}/alveus"
    run([alveus, "phantom", "--out", f"{work}/data", "--patients", args.patients, "--slices", 4, "--size", args.size])
    run([alveus, "ingest", "--data", f"{work}/data", "--out", f"{work}/study"])
    with Cost() as decoding:
        run([alveus, "window", "--study", f"{work}/study/study.csv", "--data", f"{work}/data", "--out",
             f"{work}/tensors", "--size", args.size, "--crop", "full"])
    run([alveus, "split", "--tensors", f"{work}/tensors", "--out", f"{work}/folds"])
    with open(f"{work}/folds/folds.csv", encoding="utf-8") as file:
        rows = [line.split(",") for line in file.read().splitlines()]
    roles = {patient: role for fold, patient, role in rows[1:] if fold == "0"}
    with open(f"{work}/study/study.csv", encoding="utf-8") as file:
        head, *rows = [line.split(",") for line in file.read().splitlines()]
    files = {"train": [], "val": [], "test": []}
    for row in rows:
        cell = dict(zip(head, row))
        files[roles[cell["patient_id"]]].append([f"{work}/data/{cell['path']}", int(cell["target"])])
    return files, decoding


class Task:
    """Variants that differ in their learning rate."""

    def __init__(self, args, work, files, decoding, name, variants, epochs, batch):
        self.args, self.work, self.decoding, self.name = args, work, decoding, name
        self.rates = [f"{1e-4 * (i + 1):.1e}" for i in range(variants)]
        folder = f"{work}/variants-{name}"
        run([f"{args.bin}/alveus", "variants", "--folds", f"{work}/folds/folds.csv", "--out", folder, "--network",
             "resnet18", "--epochs", epochs, "--batch-size", batch, "--augmentation", "none", "--learning-rate",
             *self.rates])
        self.variants = sorted(f"{folder}/{file}" for file in os.listdir(folder) if file.endswith("-f0.json"))
        self.plan = f"{work}/{name}.json"
        with open(self.plan, "w", encoding="utf-8") as file:
            json.dump({"train": files["train"], "val": files["val"], "size": args.size, "epochs": epochs,
                       "batch": batch}, file)

    def train(self, variants):
        run([f"{self.args.bin}/alveus", "train", "--variant", *variants, "--models", f"{self.work}/models",
             "--tensors", f"{self.work}/tensors", "--folds", f"{self.work}/folds/folds.csv", "--threads", 1,
             "--device", "cpu"])

    def measure(self, way):
        run(["rm", "-rf", f"{self.work}/models"])
        with Cost() as cost:
            if way == "packed":
                self.train(self.variants)
            elif way == "alone":
                for variant in self.variants:
                    self.train([variant])
            else:
                for rate in self.rates:
                    run([self.args.python, "-c", PYTHON, self.plan, rate, f"{self.work}/model.pt"])
        once = self.decoding if way != "python" else None
        return {"wall": cost.wall + (once.wall if once else 0), "cpu": cost.cpu + (once.cpu if once else 0)}


WAYS = ("packed", "alone", "python")


def report(task, rounds):
    count = len(task.variants)
    print(f"{task.name}: {count} variants, {len(rounds)} rounds")
    for kind in ("cpu", "wall"):
        value = {way: statistics.median(one[way][kind] for one in rounds) for way in WAYS}
        print(f"  {kind:5}" + "".join(f"{way}: {value[way]:.2f} s, {3600 * count / value[way]:.0f}/h   " for way in WAYS)
              + f"alone / packed {value['alone'] / value['packed']:.2f}   "
              + f"python / packed {value['python'] / value['packed']:.2f}   "
              + f"python / alone {value['python'] / value['alone']:.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default="build/release/bin", help="folder of the programs")
    parser.add_argument("--python", default="/usr/bin/python3")
    parser.add_argument("--tasks", default="start-up,study")
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--patients", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=3, help="of the study")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", metavar="FILE", help="also write every figure")
    args = parser.parse_args()

    figures = {}
    with tempfile.TemporaryDirectory(prefix="bench-") as work:
        files, decoding = prepare(args, work)
        print(f"{len(files['train'])} slices to train on, {args.size} x {args.size}, one thread; decoding once "
              f"{decoding.cpu:.2f} s of processor time")
        tasks = {"start-up": (20, 1, len(files["train"])), "study": (8, args.epochs, 16)}
        for name in args.tasks.split(","):
            task = Task(args, work, files, decoding, name, *tasks[name])
            rounds = []
            for turn in range(args.rounds):
                rounds.append({way: task.measure(way) for way in (WAYS if turn % 2 == 0 else WAYS[::-1])})
            report(task, rounds)
            figures[name] = rounds
    if args.json:
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump(figures, file, indent=1)


if __name__ == "__main__":
    main()

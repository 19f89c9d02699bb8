#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Time training beside the same training in Python, in alternation on one machine.

  bench/training.py --bin build/release/bin [--networks resnet18,densenet121] [--rounds 3]

Both train one network on the slices of one synthetic study: same pictures, augmentation (a flip, a turn, a scale and a
shift, drawn for each picture), batch size, optimiser (Adam with AMSGrad) and number of threads. "step" is forward, backward and optimiser alone. "epoch" is an epoch from PNG files: for Python
its DataLoader decodes every picture in every epoch; for alveus the decoding once for all variants (`alveus window`) is
counted whole in the first epoch, and not in the later ones. A ratio above 1: alveus is faster. Needs Debian's
python3-torch, python3-torchvision and python3-pil.

Both sides start on memory that was touched just before: the host of a virtual machine may take free pages back, and a
first touch of 1 GiB then costs 2 s instead of 0.1 s, whoever does it.
"""
import argparse
import json
import mmap
import os
import statistics
import subprocess
import sys
import tempfile
import time

PYTHON = r"""
import json, sys, time
import torch, torchvision
from PIL import Image
import numpy

plan = json.load(open(sys.argv[1]))
torch.set_num_threads(plan["threads"])
torch.manual_seed(1)


# As "flips-affine".
change = torchvision.transforms.Compose([
    torchvision.transforms.RandomHorizontalFlip(0.5),
    torchvision.transforms.RandomAffine(10, translate=(0.05, 0.05), scale=(0.9, 1.1),
                                        interpolation=torchvision.transforms.InterpolationMode.BILINEAR)])


class Slices(torch.utils.data.Dataset):
    def __len__(self):
        return len(plan["files"])

    def __getitem__(self, index):
        path, target = plan["files"][index]
        picture = numpy.asarray(Image.open(path), dtype=numpy.float32) - 1024
        picture = numpy.clip((picture + 1250) / 1500, 0, 1)
        picture = torchvision.transforms.functional.resize(torch.from_numpy(picture)[None], [plan["size"]] * 2)
        return change(picture), target


def network(name):
    if name == "vit_s_16":
        net = torchvision.models.VisionTransformer(plan["size"], 16, 12, 6, 384, 1536, num_classes=2)
        net.conv_proj = torch.nn.Conv2d(1, 384, 16, 16)
        return net
    net = getattr(torchvision.models, name)(num_classes=2)
    if hasattr(net, "conv1"):
        net.conv1 = torch.nn.Conv2d(1, 64, 7, 2, 3, bias=False)
    elif hasattr(net.features, "conv0"):
        net.features.conv0 = torch.nn.Conv2d(1, 64, 7, 2, 3, bias=False)
    else:
        net.features[0] = torch.nn.Conv2d(1, 64, 3, 1, 1)
    return net


net = network(plan["network"])
if plan["channels_last"]:
    net = net.to(memory_format=torch.channels_last)
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, amsgrad=True)
loader = torch.utils.data.DataLoader(Slices(), plan["batch"], shuffle=True, num_workers=plan["workers"])
step_seconds = pictures = 0
epochs = []
for epoch in range(plan["epochs"]):
    began = time.perf_counter()
    for batch, targets in loader:
        start = time.perf_counter()
        if plan["channels_last"]:
            batch = batch.to(memory_format=torch.channels_last)
        loss = torch.nn.functional.cross_entropy(net(batch), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        step_seconds += time.perf_counter() - start
        pictures += len(batch)
    epochs.append(time.perf_counter() - began)
print(json.dumps({"step": pictures / step_seconds, "epochs": epochs}))
"""


def run(command, **more):
    done = subprocess.run([str(c) for c in command], check=False, capture_output=True, text=True, **more)
    if done.returncode != 0:
        sys.exit(f"{command[0]} {command[1]} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def touch_memory(mib):
    """Have the host of a virtual machine give the pages that the next program will take."""
    with mmap.mmap(-1, mib << 20) as pages:
        for at in range(0, len(pages), mmap.PAGESIZE):
            pages[at] = 1


def prepare(args, work):
    """The study, its tensor folder and folds; the files of the training part, and how long decoding took."""
    alveus = f"{args.bin}/alveus"
    run([alveus, "phantom", "--out", f"{work}/data", "--patients", args.patients, "--slices", 8, "--size", args.source])
    run([alveus, "ingest", "--data", f"{work}/data", "--out", f"{work}/study"])
    began = time.perf_counter()
    run([alveus, "window", "--study", f"{work}/study/study.csv", "--data", f"{work}/data", "--out", f"{work}/tensors",
         "--size", args.size, "--crop", "full"])
    decoding = time.perf_counter() - began
    run([alveus, "split", "--tensors", f"{work}/tensors", "--out", f"{work}/folds"])
    roles = {}
    for line in open(f"{work}/folds/folds.csv").read().splitlines()[1:]:
        fold, patient, role = line.split(",")
        if fold == "0":
            roles[patient] = role
    files = []
    rows = [line.split(",") for line in open(f"{work}/study/study.csv").read().splitlines()]
    at = {name: index for index, name in enumerate(rows[0])}
    for row in rows[1:]:
        if roles[row[at["patient_id"]]] == "train":
            files.append([f"{work}/data/{row[at['path']]}", int(row[at["target"]])])
    return files, decoding * len(files) / (len(rows) - 1)


def ours(args, work, network, turn):
    out = f"{work}/models-{network}-{turn}"
    run([f"{args.bin}/alveus", "variants", "--folds", f"{work}/folds/folds.csv", "--out", f"{out}-variants",
         "--network", network, "--epochs", args.epochs, "--batch-size", args.batch, "--weight-decay", 0,
         "--learning-rate", 1e-3, "--augmentation", "flips-affine"])
    variant = sorted(f for f in os.listdir(f"{out}-variants") if f.endswith("-f0.json"))[0]
    touch_memory(args.touch)
    events = run([f"{args.bin}/alveus", "train", "--variant", f"{out}-variants/{variant}", "--tensors",
                  f"{work}/tensors", "--folds", f"{work}/folds/folds.csv", "--out", out, "--threads", args.threads,
                  "--json-events"])
    speeds = [event["pictures_per_second"] for event in map(json.loads, events.splitlines())
              if event["event"] == "epoch"]
    timing = json.load(open(f"{out}/timing.json"))
    ends = [number * timing["pictures"] / args.epochs / speed for number, speed in enumerate(speeds, 1)]
    return {"step": timing["pictures_per_second"], "epochs": [end - begin for begin, end in zip([0, *ends], ends)]}


def theirs(args, work, network, files, is_channels_last):
    plan = {"files": files, "network": network, "size": args.size, "batch": args.batch, "epochs": args.epochs,
            "threads": args.threads, "workers": args.workers, "channels_last": is_channels_last}
    with open(f"{work}/plan.json", "w", encoding="utf-8") as file:
        json.dump(plan, file)
    touch_memory(args.touch)
    return json.loads(run([args.python, "-c", PYTHON, f"{work}/plan.json"]).splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default="build/release/bin", help="folder of the programs")
    parser.add_argument("--python", default="/usr/bin/python3")
    parser.add_argument("--networks", default="resnet18,densenet121,vgg16_bn,vit_s_16")
    parser.add_argument("--source", type=int, default=512, help="side of the PNG files; a CT slice has 512 pixels")
    parser.add_argument("--size", type=int, default=128, help="side of what the network sees")
    parser.add_argument("--patients", type=int, default=96)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--epochs", type=int, default=3, help="2 or more: the later ones are compared alone")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--workers", type=int, default=1, help="of Python's DataLoader")
    parser.add_argument("--touch", type=int, default=3072, metavar="MIB", help="memory to touch before each side")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", metavar="FILE", help="also write every figure")
    args = parser.parse_args()
    if args.epochs < 2:
        parser.error("--epochs must be 2 or more")

    rows = []
    with tempfile.TemporaryDirectory(prefix="bench-") as work:
        files, decoding = prepare(args, work)
        print(f"{len(files)} slices, PNG {args.source} x {args.source} to {args.size} x {args.size}, batch {args.batch}, {args.threads} threads; "
              f"decoding once {decoding:.2f} s")
        print(f"{'network':14}{'alveus':>9}{'Python':>9}{'c.-last':>9}  pictures/s of a step"
              f"{'step':>8}{'c.-last':>9}{'epoch 1':>9}{'later':>8}{'c.-last':>9}  ratios")
        for network in args.networks.split(","):
            rounds = []
            for turn in range(args.rounds):
                sides = {"ours": lambda: ours(args, work, network, turn),
                         "python": lambda: theirs(args, work, network, files, False),
                         "last": lambda: theirs(args, work, network, files, True)}
                order = list(sides)[:: 1 if turn % 2 == 0 else -1]
                rounds.append({side: sides[side]() for side in order})

            def median(value):
                return statistics.median(value(one) for one in rounds)

            print(f"{network:14}" + "".join(f"{median(lambda o, s=s: o[s]['step']):9.1f}" for s in ("ours", "python", "last"))
                  + " " * 22
                  + f"{median(lambda o: o['ours']['step'] / o['python']['step']):8.2f}"
                  + f"{median(lambda o: o['ours']['step'] / o['last']['step']):9.2f}"
                  + f"{median(lambda o: o['python']['epochs'][0] / (o['ours']['epochs'][0] + decoding)):9.2f}"
                  + f"{median(lambda o: sum(o['python']['epochs'][1:]) / sum(o['ours']['epochs'][1:])):8.2f}"
                  + f"{median(lambda o: sum(o['last']['epochs'][1:]) / sum(o['ours']['epochs'][1:])):9.2f}", flush=True)
            rows.append({"network": network, "rounds": rounds})
    if args.json:
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump(rows, file, indent=1)


if __name__ == "__main__":
    main()

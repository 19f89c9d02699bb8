#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Time steps of training beside the same steps in Python, in alternation, on random pictures.

  bench/training_step.py --program build/release/bench/training_step [--before OTHER/training_step] [--rounds 3]

Unlike training.py, nothing is loaded and nothing but steps is timed: forward, backward and Adam with AMSGrad. The CPU
seconds of a step say more than its speed where other work shares the machine. `--before` compares with an older build
of ours. Ratios above 1: alveus is faster. Needs Debian's python3-torch and python3-torchvision.
"""
import argparse
import json
import statistics
import subprocess
import sys

# name: side, depth, batch, timed steps
NETWORKS = {
    "resnet18": (128, 1, 32, 3),
    "densenet121": (128, 1, 32, 2),
    "vgg16_bn": (64, 1, 16, 2),
    "vit_s_16": (128, 1, 32, 3),
    "r3d_18": (64, 16, 2, 3),
}

PYTHON = r"""
import json, resource, sys, time
import torch, torchvision
name, side, depth, batch, threads, steps, form = sys.argv[1:8]
side, depth, batch, threads, steps = map(int, (side, depth, batch, threads, steps))
torch.set_num_threads(threads)
torch.manual_seed(1)
if name == "vit_s_16":
    net = torchvision.models.VisionTransformer(side, 16, 12, 6, 384, 1536, num_classes=2)
    net.conv_proj = torch.nn.Conv2d(1, 384, 16, 16)
elif name == "r3d_18":
    net = torchvision.models.video.r3d_18(num_classes=2)
    net.stem[0] = torch.nn.Conv3d(1, 64, (3, 7, 7), (1, 2, 2), (1, 3, 3), bias=False)
else:
    net = getattr(torchvision.models, name)(num_classes=2)
    if hasattr(net, "conv1"):
        net.conv1 = torch.nn.Conv2d(1, 64, 7, 2, 3, bias=False)
    elif hasattr(net.features, "conv0"):
        net.features.conv0 = torch.nn.Conv2d(1, 64, 7, 2, 3, bias=False)
    else:
        net.features[0] = torch.nn.Conv2d(1, 64, 3, 1, 1)
pictures = torch.rand((batch, 1, depth, side, side) if name == "r3d_18" else (batch, 1, side, side))
if form == "last":
    format = torch.channels_last_3d if name == "r3d_18" else torch.channels_last
    net, pictures = net.to(memory_format=format), pictures.to(memory_format=format)
targets = torch.arange(batch) % 2
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, amsgrad=True)


def step():
    loss = torch.nn.functional.cross_entropy(net(pictures), targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


step()
user = resource.getrusage(resource.RUSAGE_SELF).ru_utime
begin = time.perf_counter()
for _ in range(steps):
    step()
print(json.dumps({"speed": batch * steps / (time.perf_counter() - begin),
                  "user": (resource.getrusage(resource.RUSAGE_SELF).ru_utime - user) / steps}))
"""


def figures(command):
    done = subprocess.run([str(c) for c in command], check=False, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed:\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="build/release/bench/training_step")
    parser.add_argument("--before", help="an older build of the program")
    parser.add_argument("--python", default="/usr/bin/python3")
    parser.add_argument("--networks", default=",".join(NETWORKS))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()

    for network in args.networks.split(","):
        side, depth, batch, steps = NETWORKS[network]
        plan = [network, side, depth, batch, args.threads, steps]
        sides = {"alveus": [args.program, *plan]}
        if args.before:
            sides["before"] = [args.before, *plan]
        sides["Python"] = [args.python, "-c", PYTHON, *plan, "plain"]
        sides["c.-last"] = [args.python, "-c", PYTHON, *plan, "last"]
        rounds = []
        for turn in range(args.rounds):
            order = list(sides)[:: 1 if turn % 2 == 0 else -1]
            rounds.append({name: figures(sides[name]) for name in order})
        print(f"{network}, {depth} x {side} x {side}, batch {batch}, {args.threads} threads")
        for name in sides:
            speed = statistics.median(one[name]["speed"] for one in rounds)
            user = statistics.median(one[name]["user"] for one in rounds)
            faster = statistics.median(one["alveus"]["speed"] / one[name]["speed"] for one in rounds)
            less = statistics.median(one[name]["user"] / one["alveus"]["user"] for one in rounds)
            print(f"  {name:8}{speed:8.1f}/s{user:8.3f} CPU s a step   alveus: speed {faster:.2f}, CPU {less:.2f}",
                  flush=True)


if __name__ == "__main__":
    main()

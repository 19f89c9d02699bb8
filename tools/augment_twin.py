#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Changes a picture with torchvision's own functional transforms.

usage: augment_twin.py FOLDER

Reads FOLDER/picture.f32, raw 32-bit floats, and FOLDER/changes.json: {"height": H, "width": W, "changes": [{"name":
"affine", …}, …]}. Writes FOLDER/answers.f32: the changed pictures one after the other, each made from the same one.

Status 77: torchvision is not installed.
"""

import json
import math
import sys

try:
    import torch
    from torchvision.transforms import InterpolationMode
    from torchvision.transforms import functional
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)


def affine(picture, change):
    return functional.affine(picture, angle=math.degrees(change["angle_rad"]), translate=change["shift_px"],
                             scale=change["scale"], shear=[0.0, 0.0], interpolation=InterpolationMode.BILINEAR)


def elastic(picture, change):
    displacement = torch.tensor(change["displacement"]).reshape(1, *picture.shape[-2:], 2)
    return functional.elastic_transform(picture, displacement, InterpolationMode.BILINEAR)


def erase(picture, change):
    return functional.erase(picture, change["top"], change["left"], change["height"], change["width"],
                            torch.zeros(()))


CHANGES = {
    "mirror": lambda picture, change: functional.hflip(picture),
    "flip": lambda picture, change: functional.vflip(picture),
    "affine": affine,
    "elastic": elastic,
    "blur": lambda picture, change: functional.gaussian_blur(picture, [change["taps"]] * 2, [change["deviation"]] * 2),
    "gamma": lambda picture, change: functional.adjust_gamma(picture, change["gamma"]),
    "erase": erase,
}


def main():
    (folder,) = sys.argv[1:]
    torch.set_num_threads(1)
    with open(folder + "/changes.json") as file:
        question = json.load(file)
    with open(folder + "/picture.f32", "rb") as file:
        picture = torch.frombuffer(bytearray(file.read()), dtype=torch.float32)
    picture = picture.reshape(1, question["height"], question["width"])
    with open(folder + "/answers.f32", "wb") as file:
        for change in question["changes"]:
            answer = CHANGES[change["name"]](picture, change)
            file.write(answer.contiguous().to(torch.float32).numpy().tobytes())


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Computes the logits of a safetensors network with torchvision's own model.

usage: torchvision_logits.py NETWORK MODEL.safetensors PICTURES.f32 COUNT SIDE

PICTURES.f32 holds COUNT pictures of SIDE x SIDE floats. The network's one input channel is a convolution on grey
pictures, so torchvision's first layer is replaced by one of the file's shape; nothing else is changed and the weights
must fit without a remainder. Prints one line of logits a picture. Status 77: torchvision is not installed.
"""

import json
import struct
import sys

try:
    import torch
    import torchvision
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

TYPES = {"F32": torch.float32, "I64": torch.int64}


def read_safetensors(path):
    with open(path, "rb") as file:
        content = bytearray(file.read())
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        tensors[name] = torch.frombuffer(content[begin:end], dtype=TYPES[entry["dtype"]]).reshape(entry["shape"])
    return tensors


def replace_ends(model, tensors):
    """Gives the first convolution the file's input channels; the class count is torchvision's own option."""
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Conv2d):
            if module.in_channels != tensors[name + ".weight"].shape[1]:
                parent = model.get_submodule(name.rpartition(".")[0])
                grey = torch.nn.Conv2d(1, module.out_channels, module.kernel_size, module.stride, module.padding,
                                       bias=module.bias is not None)
                setattr(parent, name.rpartition(".")[2], grey)
            return


def main():
    network, model_file, pictures_file, count, side = sys.argv[1:]
    tensors = read_safetensors(model_file)
    classes = [tensor.shape[0] for name, tensor in tensors.items() if name in
               ("fc.bias", "classifier.bias", "classifier.6.bias")][0]
    model = getattr(torchvision.models, network)(weights=None, num_classes=classes)
    replace_ends(model, tensors)
    model.load_state_dict(tensors, strict=True)
    model = model.to(memory_format=torch.channels_last).eval()
    with open(pictures_file, "rb") as file:
        values = torch.frombuffer(bytearray(file.read()), dtype=torch.float32)
    pictures = values.reshape(int(count), 1, int(side), int(side)).contiguous(memory_format=torch.channels_last)
    with torch.no_grad():
        for row in model(pictures).tolist():
            print(" ".join(f"{value:.9g}" for value in row))


main()

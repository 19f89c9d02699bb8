#!/usr/bin/python3
"""Writes small files of weights with PyTorch, for the tests and fuzzers of src/tensorfile.

    tools/weights_corpus.py DIR        DIR/pth/*.pth and DIR/safetensors/*.safetensors

Every number is made from its place, so that a test can say what it must read. The files lie in fuzz/corpus; another
version of PyTorch may write other bytes.
"""
import argparse
import collections
import json
import pathlib
import struct
import sys

import torch

DTYPES = {"bool": torch.bool, "u8": torch.uint8, "i8": torch.int8, "i16": torch.int16, "i32": torch.int32,
          "i64": torch.int64, "f16": torch.float16, "bf16": torch.bfloat16, "f32": torch.float32,
          "f64": torch.float64}


def ramp(*shape):
    count = 1
    for extent in shape:
        count *= extent
    return torch.arange(count, dtype=torch.float32).reshape(shape)


def layer():
    return collections.OrderedDict([("weight", ramp(2, 3)), ("bias", ramp(2)), ("seen", torch.tensor(7))])


def strided():
    base = ramp(4, 6)
    image = ramp(2, 3, 2, 2).contiguous(memory_format=torch.channels_last)
    return {"whole": base, "turned": base.t(), "part": base[1:3, 2:5], "row": base[2], "channels_last": image,
            "empty": torch.empty(0, 3), "scalar": torch.tensor(2.5)}


def checkpoint():
    weights = {"module." + name: tensor for name, tensor in layer().items()}
    optimizer = {"state": {0: {"step": 3, "exp_avg": ramp(2, 3)}},
                 "param_groups": [{"lr": 0.1, "betas": (0.9, 0.999), "params": [0]}]}
    return {"epoch": 3, "arch": "resnet18", "best": 0.75, "state_dict": weights, "optimizer": optimizer,
            "sizes": torch.Size([1, 2]), "none": None, "classes": {"a", "b"}}


def parameters():
    linear = torch.nn.Linear(3, 2)
    with torch.no_grad():
        linear.weight.copy_(ramp(2, 3))
        linear.bias.copy_(ramp(2))
    return {"weight": linear.weight, "bias": linear.bias}


def write_torch(folder):
    torch.save(layer(), folder / "plain.pth")
    torch.save(layer(), folder / "legacy.pth", _use_new_zipfile_serialization=False)
    torch.save(layer(), folder / "protocol4.pth", pickle_protocol=4)
    torch.save({name: ramp(4).to(dtype) for name, dtype in DTYPES.items()}, folder / "dtypes.pth")
    torch.save(strided(), folder / "strided.pth")
    torch.save(strided(), folder / "strided-legacy.pth", _use_new_zipfile_serialization=False)
    torch.save(checkpoint(), folder / "checkpoint.pth")
    torch.save(checkpoint(), folder / "checkpoint-legacy.pth", _use_new_zipfile_serialization=False)
    torch.save(parameters(), folder / "parameters.pth")
    torch.save({"model": {"a": ramp(1)}, "generator": {"b": ramp(1)}}, folder / "model-and-other.pth")
    # What must be refused.
    torch.save({"big": torch.zeros(1).expand(1000, 1000)}, folder / "bad-expanded.pth")
    torch.save(torch.nn.Linear(3, 2), folder / "bad-whole-model.pth")
    torch.save({"state_dict": layer(), "args": argparse.Namespace(lr=1)}, folder / "bad-namespace.pth")
    torch.save(ramp(3), folder / "bad-tensor.pth")
    torch.save({"left": {"a": ramp(1)}, "right": {"b": ramp(1)}}, folder / "bad-two.pth")
    torch.jit.script(torch.nn.Linear(3, 2)).save(str(folder / "bad-script.pth"))


def write_safetensors(path, tensors, metadata):
    """As the format's description says, with nothing of ours: length, JSON, bytes."""
    header, payload = {}, b""
    if metadata:
        header["__metadata__"] = metadata
    for name, (dtype, tensor) in tensors.items():
        raw = tensor.contiguous().view(-1).view(torch.uint8).numpy().tobytes() if tensor.numel() else b""
        header[name] = {"dtype": dtype, "shape": list(tensor.shape), "data_offsets": [len(payload),
                                                                                     len(payload) + len(raw)]}
        payload += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + payload)


def main():
    target = pathlib.Path(sys.argv[1])
    for name in ("pth", "safetensors"):
        (target / name).mkdir(parents=True, exist_ok=True)
    write_torch(target / "pth")
    folder = target / "safetensors"
    write_safetensors(folder / "layer.safetensors",
                      {"weight": ("F32", ramp(2, 3)), "bias": ("F32", ramp(2)), "seen": ("I64", torch.tensor([7]))},
                      {"format": "pt", "url": "https://example.org/weights"})
    write_safetensors(folder / "halves.safetensors",
                      {"a": ("F16", ramp(3).half()), "b": ("BF16", ramp(3).bfloat16()), "none": ("F32", ramp(0))}, {})
    write_safetensors(folder / "empty.safetensors", {}, {})


if __name__ == "__main__":
    main()

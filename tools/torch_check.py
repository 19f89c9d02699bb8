#!/usr/bin/python3
"""Reads and writes files of weights and programs with PyTorch alone, for tests that compare with Alveus.

    torch_check.py tensors FILE                   a line a tensor: name, type, shape, SHA-256 of its bytes
    torch_check.py save FROM.safetensors TO.pth [--legacy] [--wrapped]
    torch_check.py logits MODEL.pt PICTURES.f32 N C H W
    torch_check.py extra MODEL.pt NAME            an extra file of a TorchScript program
    torch_check.py names MODEL.pt NETWORK         the names of torchvision's network, or an error

Exit status 77 where PyTorch or torchvision is not installed.
"""
import hashlib
import json
import struct
import sys

try:
    import torch
except ImportError:
    sys.exit(77)

TYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
         "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8,
         "BOOL": torch.bool}


def read_safetensors(path):
    """Every rule of the format's description (github.com/huggingface/safetensors, "Format") is asserted."""
    data = open(path, "rb").read()
    (length,) = struct.unpack("<Q", data[:8])
    assert length <= 100_000_000 and 8 + length <= len(data), "the header is longer than allowed"
    text = data[8:8 + length].decode("utf-8")
    assert text.startswith("{"), "the header does not begin with {"
    pairs = []
    header = json.loads(text, object_pairs_hook=lambda found: pairs.extend(found) or dict(found))
    names = [name for name, value in pairs if isinstance(value, dict) and "dtype" in value]
    assert len(names) == len(set(names)), "a name stands twice"
    metadata = header.pop("__metadata__", {})
    assert all(isinstance(value, str) for value in metadata.values()), "metadata that is no text"
    payload, place, tensors = data[8 + length:], 0, {}
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, end = entry["data_offsets"]
        assert begin == place, "the tensors leave a hole or overlap"
        dtype = TYPES[entry["dtype"]]
        count = 1
        for extent in entry["shape"]:
            count *= extent
        assert end - begin == count * torch.empty(0, dtype=dtype).element_size(), "the size is not the shape's"
        assert begin % torch.empty(0, dtype=dtype).element_size() == 0, "the tensor is not aligned"
        raw = bytearray(payload[begin:end])
        flat = torch.frombuffer(raw, dtype=dtype) if raw else torch.empty(0, dtype=dtype)
        tensors[name] = flat.reshape(entry["shape"])
        place = end
    assert place == len(payload), "bytes follow behind the last tensor"
    return tensors


def read(path):
    if path.endswith(".safetensors"):
        return read_safetensors(path)
    return torch.load(path, weights_only=True)


def print_tensors(path):
    short = {dtype: name for name, dtype in TYPES.items()}
    for name, tensor in sorted(read(path).items()):
        flat = tensor.detach().contiguous().reshape(-1)
        raw = flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b""
        shape = "x".join(str(extent) for extent in tensor.shape)
        print(name, short[tensor.dtype], shape or "scalar", hashlib.sha256(raw).hexdigest())


def save(source, target, *options):
    weights = read(source)
    if "--wrapped" in options:
        weights = {"epoch": 3, "state_dict": {"module." + name: tensor for name, tensor in weights.items()}}
    torch.save(weights, target, _use_new_zipfile_serialization="--legacy" not in options)


def print_logits(model, pictures, *sizes):
    program = torch.jit.load(model)
    flat = torch.frombuffer(bytearray(open(pictures, "rb").read()), dtype=torch.float32)
    with torch.no_grad():
        for value in program(flat.reshape([int(size) for size in sizes])).reshape(-1):
            print(f"{value.item():.9g}")


def print_extra(model, name):
    extra = {name: ""}
    torch.jit.load(model, _extra_files=extra)
    print(extra[name].decode() if isinstance(extra[name], bytes) else extra[name])


def check_names(model, network):
    try:
        import torchvision
    except ImportError:
        sys.exit(77)
    program = torch.jit.load(model)
    theirs = getattr(torchvision.models, network)(weights=None)
    for kind in ("named_parameters", "named_buffers"):
        ours = {name for name, _ in getattr(program, kind)()}
        expected = {name for name, _ in getattr(theirs, kind)()}
        assert ours == expected, f"{kind} differ: {sorted(ours ^ expected)[:5]}"
    print("the names are torchvision's")


COMMANDS = {"tensors": print_tensors, "save": save, "logits": print_logits, "extra": print_extra,
            "names": check_names}

if __name__ == "__main__":
    COMMANDS[sys.argv[1]](*sys.argv[2:])

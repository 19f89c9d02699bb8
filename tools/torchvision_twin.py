#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Passes a batch through torchvision's own network (or one of published_networks.py), with the weights of ours.

usage: torchvision_twin.py FOLDER

Reads FOLDER/model.safetensors, whose metadata name the network, and FOLDER/batch.safetensors: `inputs` [N, C, …] and
`targets` [N]; for a training also the metadata `steps`, `learning_rate` and `weight_decay`: it sees this batch again and
again. The network is built with the file's classes and input channels; its weights must fit without a
remainder. Nothing is dropped. Writes FOLDER/answer.safetensors:

- for a batch `eval` (logits with running statistics), `train` and `auxiliary` (logits while training), `loss`,
  `gradient/NAME` of every weight and `statistic/NAME` of every running one behind the pass;
- for a training `losses` [steps], of Adam with AMSGrad.

Status 77: torchvision is not installed.
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

import published_networks

TYPES = {"F32": torch.float32, "I64": torch.int64}
AUXILIARY_SHARE = 0.4


def read_safetensors(path):
    with open(path, "rb") as file:
        content = bytearray(file.read())
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        tensors[name] = torch.frombuffer(content[begin:end], dtype=TYPES[entry["dtype"]]).reshape(entry["shape"])
    return metadata, tensors


def write_safetensors(path, tensors):
    header, blocks, offset = {}, [], 0
    for name, tensor in tensors.items():
        block = tensor.detach().contiguous().to(torch.float32).numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [offset, offset + len(block)]}
        blocks.append(block)
        offset += len(block)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blocks))


def vision_transformer(name, classes, side):
    channels, heads = {"vit_s_16": (384, 6), "vit_b_16": (768, 12)}[name]
    return torchvision.models.VisionTransformer(
        image_size=side, patch_size=16, num_layers=12, num_heads=heads, hidden_dim=channels, mlp_dim=4 * channels,
        num_classes=classes)


def with_cubes(module):
    """torchvision's network with every window a cube: 3-D convolutions, norms and poolings in the places of 2-D ones."""
    nn = torch.nn
    for name, child in module.named_children():
        if isinstance(child, nn.Conv2d):
            child = nn.Conv3d(child.in_channels, child.out_channels, child.kernel_size[0], child.stride[0],
                              child.padding[0], bias=child.bias is not None)
        elif isinstance(child, nn.BatchNorm2d):
            child = nn.BatchNorm3d(child.num_features)
        elif isinstance(child, nn.MaxPool2d):
            child = nn.MaxPool3d(child.kernel_size, child.stride, child.padding)
        elif isinstance(child, nn.AvgPool2d):
            child = nn.AvgPool3d(child.kernel_size, child.stride)
        else:
            with_cubes(child)
            continue
        setattr(module, name, child)
    return module


class CubicDenseNet(torch.nn.Module):
    """The forward pass of torchvision's DenseNet, whose last pooling is written for two axes, with three."""

    def __init__(self, flat):
        super().__init__()
        self.features, self.classifier = with_cubes(flat).features, flat.classifier

    def forward(self, inputs):
        maps = torch.nn.functional.relu(self.features(inputs))
        return self.classifier(maps.mean((2, 3, 4)))


def video_resnet(name, classes):
    video = torchvision.models.video.resnet
    block, depths = {"r3d_18": (video.BasicBlock, [2, 2, 2, 2]), "r3d_50": (video.Bottleneck, [3, 4, 6, 3])}[name]
    return video.VideoResNet(block=block, conv_makers=[video.Conv3DSimple] * 4, layers=depths, stem=video.BasicStem,
                             num_classes=classes)


def build(name, classes, side):
    if name in published_networks.NETWORKS:
        return published_networks.NETWORKS[name](classes)
    if name.startswith("r3d_"):
        return video_resnet(name, classes)
    if name.endswith("_3d"):
        return CubicDenseNet(build(name.removesuffix("_3d"), classes, side))
    if name.startswith("vit_"):
        return vision_transformer(name, classes, side)
    if name == "inception_v3":
        return torchvision.models.inception_v3(weights=None, num_classes=classes, init_weights=False)
    return getattr(torchvision.models, name)(weights=None, num_classes=classes)


def drop_nothing(model):
    for module in model.modules():
        if isinstance(module, (torch.nn.Dropout, torchvision.ops.StochasticDepth)):
            module.p = 0.0


def replace_first_layer(model, tensors):
    """Gives the first convolution the file's input channels."""
    for name, module in model.named_modules():
        if not isinstance(module, (torch.nn.Conv2d, torch.nn.Conv3d)):
            continue
        channels = tensors[name + ".weight"].shape[1]
        if module.in_channels != channels:
            parent = model.get_submodule(name.rpartition(".")[0])
            setattr(parent, name.rpartition(".")[2],
                    type(module)(channels, module.out_channels, module.kernel_size, module.stride, module.padding,
                                 bias=module.bias is not None))
        return


def train_logits(model, inputs):
    answer = model(inputs)
    if isinstance(answer, tuple):
        return answer
    return answer, None


def loss_of(logits, auxiliary, targets):
    loss = torch.nn.functional.cross_entropy(logits, targets)
    if auxiliary is not None:
        loss = loss + AUXILIARY_SHARE * torch.nn.functional.cross_entropy(auxiliary, targets)
    return loss


def answers_of_batch(model, inputs, targets):
    model.eval()
    answers = {"eval": model(inputs)}
    model.train()
    logits, auxiliary = train_logits(model, inputs)
    answers["train"] = logits
    if auxiliary is not None:
        answers["auxiliary"] = auxiliary
    loss = loss_of(logits, auxiliary, targets)
    answers["loss"] = loss
    loss.backward()
    for name, weight in model.named_parameters():
        answers["gradient/" + name] = weight.grad
    for name, value in model.named_buffers():
        if value.is_floating_point():
            answers["statistic/" + name] = value
    return answers


def losses_of_training(model, inputs, targets, settings):
    model.train()
    optimizer = torch.optim.Adam(model.parameters(), lr=float(settings["learning_rate"]),
                                 weight_decay=float(settings["weight_decay"]), amsgrad=True)
    losses = []
    for _ in range(int(settings["steps"])):
        optimizer.zero_grad()
        loss = loss_of(*train_logits(model, inputs), targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return torch.tensor(losses)


def memory_format_of(inputs):
    return torch.channels_last if inputs.dim() == 4 else torch.contiguous_format


def main():
    (folder,) = sys.argv[1:]
    torch.set_num_threads(1)
    metadata, tensors = read_safetensors(folder + "/model.safetensors")
    settings, batch = read_safetensors(folder + "/batch.safetensors")
    inputs, targets = batch["inputs"], batch["targets"]
    model = build(metadata["network"], int(metadata["class_count"]), inputs.shape[-1])
    replace_first_layer(model, tensors)
    model.load_state_dict(tensors, strict=True)
    drop_nothing(model)
    model = model.to(memory_format=memory_format_of(inputs))
    inputs = inputs.contiguous(memory_format=memory_format_of(inputs))
    if "steps" in settings:
        answers = {"losses": losses_of_training(model, inputs, targets, settings)}
    else:
        answers = answers_of_batch(model, inputs, targets)
    write_safetensors(folder + "/answer.safetensors", answers)


main()

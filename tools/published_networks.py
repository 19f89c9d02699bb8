# SPDX-License-Identifier: Apache-2.0
"""Networks that torchvision lacks, written a second time in torch.nn, from the tables of their publications.

Names of weights are those of the published PyTorch ports. Used by torchvision_twin.py.
"""

import torch
from torch import nn
from torch.nn import functional


class Separable(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs, bias=False)
        self.pointwise = nn.Conv2d(inputs, outputs, 1, bias=False)

    def forward(self, value):
        return self.pointwise(self.conv1(value))


class XceptionBlock(nn.Module):
    def __init__(self, widths, stride, begins_with_relu=True):
        super().__init__()
        layers = []
        for inputs, outputs in zip(widths, widths[1:]):
            layers += [nn.ReLU(), Separable(inputs, outputs), nn.BatchNorm2d(outputs)]
        layers = layers if begins_with_relu else layers[1:]
        if stride > 1:
            layers.append(nn.MaxPool2d(3, stride, 1))
        self.rep = nn.Sequential(*layers)
        self.skip = None
        if stride > 1:
            self.skip = nn.Conv2d(widths[0], widths[-1], 1, stride, bias=False)
            self.skipbn = nn.BatchNorm2d(widths[-1])

    def forward(self, value):
        return self.rep(value) + (value if self.skip is None else self.skipbn(self.skip(value)))


class Xception(nn.Module):
    """Chollet 2016, figure 5."""

    def __init__(self, classes, channels=3):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(channels, 32, 3, 2, bias=False), nn.BatchNorm2d(32)
        self.conv2, self.bn2 = nn.Conv2d(32, 64, 3, bias=False), nn.BatchNorm2d(64)
        self.block1 = XceptionBlock([64, 128, 128], 2, begins_with_relu=False)
        self.block2 = XceptionBlock([128, 256, 256], 2)
        self.block3 = XceptionBlock([256, 728, 728], 2)
        for number in range(4, 12):
            setattr(self, f"block{number}", XceptionBlock([728] * 4, 1))
        self.block12 = XceptionBlock([728, 728, 1024], 2)
        self.conv3, self.bn3 = Separable(1024, 1536), nn.BatchNorm2d(1536)
        self.conv4, self.bn4 = Separable(1536, 2048), nn.BatchNorm2d(2048)
        self.fc = nn.Linear(2048, classes)

    def forward(self, value):
        value = functional.relu(self.bn1(self.conv1(value)))
        value = functional.relu(self.bn2(self.conv2(value)))
        for number in range(1, 13):
            value = getattr(self, f"block{number}")(value)
        value = functional.relu(self.bn3(self.conv3(value)))
        value = functional.relu(self.bn4(self.conv4(value)))
        return self.fc(value.mean((2, 3)))


def padded(value, kernel, stride):
    """TensorFlow's padding SAME: ceil(extent / stride) places, the odd zero behind."""
    sides = []
    for axis in (2, 1, 0):
        places = -(-value.shape[axis + 2] // stride[axis])
        missing = max((places - 1) * stride[axis] + kernel[axis] - value.shape[axis + 2], 0)
        sides += [missing // 2, missing - missing // 2]
    return functional.pad(value, sides)


class Unit3d(nn.Module):
    def __init__(self, inputs, outputs, kernel=1, stride=1):
        super().__init__()
        self.conv3d = nn.Conv3d(inputs, outputs, kernel, stride, bias=False)
        self.bn = nn.BatchNorm3d(outputs, eps=0.001)

    def forward(self, value):
        return functional.relu(self.bn(self.conv3d(padded(value, self.conv3d.kernel_size, self.conv3d.stride))))


def pooled(value, kernel, stride):
    return functional.max_pool3d(padded(value, kernel, stride), kernel, stride)


class Mixed3d(nn.Module):
    def __init__(self, inputs, widths):
        super().__init__()
        self.b0 = Unit3d(inputs, widths[0])
        self.b1a, self.b1b = Unit3d(inputs, widths[1]), Unit3d(widths[1], widths[2], 3)
        self.b2a, self.b2b = Unit3d(inputs, widths[3]), Unit3d(widths[3], widths[4], 3)
        self.b3b = Unit3d(inputs, widths[5])

    def forward(self, value):
        return torch.cat([self.b0(value), self.b1b(self.b1a(value)), self.b2b(self.b2a(value)),
                          self.b3b(pooled(value, (3, 3, 3), (1, 1, 1)))], 1)


class Logits3d(nn.Module):
    def __init__(self, inputs, classes):
        super().__init__()
        self.conv3d = nn.Conv3d(inputs, classes, 1)


class I3d(nn.Module):
    """Carreira and Zisserman 2017, figure 3, with GoogLeNet's widths (Szegedy et al. 2014, table 1)."""

    MIXED = {"3b": (64, 96, 128, 16, 32, 32), "3c": (128, 128, 192, 32, 96, 64), "4b": (192, 96, 208, 16, 48, 64),
             "4c": (160, 112, 224, 24, 64, 64), "4d": (128, 128, 256, 24, 64, 64), "4e": (112, 144, 288, 32, 64, 64),
             "4f": (256, 160, 320, 32, 128, 128), "5b": (256, 160, 320, 32, 128, 128),
             "5c": (384, 192, 384, 48, 128, 128)}
    POOLED_BEFORE = {"4b": (3, 3, 3), "5b": (2, 2, 2)}

    def __init__(self, classes, channels=3):
        super().__init__()
        self.Conv3d_1a_7x7 = Unit3d(channels, 64, 7, 2)
        self.Conv3d_2b_1x1 = Unit3d(64, 64)
        self.Conv3d_2c_3x3 = Unit3d(64, 192, 3)
        width = 192
        for name, widths in self.MIXED.items():
            setattr(self, "Mixed_" + name, Mixed3d(width, widths))
            width = widths[0] + widths[2] + widths[4] + widths[5]
        self.dropout = nn.Dropout(0.5)
        self.logits = Logits3d(width, classes)

    def forward(self, value):
        value = pooled(self.Conv3d_1a_7x7(value), (1, 3, 3), (1, 2, 2))
        value = pooled(self.Conv3d_2c_3x3(self.Conv3d_2b_1x1(value)), (1, 3, 3), (1, 2, 2))
        for name in self.MIXED:
            if name in self.POOLED_BEFORE:
                value = pooled(value, self.POOLED_BEFORE[name], (2, 2, 2))
            value = getattr(self, "Mixed_" + name)(value)
        means = self.dropout(value.mean((2, 3, 4), keepdim=True))
        return self.logits.conv3d(means).flatten(1)


NETWORKS = {"xception": Xception, "i3d": I3d}

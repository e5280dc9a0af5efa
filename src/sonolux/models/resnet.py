"""Residual networks (ResNet): each block adds a correction to its input.

Deeper plain networks were harder to train, though they could have copied what shallower ones do. A block that
computes ``x + f(x)`` copies by default, and its gradient has a way past ``f``, so that a hundred layers train.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import nn

from sonolux.models.initialisation import initialise_he

Stride = int | tuple[int, int]
"""Of height and width, one for both or each its own."""

Shortcut = Callable[[int, int, Stride], nn.Module]
"""What brings the input of a block to the shape of its output, from channels in and out and a stride."""


def projection_shortcut(channels: int, outputs: int, stride: Stride) -> nn.Module:
    """Return the input itself where shapes agree, else a learned 1x1 convolution (option B of the paper)."""
    if channels == outputs and stride in (1, (1, 1)):
        return nn.Identity()
    return nn.Sequential(nn.Conv2d(channels, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut.

    Parameters
    ----------
    channels, width : int
        Channels in and out.
    stride : int or (int, int)
        2 halves height and width, each of a pair its own.
    shortcut : callable
        See `Shortcut`.
    """

    widening = 1

    def __init__(self, channels: int, width: int, stride: Stride = 1, shortcut: Shortcut = projection_shortcut) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = shortcut(channels, width, stride)
        self.relu2 = nn.ReLU()

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Map (n, channels, h, w) to (n, width, h / stride, w / stride)."""
        correction = self.relu1(self.bn1(self.conv1(inputs)))
        correction = self.bn2(self.conv2(correction))
        outputs: torch.Tensor = self.relu2(self.downsample(inputs) + correction)
        return outputs


class Bottleneck(nn.Module):
    """A 3x3 convolution on few channels, between 1x1 convolutions that reduce and widen again, and a shortcut.

    The stride is at the 3x3 convolution, where no input is skipped, not at the 1x1 before it as in the paper; weights
    that are passed around are mostly of this form.

    Parameters
    ----------
    channels, width : int
        Channels in, and between the 1x1 convolutions; four times as many come out.
    stride : int
        2 halves height and width.
    """

    widening = 4

    def __init__(self, channels: int, width: int, stride: int = 1) -> None:
        super().__init__()
        outputs = width * self.widening
        self.conv1 = nn.Conv2d(channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu2 = nn.ReLU()
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.downsample = projection_shortcut(channels, outputs, stride)
        self.relu3 = nn.ReLU()

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Map (n, channels, h, w) to (n, 4 width, h / stride, w / stride)."""
        correction = self.relu1(self.bn1(self.conv1(inputs)))
        correction = self.relu2(self.bn2(self.conv2(correction)))
        correction = self.bn3(self.conv3(correction))
        outputs: torch.Tensor = self.relu3(self.downsample(inputs) + correction)
        return outputs


LAYOUTS: dict[int, tuple[type[BasicBlock] | type[Bottleneck], tuple[int, int, int, int]]] = {
    18: (BasicBlock, (2, 2, 2, 2)),
    34: (BasicBlock, (3, 4, 6, 3)),
    50: (Bottleneck, (3, 4, 6, 3)),
    101: (Bottleneck, (3, 4, 23, 3)),
    152: (Bottleneck, (3, 8, 36, 3)),
}
"""Layers with weights, and the block and the number of blocks a stage that add up to them (table 1 of the paper)."""

WIDTHS = (64, 128, 256, 512)


class ResNet(nn.Sequential):
    """ResNet for photos of about 224 pixels, any size that leaves something after five halvings.

    Layers are called as in the weights of torchvision, which fit: conv1, bn1, layer1 to layer4, fc.

    Parameters
    ----------
    depth : {18, 34, 50, 101, 152}
    channels : int
        Of the image.
    classes : int

    Raises
    ------
    ValueError
        For another depth.

    References
    ----------
    K. He, X. Zhang, S. Ren and J. Sun, "Deep residual learning for image recognition", CVPR 2016. Parameters with
    3 channels and 1,000 classes: 11,689,512 (18 layers), 21,797,672 (34), 25,557,032 (50), 44,549,160 (101),
    60,192,808 (152).
    """

    def __init__(self, depth: int = 50, channels: int = 3, classes: int = 1000) -> None:
        super().__init__()
        if depth not in LAYOUTS:
            raise ValueError(f"depth must be one of {', '.join(map(str, LAYOUTS))}, not {depth!r}")
        block, blocks = LAYOUTS[depth]
        outputs = [64, *(width * block.widening for width in WIDTHS)]
        self.conv1 = nn.Conv2d(channels, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        for number, (inputs, _) in enumerate(pairwise(outputs), 1):
            width, stride = WIDTHS[number - 1], 1 if number == 1 else 2
            rest = [block(outputs[number], width) for _ in range(blocks[number - 1] - 1)]
            self.add_module(f"layer{number}", nn.Sequential(block(inputs, width, stride), *rest))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(outputs[-1], classes)
        initialise_he(self)

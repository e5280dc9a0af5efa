"""Residual networks for CIFAR: thin, for images of 32 pixels, of any depth."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.functional import pad

from sonolux.models.initialisation import initialise_he
from sonolux.models.resnet import BasicBlock, Stride

WIDTHS = (16, 32, 64)


class PaddedShortcut(nn.Module):
    """Every second row and column, and zeros for the channels that are missing (option A of the paper): no weights.

    Parameters
    ----------
    missing : int
        Channels to add, half of them before and half of them after those there are.
    stride : int or (int, int)
    """

    def __init__(self, missing: int, stride: Stride) -> None:
        super().__init__()
        self.missing = missing
        self.rows, self.columns = (stride, stride) if isinstance(stride, int) else stride

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Map (n, channels, h, w) to (n, channels + missing, h / stride, w / stride)."""
        skipped = inputs[:, :, :: self.rows, :: self.columns]
        before = self.missing // 2
        return pad(skipped, (0, 0, 0, 0, before, self.missing - before))


def padded_shortcut(channels: int, outputs: int, stride: Stride) -> nn.Module:
    """Return the input itself where shapes agree, else a `PaddedShortcut`."""
    if channels == outputs and stride == 1:
        return nn.Identity()
    return PaddedShortcut(outputs - channels, stride)


class CifarResNet(nn.Sequential):
    """The ResNet of the CIFAR-10 experiments, with three stages of 16, 32 and 64 channels.

    Layers are called as in the weights of Y. Idelbayev's "pytorch_resnet_cifar10", which fit: conv1, bn1, layer1 to
    layer3, linear.

    Parameters
    ----------
    depth : int
        Layers with weights, 6 n + 2 for n blocks a stage: 20, 32, 44, 56, 110.
    channels : int
        Of the image.
    classes : int

    Raises
    ------
    ValueError
        For a depth that is not 6 n + 2.

    References
    ----------
    K. He, X. Zhang, S. Ren and J. Sun, "Deep residual learning for image recognition", CVPR 2016, section 4.2.
    Parameters by table 6, in millions, and exactly: 0.27 (20 layers, 269,722), 0.46 (32, 464,154), 0.66 (44, 658,586),
    0.85 (56, 853,018), 1.7 (110, 1,727,962).
    """

    def __init__(self, depth: int = 20, channels: int = 3, classes: int = 10) -> None:
        super().__init__()
        blocks, rest = divmod(depth - 2, 6)
        if blocks < 1 or rest:
            raise ValueError(f"depth must be 6 n + 2, such as 20, 32, 44, 56 or 110, not {depth!r}")
        self.conv1 = nn.Conv2d(channels, WIDTHS[0], 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(WIDTHS[0])
        self.relu = nn.ReLU()
        self.layer1 = _stage(WIDTHS[0], WIDTHS[0], blocks, stride=1)
        self.layer2 = _stage(WIDTHS[0], WIDTHS[1], blocks, stride=2)
        self.layer3 = _stage(WIDTHS[1], WIDTHS[2], blocks, stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.linear = nn.Linear(WIDTHS[2], classes)
        initialise_he(self)


def _stage(channels: int, width: int, blocks: int, stride: int) -> nn.Sequential:
    rest = [BasicBlock(width, width, shortcut=padded_shortcut) for _ in range(blocks - 1)]
    return nn.Sequential(BasicBlock(channels, width, stride, padded_shortcut), *rest)

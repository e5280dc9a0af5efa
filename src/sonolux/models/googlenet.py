"""GoogLeNet (Inception v1): windows of several sizes side by side, and few parameters for its depth.

What an image shows may be near or far. An Inception block looks with 1x1, 3x3 and 5x5 windows at once; 1x1
convolutions before them keep the number of channels, and so the work, small.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import nn

from sonolux.models.alexnet import response_normalisation
from sonolux.models.convolution_size import output_side
from sonolux.models.initialisation import initialise_he

BLOCKS = {
    "inception3a": (192, (64, 96, 128, 16, 32, 32)),
    "inception3b": (256, (128, 128, 192, 32, 96, 64)),
    "pool3": None,
    "inception4a": (480, (192, 96, 208, 16, 48, 64)),
    "inception4b": (512, (160, 112, 224, 24, 64, 64)),
    "inception4c": (512, (128, 128, 256, 24, 64, 64)),
    "inception4d": (512, (112, 144, 288, 32, 64, 64)),
    "inception4e": (528, (256, 160, 320, 32, 128, 128)),
    "pool4": None,
    "inception5a": (832, (256, 160, 320, 32, 128, 128)),
    "inception5b": (832, (384, 192, 384, 48, 128, 128)),
}
"""Channels into each block, and its widths in the order of table 1 of the paper; a pool where there are none."""

JUDGED = {"inception4a": 512, "inception4d": 528}
"""Blocks that auxiliary classifiers judge, and their channels out."""


class Inception(nn.Module):
    """Four ways through a block, their maps laid side by side.

    Parameters
    ----------
    channels : int
    widths : six of int
        1x1; 3x3 reduced, 3x3; 5x5 reduced, 5x5; after the pool.
    """

    def __init__(self, channels: int, widths: tuple[int, int, int, int, int, int]) -> None:
        super().__init__()
        one, three_reduced, three, five_reduced, five, pooled = widths
        self.one = build_convolution(channels, one, 1)
        self.three = nn.Sequential(
            build_convolution(channels, three_reduced, 1), build_convolution(three_reduced, three, 3)
        )
        self.five = nn.Sequential(
            build_convolution(channels, five_reduced, 1), build_convolution(five_reduced, five, 5)
        )
        self.pooled = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), build_convolution(channels, pooled, 1))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Map (n, channels, h, w) to (n, sum of the four widths out, h, w)."""
        return torch.cat([self.one(inputs), self.three(inputs), self.five(inputs), self.pooled(inputs)], dim=1)


class GoogLeNet(nn.Module):
    """GoogLeNet, also called Inception v1.

    Parameters
    ----------
    channels : int
        Of the image.
    classes : int
    auxiliaries : bool
        Judge the maps half way as well. Then the network gives three scores for each class in training, its own and
        those of the two auxiliary classifiers, whose losses are added with a weight of 0.3; in use only its own.
    side : int
        Height and width of the image; any, where there are no auxiliary classifiers.

    Raises
    ------
    ValueError
        For an image too small for auxiliary classifiers.

    References
    ----------
    C. Szegedy et al., "Going deeper with convolutions", CVPR 2015. The rows of table 1 add up to 6.8 million
    parameters (it says 2.7 thousand for the first layer, which has 9,472); 6,998,552 with biases and without auxiliary
    classifiers, 13,378,280 with them.
    """

    def __init__(self, channels: int = 3, classes: int = 1000, auxiliaries: bool = False, side: int = 224) -> None:
        super().__init__()
        self.auxiliaries = nn.ModuleDict()
        if auxiliaries:
            left = _side_of_stage_4(side)
            self.auxiliaries.update({block: build_auxiliary(width, classes, left) for block, width in JUDGED.items()})
        self.conv1 = build_convolution(channels, 64, 7, stride=2)
        self.pool1 = _halving()
        self.norm1 = response_normalisation()
        self.conv2 = nn.Sequential(build_convolution(64, 64, 1), build_convolution(64, 192, 3))
        self.norm2 = response_normalisation()
        self.pool2 = _halving()
        for name, widths in BLOCKS.items():
            self.add_module(name, Inception(*widths) if widths else _halving())
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.dropout = nn.Dropout(0.4)
        self.fc = nn.Linear(1024, classes)
        initialise_he(self)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        """Map (n, channels, side, side) to scores (n, classes); to three of them in training with auxiliaries."""
        outputs, judged = inputs, []
        for name, stage in self.named_children():
            if stage is self.auxiliaries:
                continue
            outputs = stage(outputs)
            if self.training and name in self.auxiliaries:
                judged.append(self.auxiliaries[name](outputs))
        return (outputs, *judged) if judged else outputs


def build_convolution(channels: int, width: int, size: int, stride: int = 1) -> nn.Sequential:
    """Return a convolution that keeps height and width but for its stride, and a rectifier."""
    return nn.Sequential(nn.Conv2d(channels, width, size, stride, padding=size // 2), nn.ReLU())


def build_auxiliary(channels: int, classes: int, side: int) -> nn.Sequential:
    """Return a small classifier for maps half way, which brings gradients to the layers before it."""
    left = output_side(side, 5, stride=3)
    return nn.Sequential(
        OrderedDict(
            pool=nn.AvgPool2d(5, stride=3),
            conv=build_convolution(channels, 128, 1),
            flatten=nn.Flatten(),
            hidden=nn.Linear(128 * left * left, 1024),
            relu=nn.ReLU(),
            dropout=nn.Dropout(0.7),
            fc=nn.Linear(1024, classes),
        )
    )


def _halving() -> nn.Module:
    return nn.MaxPool2d(3, stride=2, padding=1)


def _side_of_stage_4(side: int) -> int:
    left = output_side(side, 7, stride=2, padding=3)
    for _ in range(3):
        left = output_side(left, 3, stride=2, padding=1)
    return left

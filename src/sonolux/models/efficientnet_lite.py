"""EfficientNet-Lite: inverted residual blocks of ReLU6, scaled in width, depth and side; 1,000 classes of ImageNet.

M. Tan and Q. V. Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML 2019; the Lite
variants (R. Liu 2020, "Higher accuracy on vision models with EfficientNet-Lite") leave out squeeze and excitation and
swish, and keep stem, head, and the depth of the first and the last stage unscaled.
"""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

SCALES = {0: (1.0, 1.0, 224), 1: (1.0, 1.1, 240), 2: (1.1, 1.2, 260), 3: (1.2, 1.4, 280), 4: (1.4, 1.8, 300)}
"""Of each variant: the factor of its widths, that of its depths, and the side of its images in pixels."""

STAGES = ((16, 1, 3, 1, 1), (24, 2, 3, 2, 6), (40, 2, 5, 2, 6), (80, 3, 3, 2, 6), (112, 3, 5, 1, 6), (192, 4, 5, 2, 6),
          (320, 1, 3, 1, 6))  # fmt: skip
"""Of each stage, unscaled: channels, blocks, kernel, stride of its first block, expansion (Tan and Le, table 1)."""

STEM, HEAD = 32, 1280
"""Channels of the first convolution, and of the last."""

EPSILON, MOMENTUM = 1e-3, 0.01
"""Of batch normalisation, as in the published networks."""


class EfficientNetLite(nn.Module):
    """Images (n, 3, side, side) to scores of classes (n, classes).

    Parameters
    ----------
    variant : int
        0 to 4, see `SCALES`.
    classes : int
    """

    def __init__(self, variant: int = 0, classes: int = 1000) -> None:
        super().__init__()
        if variant not in SCALES:
            raise ValueError(f"there is no EfficientNet-Lite{variant}: 0 to 4")
        width, depth, _ = SCALES[variant]
        self.stem = NormalisedConvolution(3, STEM, 3, 2)
        blocks: list[nn.Module] = []
        inputs = STEM
        for number, (channels, repeats, kernel, stride, expansion) in enumerate(STAGES):
            outputs = scaled_width(channels, width)
            for repeat in range(scaled_depth(repeats, depth, fixed=number in (0, len(STAGES) - 1))):
                blocks.append(InvertedResidual(inputs, outputs, kernel, 1 if repeat else stride, expansion))
                inputs = outputs
        self.blocks = nn.Sequential(*blocks)
        self.head = NormalisedConvolution(inputs, HEAD, 1, 1)
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.classifier = nn.Linear(HEAD, classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return the score of each class."""
        scores: torch.Tensor = self.classifier(self.features(images))
        return scores

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """Return what the last maps are on average, (n, 1280)."""
        means: torch.Tensor = self.pool(self.head(self.blocks(self.stem(images))))
        return means

    def fold(self) -> EfficientNetLite:
        """Fold batch normalisation into the convolutions before it; the same outputs in eval mode, and faster.

        Returns
        -------
        network : EfficientNetLite
            Itself; it cannot be trained as before any more.
        """
        for module in list(self.modules()):
            if isinstance(module, NormalisedConvolution):
                module.fold()
        return self


class InvertedResidual(nn.Module):
    """Widen, convolve each channel by itself, narrow (M. Sandler et al., "MobileNetV2", CVPR 2018).

    Parameters
    ----------
    inputs, outputs : int
        Channels; where they are equal and nothing is strided, the input is added to the output.
    kernel, stride : int
    expansion : int
        Times as many channels in between.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inputs * expansion
        self.expand = NormalisedConvolution(inputs, wide, 1, 1) if expansion > 1 else nn.Identity()
        self.depthwise = NormalisedConvolution(wide, wide, kernel, stride, groups=wide)
        self.project = NormalisedConvolution(wide, outputs, 1, 1, active=False)
        self.shortcut = stride == 1 and inputs == outputs

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Map (n, inputs, h, w) to (n, outputs, h / stride, w / stride)."""
        changed: torch.Tensor = self.project(self.depthwise(self.expand(maps)))
        return maps + changed if self.shortcut else changed


class NormalisedConvolution(nn.Module):
    """A convolution, batch normalisation, and ReLU6 where it is active.

    Parameters
    ----------
    inputs, outputs : int
        Channels.
    kernel, stride : int
    groups : int
    active : bool
    """

    convolution: nn.Conv2d
    normalisation: nn.Module

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int, *, groups: int = 1, active: bool = True
    ) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(
            inputs, outputs, kernel, stride, padding=(kernel - 1) // 2, groups=groups, bias=False
        )
        self.normalisation = nn.BatchNorm2d(outputs, EPSILON, MOMENTUM)
        # In place: maps that are written anew cost more time than what is computed of them.
        self.activation = nn.ReLU6(inplace=True) if active else nn.Identity()

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Map (n, inputs, h, w) to (n, outputs, h / stride, w / stride)."""
        found: torch.Tensor = self.activation(self.normalisation(self.convolution(maps)))
        return found

    def fold(self) -> None:
        """Make one of convolution and normalisation; where that was done, nothing happens."""
        if isinstance(self.normalisation, nn.BatchNorm2d):
            self.convolution = fuse_conv_bn_eval(self.convolution, self.normalisation)
            self.normalisation = nn.Identity()


def scaled_width(channels: int, factor: float) -> int:
    """Return so many channels times a factor: a multiple of 8, at most a tenth less."""
    scaled = max(8, int(channels * factor + 4) // 8 * 8)
    return scaled if scaled >= 0.9 * channels * factor else scaled + 8


def scaled_depth(blocks: int, factor: float, *, fixed: bool) -> int:
    """Return so many blocks times a factor, rounded up; the same where the stage is not scaled."""
    return blocks if fixed else math.ceil(blocks * factor)

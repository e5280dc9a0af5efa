"""Hypercolumn residual networks: small images described by all stages, not by the last alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from sonolux.models.cifar_resnet import WIDTHS, CifarResNet
from sonolux.models.hypercolumn import Hypercolumn
from sonolux.models.initialisation import initialise_he
from sonolux.models.small_resnet import SmallResNet


class HypercolumnResNet(SmallResNet):
    """A `SmallResNet` with `Hypercolumn`: of its stem and every stage.

    The weights of a `SmallResNet` of the same widths fit, but for the last layer. The descriptor is the output of
    ``flatten``.

    Parameters
    ----------
    widths, channels, classes, **others
        As of `SmallResNet`.
    shades : int
        See `sonolux.models.hypercolumn.Hypercolumn`.
    """

    def __init__(
        self,
        widths: Sequence[int] = (32, 64, 128, 256),
        channels: int = 3,
        classes: int = 10,
        shades: int = 4,
        **others: Any,
    ) -> None:
        super().__init__(widths, channels=channels, classes=classes, **others)
        del self.pool
        self.levels = Hypercolumn((widths[0], *widths), channels, shades)
        self.linear = nn.Linear(self.levels.outputs, classes)
        initialise_he(self.linear)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return (n, classes)."""
        stages = [self.stem(inputs)]
        for name, stage in self.named_children():
            if name.startswith("stage"):
                stages.append(stage(stages[-1]))
        classes: torch.Tensor = self.linear(self.dropout(self.flatten(self.levels(inputs, stages))))
        return classes


class HypercolumnCifarResNet(CifarResNet):
    """A `CifarResNet` with `Hypercolumn`: of its first layer and its three stages.

    The weights of a `CifarResNet` of the same depth fit, but for the last layer. The descriptor is the output of
    ``flatten``.

    Parameters
    ----------
    depth, channels, classes
        As of `CifarResNet`.
    shades : int
        See `sonolux.models.hypercolumn.Hypercolumn`.
    """

    def __init__(self, depth: int = 20, channels: int = 3, classes: int = 10, shades: int = 4) -> None:
        super().__init__(depth, channels, classes)
        del self.avgpool
        self.levels = Hypercolumn((WIDTHS[0], *WIDTHS), channels, shades)
        self.linear = nn.Linear(self.levels.outputs, classes)
        initialise_he(self.linear)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return (n, classes)."""
        stages = [self.relu(self.bn1(self.conv1(inputs)))]
        for stage in (self.layer1, self.layer2, self.layer3):
            stages.append(stage(stages[-1]))
        classes: torch.Tensor = self.linear(self.flatten(self.levels(inputs, stages)))
        return classes

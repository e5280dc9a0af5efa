"""A small residual network that describes a picture by all that it sees on the way, not by the last stage alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from sonolux.models.colour_words import ColourWords
from sonolux.models.initialisation import he
from sonolux.models.small_resnet import SmallResNet

EPSILON = 1e-4
"""Added to variances: the root has no gradient at 0."""


class LevelsResNet(SmallResNet):
    """A `SmallResNet` whose descriptor is of many levels: colours, and what the stem and every stage see.

    Early stages tell textures, late ones what is to be seen; side by side, both can be found (after the hypercolumns of
    Hariharan et al. 2015, "Hypercolumns for object segmentation and fine-grained localization", CVPR, here over all
    places of a picture at once). Of each stage it is mean and deviation of every channel, of the colours how often each
    occurs. Every number is standardised, and every level has the same share, however many numbers it has.

    The weights of a `SmallResNet` of the same widths fit, but for the last layer. The output of ``flatten`` has as many
    numbers as there are colours, and twice as many as the stem and all stages have channels.

    Parameters
    ----------
    widths, channels, classes, **others
        As of `SmallResNet`.
    shades : int
        See `sonolux.models.colour_words.ColourWords`.
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
        self.colours = ColourWords(channels, shades)
        sizes = [self.colours.words, *(2 * width for width in (widths[0], *widths))]
        self.levels = nn.ModuleList(nn.BatchNorm1d(size, affine=False) for size in sizes)
        self.linear = nn.Linear(sum(sizes), classes)
        he(self.linear)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return (n, classes)."""
        seen = [self.colours(inputs)]
        maps = inputs
        for name, part in self.named_children():
            if name.startswith("st"):
                maps = part(maps)
                seen.append(statistics(maps))
        shares = [level(numbers) / numbers.shape[1] ** 0.5 for level, numbers in zip(self.levels, seen, strict=True)]
        classes: torch.Tensor = self.linear(self.dropout(self.flatten(torch.cat(shares, dim=1))))
        return classes


def statistics(maps: torch.Tensor) -> torch.Tensor:
    """Return mean and deviation of each channel over all places: float32 (n, 2 channels)."""
    variance, mean = torch.var_mean(maps.float(), dim=(2, 3), correction=0)
    return torch.cat([mean, (variance + EPSILON).sqrt()], dim=1)

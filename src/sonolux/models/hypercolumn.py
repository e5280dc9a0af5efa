"""Hypercolumn: colours and the statistics of every stage of a convolutional network, as one vector.

Early stages describe textures, late ones objects; side by side, both can be found (after the hypercolumns of
Hariharan et al. 2015, "Hypercolumns for object segmentation and fine-grained localization", CVPR, here over all places
of an image at once).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from sonolux.models.soft_colour_histogram import ColourWords

EPSILON = 1e-4
"""Added to variances: the root has no gradient at 0."""


class Hypercolumn(nn.Module):
    """How often each colour occurs, and mean and deviation of every channel of every stage.

    Every number is standardised, and every stage has the same share, however many numbers it has.

    Parameters
    ----------
    widths : sequence of int
        Channels of each stage.
    channels : int
        Of the image.
    shades : int
        See `sonolux.models.soft_colour_histogram.ColourWords`.
    """

    def __init__(self, widths: Sequence[int], channels: int = 3, shades: int = 4) -> None:
        super().__init__()
        self.colours = ColourWords(channels, shades)
        sizes = [self.colours.words, *(2 * width for width in widths)]
        self.norms = nn.ModuleList(nn.BatchNorm1d(size, affine=False) for size in sizes)
        self.outputs = sum(sizes)

    def forward(self, inputs: torch.Tensor, stages: Sequence[torch.Tensor]) -> torch.Tensor:
        """Map an image and the maps of each stage to (n, outputs)."""
        seen = [self.colours(inputs), *map(channel_statistics, stages)]
        shares = [norm(numbers) / numbers.shape[1] ** 0.5 for norm, numbers in zip(self.norms, seen, strict=True)]
        return torch.cat(shares, dim=1)


def channel_statistics(maps: torch.Tensor) -> torch.Tensor:
    """Return mean and deviation of each channel over all places: float32 (n, 2 channels)."""
    variance, mean = torch.var_mean(maps.float(), dim=(2, 3), correction=0)
    return torch.cat([mean, (variance + EPSILON).sqrt()], dim=1)

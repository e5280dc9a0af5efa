"""musicnn: a convolutional network for music whose first filters are as high and as long as music is.

J. Pons and X. Serra, "musicnn: pre-trained convolutional neural networks for music audio tagging", ISMIR 2019 (late
breaking); after J. Pons et al., "End-to-end learning for music audio tagging at scale", ISMIR 2018. Timbre is heard by
filters over many bands and a few frames, at any height; rhythm by filters over one band and many frames. Three
convolutions over time follow, the later two beside what they are given, and all that was heard is pooled over time, its
maximum and its mean. In the order of the paper's code, normalisation comes after the rectifier.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

BANDS = 96
"""Of mel, from which it hears."""

FRAMES = 187
"""Of an input in training, 3 s."""

TIMBRAL = 204
"""Filters of each height."""

HEIGHTS = (38, 67)
"""Bands that a filter of timbre is high: 0.4 and 0.7 of all."""

TEMPORAL = 51
"""Filters of each length."""

LENGTHS = (128, 64, 32)
"""Frames that a filter of rhythm is long."""

SPAN = 7
"""Frames of the filters of timbre, and of the convolutions that follow."""

MIDDLE = 64
"""Maps of these."""

WIDTH = 200
"""Numbers by which music is described."""

EPSILON = 1e-3
"""That normalisations add to variances."""


class Musicnn(nn.Module):
    """From log-mel spectra (n, frames, 96) to scores of tags, (n, classes): 787,000 weights.

    Parameters
    ----------
    classes : int
        Tags.
    """

    def __init__(self, classes: int = 50) -> None:
        super().__init__()
        front = len(HEIGHTS) * TIMBRAL + len(LENGTHS) * TEMPORAL
        pooled = 2 * (front + 3 * MIDDLE)
        self.normalisation = nn.BatchNorm2d(1, EPSILON)
        self.timbral = nn.ModuleList(Rectified2d(TIMBRAL, (SPAN, height)) for height in HEIGHTS)
        self.temporal = nn.ModuleList(Rectified2d(TEMPORAL, (length, 1)) for length in LENGTHS)
        self.middle = nn.ModuleList(Rectified1d(inputs, MIDDLE) for inputs in (front, MIDDLE, MIDDLE))
        self.pooled_normalisation = nn.BatchNorm1d(pooled, EPSILON)
        self.dense = nn.Linear(pooled, WIDTH)
        self.dense_normalisation = nn.BatchNorm1d(WIDTH, EPSILON)
        self.classifier = nn.Linear(WIDTH, classes)

    def forward(self, spectra: torch.Tensor) -> torch.Tensor:
        """Return the logit of each tag, (n, classes)."""
        scores: torch.Tensor = self.classifier(self.describe(spectra))
        return scores

    def describe(self, spectra: torch.Tensor) -> torch.Tensor:
        """Return what the tags are told by, (n, 200), of any number of frames."""
        heard = self.normalisation(spectra[:, None])
        around = functional.pad(heard, (0, 0, SPAN // 2, SPAN // 2))
        timbre = [block(around).amax(dim=3) for block in self.timbral]
        rhythm = [block(_same(heard, length)).amax(dim=3) for block, length in zip(self.temporal, LENGTHS, strict=True)]
        front = torch.cat([*timbre, *rhythm], dim=1)
        first = self.middle[0](front)
        second = self.middle[1](first) + first
        third = self.middle[2](second) + second
        maps = torch.cat([front, first, second, third], dim=1)
        # Maximum and mean of a map stand side by side, as the paper's code flattens them.
        pooled = torch.stack([maps.amax(dim=2), maps.mean(dim=2)], dim=2).flatten(1)
        described: torch.Tensor = self.dense_normalisation(self.dense(self.pooled_normalisation(pooled)).relu())
        return described


class Rectified2d(nn.Module):
    """A convolution of one map, a rectifier, a normalisation."""

    def __init__(self, maps: int, size: tuple[int, int]) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(1, maps, size)
        self.normalisation = nn.BatchNorm2d(maps, EPSILON)

    def forward(self, spectra: torch.Tensor) -> torch.Tensor:
        """Return maps (n, maps, frames, bands) of (n, 1, frames, bands)."""
        maps: torch.Tensor = self.normalisation(self.convolution(spectra).relu())
        return maps


class Rectified1d(nn.Module):
    """A convolution over time that keeps the number of frames, a rectifier, a normalisation."""

    def __init__(self, inputs: int, maps: int) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(inputs, maps, SPAN, padding=SPAN // 2)
        self.normalisation = nn.BatchNorm1d(maps, EPSILON)

    def forward(self, heard: torch.Tensor) -> torch.Tensor:
        """Return maps (n, maps, frames) of (n, inputs, frames)."""
        maps: torch.Tensor = self.normalisation(self.convolution(heard).relu())
        return maps


def _same(heard: torch.Tensor, length: int) -> torch.Tensor:
    """Pad time so that filters of an even length keep the number of frames; the odd frame is at the end."""
    return functional.pad(heard, (0, 0, (length - 1) // 2, length // 2))

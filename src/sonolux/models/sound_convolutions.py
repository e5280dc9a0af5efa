"""Convolutional network over spectrograms: residual blocks in time and pitch."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn

from sonolux.models.initialisation import initialise_he
from sonolux.models.resnet import BasicBlock


class SoundConvolutions(nn.Module):
    """Residual blocks over a spectrogram, each stage half as fine in pitch; pitch is averaged away at the end.

    Parameters
    ----------
    bands : int
        Numbers of a frame of the spectrogram.
    widths : sequence of int
        Channels of each stage.
    strides : sequence of int
        In time, of each stage; their product is how many frames become one.

    Attributes
    ----------
    width : int
        Numbers of a frame that comes out.

    References
    ----------
    S. Hershey et al., "CNN architectures for large-scale audio classification", ICASSP 2017; K. He et al., "Deep
    residual learning for image recognition", CVPR 2016, for the blocks.
    """

    def __init__(
        self, bands: int, widths: Sequence[int] = (16, 32, 64, 128), strides: Sequence[int] = (1, 2, 2, 1)
    ) -> None:
        super().__init__()
        if not widths or len(widths) != len(strides) or bands < 2 ** (len(widths) - 1):
            raise ValueError(f"{len(widths)} stages need a stride each, and bands to halve, not {strides} and {bands}")
        self.stem = nn.Sequential(
            nn.Conv2d(1, widths[0], 3, padding=1, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU()
        )
        stages = [
            BasicBlock(before, width, (stride, 1 if first else 2))
            for first, (before, width), stride in zip(
                [True, *[False] * (len(widths) - 1)], pairwise([widths[0], *widths]), strides, strict=True
            )
        ]
        self.stages = nn.Sequential(*stages)
        self.width = widths[-1]
        initialise_he(self)

    def forward(self, spectrogram: torch.Tensor) -> torch.Tensor:
        """Return (n, frames / strides, width) for a spectrogram (n, frames, bands)."""
        maps = self.stages(self.stem(spectrogram[:, None]))
        frames: torch.Tensor = maps.mean(dim=3).transpose(1, 2)
        return frames

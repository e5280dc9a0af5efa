"""Convolutional recurrent network (CRNN): convolutions over a spectrogram, then a GRU over time."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from sonolux.models.sound_convolutions import SoundConvolutions


class SoundCrnn(nn.Module):
    """`SoundConvolutions`, then one layer of GRU in both directions.

    Parameters
    ----------
    bands : int
        Numbers of a frame of the spectrogram.
    widths, strides
        See `SoundConvolutions`.
    hidden : int
        Units of each direction of the GRU.

    Attributes
    ----------
    width : int
        Numbers of a frame that comes out.

    References
    ----------
    E. Cakir, G. Parascandolo, T. Heittola, H. Huttunen and T. Virtanen, "Convolutional recurrent neural networks for
    polyphonic sound event detection", IEEE/ACM TASLP 25(6), 2017.
    """

    def __init__(
        self,
        bands: int,
        widths: Sequence[int] = (16, 32, 64, 64),
        strides: Sequence[int] = (1, 2, 2, 1),
        hidden: int = 64,
    ) -> None:
        super().__init__()
        self.convolutions = SoundConvolutions(bands, widths, strides)
        self.recurrent = nn.GRU(self.convolutions.width, hidden, batch_first=True, bidirectional=True)
        self.width = 2 * hidden

    def forward(self, spectrogram: torch.Tensor) -> torch.Tensor:
        """Return (n, frames / strides, width) for a spectrogram (n, frames, bands)."""
        frames: torch.Tensor = self.recurrent(self.convolutions(spectrogram))[0]
        return frames

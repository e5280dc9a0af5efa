"""Transformer encoder over frames: convolutions in time, then self-attention."""

from __future__ import annotations

import torch
from torch import nn

from sonolux.models.sound_recurrent import stack_frames


class SoundTransformer(nn.Module):
    """Two convolutions over time, then layers of self-attention.

    The convolutions halve the number of frames twice and keep neighbours distinct; a third, over groups of channels,
    gives each frame a place among its neighbours instead of a number in the row, so that sounds may be of any length.

    Parameters
    ----------
    bands : int
        Numbers of a frame of the spectrogram.
    width : int
    layers, heads : int
    dropout : float

    Attributes
    ----------
    width : int
        Numbers of a frame that comes out.

    References
    ----------
    A. Vaswani et al., "Attention is all you need", NeurIPS 2017; A. Baevski et al., "wav2vec 2.0: a framework for
    self-supervised learning of speech representations", NeurIPS 2020, for places by convolution.
    """

    def __init__(self, bands: int, width: int = 96, layers: int = 3, heads: int = 4, dropout: float = 0.1) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"{heads} heads do not share {width} numbers evenly")
        self.embedding = nn.Sequential(nn.LayerNorm(2 * bands), nn.Linear(2 * bands, width), nn.GELU())
        self.nearby = nn.Conv1d(width, width, 3, stride=2, padding=1)
        self.places = nn.Conv1d(width, width, 15, padding=7, groups=heads)
        layer = nn.TransformerEncoderLayer(width, heads, 2 * width, dropout, "gelu", batch_first=True, norm_first=True)
        self.attention = nn.TransformerEncoder(layer, layers, nn.LayerNorm(width), enable_nested_tensor=False)
        self.width = width

    def forward(self, spectrogram: torch.Tensor) -> torch.Tensor:
        """Return (n, frames / 4, width) for a spectrogram (n, frames, bands)."""
        channels = self.nearby(self.embedding(stack_frames(spectrogram, 2)).transpose(1, 2))
        placed = channels + nn.functional.gelu(self.places(channels))
        frames: torch.Tensor = self.attention(placed.transpose(1, 2))
        return frames

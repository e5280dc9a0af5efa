"""Bidirectional recurrent networks (LSTM, GRU) over the frames of a spectrogram."""

from __future__ import annotations

from typing import Literal

import torch
from torch import nn

CELLS = {"lstm": nn.LSTM, "gru": nn.GRU}


class SoundRecurrent(nn.Module):
    """Layers of LSTM or GRU, forwards and backwards, over frames whose neighbours were put together.

    Parameters
    ----------
    bands : int
        Numbers of a frame.
    cell : {"lstm", "gru"}
    hidden : int
        Units of each direction.
    layers : int
    stacked : int
        Neighbouring frames that become one input.
    dropout : float
        Between layers.

    Attributes
    ----------
    width : int
        Numbers of a frame that comes out.

    References
    ----------
    S. Hochreiter and J. Schmidhuber, "Long short-term memory", Neural Computation 9(8), 1997; K. Cho et al., "Learning
    phrase representations using RNN encoder-decoder for statistical machine translation", EMNLP 2014, for the GRU;
    M. Schuster and K. K. Paliwal, "Bidirectional recurrent neural networks", IEEE TSP 45(11), 1997.
    """

    def __init__(
        self,
        bands: int,
        cell: Literal["lstm", "gru"] = "lstm",
        hidden: int = 96,
        layers: int = 2,
        stacked: int = 2,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        if cell not in CELLS:
            raise ValueError(f"cell is lstm or gru, not {cell!r}")
        self.stacked = stacked
        self.normalised = nn.LayerNorm(bands * stacked)
        self.cells = CELLS[cell](
            bands * stacked, hidden, layers, batch_first=True, bidirectional=True, dropout=dropout if layers > 1 else 0
        )
        self.width = 2 * hidden

    def forward(self, spectrogram: torch.Tensor) -> torch.Tensor:
        """Return (n, frames / stacked, width) for a spectrogram (n, frames, bands)."""
        frames: torch.Tensor = self.cells(self.normalised(stack_frames(spectrogram, self.stacked)))[0]
        return frames


def stack_frames(frames: torch.Tensor, count: int) -> torch.Tensor:
    """Put every `count` neighbouring frames (n, frames, width) into one; what is over repeats the last frame."""
    over = -frames.shape[1] % count
    whole = torch.cat([frames, frames[:, -1:].expand(-1, over, -1)], dim=1) if over else frames
    return whole.reshape(len(whole), -1, count * whole.shape[2])

"""A speaker network: a recurrent network that hears who speaks, whatever is said (d-vectors, GE2E).

L. Wan, Q. Wang, A. Papir and I. L. Moreno, "Generalized end-to-end loss for speaker verification", ICASSP 2018. Three
LSTM layers read the bands of mel of 1.6 s; what the last one holds at the end goes through a layer and a rectifier, and
is scaled to length 1.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

BANDS = 40
"""Of mel."""

WIDTH = 256
"""Numbers that a layer remembers, and by which a voice is described."""

LAYERS = 3


class SpeakerNetwork(nn.Module):
    """From mel spectra (n, frames, 40) to voices (n, 256), none of whose numbers is below 0: 1,423,616 weights."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(BANDS, WIDTH, LAYERS, batch_first=True)
        self.linear = nn.Linear(WIDTH, WIDTH)

    def forward(self, spectra: torch.Tensor) -> torch.Tensor:
        """Return the voice of each spectrum, of length 1."""
        _, (hidden, _) = self.lstm(spectra)
        return functional.normalize(self.linear(hidden[-1]).relu(), dim=1)

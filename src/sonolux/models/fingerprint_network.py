"""Neural audio fingerprint: a small convolutional network from a second of spectral contrast to a code."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import ceil

import torch
from torch import nn

from sonolux.models.initialisation import initialise_he


class FingerprintNetwork(nn.Module):
    """Convolutions of stride 2, and a linear layer whose signs are the code; (n, frames, bands) in, (n, bits) out.

    Parameters
    ----------
    frames, bands : int
        Of what comes in.
    bits : int
    widths : sequence of int
        Channels of each convolution.

    References
    ----------
    S. Chang et al., "Neural audio fingerprint for high-specific audio retrieval based on contrastive learning", ICASSP
    2021: short windows, learned by contrast with each other; theirs is larger, and separable.
    """

    def __init__(self, frames: int = 32, bands: int = 50, bits: int = 128, widths: Sequence[int] = (16, 32, 64, 96)):
        super().__init__()
        if not widths:
            raise ValueError("a fingerprint network needs at least one convolution: give widths")
        layers = [
            layer
            for before, width in pairwise([1, *widths])
            for layer in (nn.Conv2d(before, width, 3, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU())
        ]
        self.convolutions = nn.Sequential(*layers)
        left = 2 ** len(widths)
        self.linear = nn.Linear(widths[-1] * ceil(frames / left) * ceil(bands / left), bits)
        initialise_he(self)

    def forward(self, contrast: torch.Tensor) -> torch.Tensor:
        """Return (n, bits) for contrast (n, frames, bands)."""
        code: torch.Tensor = self.linear(self.convolutions(contrast[:, None]).flatten(1))
        return code

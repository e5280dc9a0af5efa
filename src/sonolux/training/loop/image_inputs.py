"""Image normalisation: pixels as every network that is trained here takes them."""

from __future__ import annotations

import torch

from sonolux.checkpoints.inputs import Preprocessing

MEAN, DEVIATION = 0.5, 0.25
"""Pixels in [0, 1] become inputs by (pixel - mean) / deviation, all channels alike."""

DESCRIBED, PIXELS = 500, 2**23
"""Images that are described at once, at most, and pixels of all of them: maps of large ones fill the memory."""


def normalise(pixels: torch.Tensor) -> torch.Tensor:
    """Return pixels in [0, 1] as a network takes them."""
    return ((pixels - MEAN) / DEVIATION).to(memory_format=torch.channels_last)


def described_at_once(side: int) -> int:
    """Return how many images of a size are described at once."""
    return max(1, min(DESCRIBED, PIXELS // side**2))


def image_preprocessing(size: int) -> Preprocessing:
    """Return how images become inputs of this height and width."""
    return Preprocessing(width=size, height=size, mean=(MEAN,) * 3, deviation=(DEVIATION,) * 3)

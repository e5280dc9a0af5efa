"""Temporal pooling: frames of a sound to one vector, by mean, maximum or attention.

Inputs are float (n, frames, width), outputs (n, width). The mean measures how much of the time something
sounds, the maximum whether it ever does, attention learns which frames count.
"""

from __future__ import annotations

import torch
from torch import nn


class MeanOverTime(nn.Module):
    """The average of all frames."""

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Return (n, width)."""
        return frames.mean(dim=1)


class MaxOverTime(nn.Module):
    """The largest value of each number in any frame."""

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Return (n, width)."""
        return frames.amax(dim=1)


class AttentionPooling(nn.Module):
    """A weighted average of the frames, the weights a softmax over time of a score that is learned.

    Parameters
    ----------
    width : int
        Numbers of a frame.
    hidden : int
        Of the layer that scores.

    References
    ----------
    K. Okabe, T. Koshinaka and K. Shinoda, "Attentive statistics pooling for deep speaker embedding", Interspeech 2018,
    without its deviations.
    """

    def __init__(self, width: int, hidden: int = 64) -> None:
        super().__init__()
        self.score = nn.Sequential(nn.Linear(width, hidden), nn.Tanh(), nn.Linear(hidden, 1))

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Return (n, width)."""
        weights = self.score(frames).softmax(dim=1)
        pooled: torch.Tensor = (weights * frames).sum(dim=1)
        return pooled


POOLINGS = {"mean": MeanOverTime, "max": MaxOverTime, "attention": AttentionPooling}
"""Ways to pool, by name."""


def build_temporal_pooling(name: str, width: int) -> nn.Module:
    """Return the pooling of this name for frames of this width; ValueError for a name that there is not."""
    if name not in POOLINGS:
        raise ValueError(f"pooling over time is one of {', '.join(POOLINGS)}, not {name!r}")
    return AttentionPooling(width) if name == "attention" else POOLINGS[name]()

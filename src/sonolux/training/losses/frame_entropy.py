"""Binary cross entropy of frames, for sound events whose times are known, and of whole recordings for those not known.

Where only the classes of a recording are known, linear softmax makes its probability of a class of those of its frames
(`sonolux.training.losses.linear_softmax`).
"""

from __future__ import annotations

import torch
from torch.nn import functional

from sonolux.training.losses.linear_softmax import linear_softmax


def strong_loss(scores: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Return the mean cross entropy of scores and truth of each frame and class, both (n, frames, classes)."""
    return functional.binary_cross_entropy_with_logits(scores, wanted)


def weak_loss(scores: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Return the mean cross entropy of scores (n, frames, classes) and of what is in a recording (n, classes)."""
    chances = linear_softmax(scores.sigmoid())
    return functional.binary_cross_entropy(chances.clamp(1e-6, 1 - 1e-6), wanted)

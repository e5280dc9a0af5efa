"""Reconstruction loss and score of autoencoders: squared error, and the share of the variance that comes back."""

from __future__ import annotations

import torch
from torch.nn import functional


def squared_error(drawn: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Return the mean squared error of what is drawn, in the shape of what is wanted."""
    return functional.mse_loss(drawn.reshape(wanted.shape), wanted)


def explained_variance(drawn: torch.Tensor, wanted: torch.Tensor) -> float:
    """Return 1 less the squared error over the variance of items (n, ...); below 0 where their mean would do better.

    Of items that are all the same, which have no variance, 1 where they are drawn as they are, and 0 else.
    """
    error, variance = float(squared_error(drawn, wanted)), float(wanted.var(dim=0).mean()) if len(wanted) > 1 else 0.0
    if variance == 0:
        return float(error == 0)
    return 1 - error / variance

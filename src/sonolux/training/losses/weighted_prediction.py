"""Weighted prediction error: how far predicted vectors of items miss what users played, each miss by its confidence.

A. van den Oord, S. Dieleman and B. Schrauwen, "Deep content-based music recommendation", NeurIPS 2013, equation 6.
"""

from __future__ import annotations

import torch


def weighted_prediction_error(
    predicted: torch.Tensor, users: torch.Tensor, played: torch.Tensor, confidence: torch.Tensor
) -> torch.Tensor:
    """Return the mean over items of ``sum_u c (p - x . y)**2``.

    Parameters
    ----------
    predicted : tensor, shape (n, d)
        Vectors y of items.
    users : tensor, shape (m, d)
        Vectors x.
    played, confidence : tensor, shape (n, m)
        p, 0 or 1, and c, at least 1.
    """
    misses = played - predicted @ users.T
    return (confidence * misses.square()).sum(dim=1).mean()

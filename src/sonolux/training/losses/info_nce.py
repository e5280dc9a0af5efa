"""InfoNCE over pairs of two modalities: each item is to be told which of a batch belongs to it.

A. van den Oord, Y. Li and O. Vinyals 2018, "Representation learning with contrastive predictive coding"; both ways, as
A. Radford et al. 2021, "Learning transferable visual models from natural language supervision", ICML.
"""

from __future__ import annotations

import torch
from torch.nn import functional


def info_nce(
    first: torch.Tensor, second: torch.Tensor, temperature: float, same: torch.Tensor | None = None
) -> torch.Tensor:
    """Return the mean cross entropy of telling which row of the one belongs to each row of the other.

    Parameters
    ----------
    first, second : tensor, shape (n, dim)
        Unit vectors; row i of one belongs to row i of the other.
    temperature : float
        What cosines are divided by.
    same : tensor of bool, shape (n, n), optional
        Pairs that belong together as well, or may: they are no mistakes.
    """
    likeness = first @ second.T / temperature
    if same is not None:
        own = torch.eye(len(first), dtype=torch.bool, device=first.device)
        likeness = likeness.masked_fill(same & ~own, -torch.inf)
    right = torch.arange(len(first), device=first.device)
    return (functional.cross_entropy(likeness, right) + functional.cross_entropy(likeness.T, right)) / 2

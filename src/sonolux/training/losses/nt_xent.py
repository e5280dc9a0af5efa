"""NT-Xent: the normalised temperature-scaled cross entropy of pairs of views.

T. Chen, S. Kornblith, M. Norouzi and G. Hinton 2020, "A simple framework for contrastive learning of visual
representations", ICML.
"""

from __future__ import annotations

import torch
from torch.nn import functional


def nt_xent(first: torch.Tensor, second: torch.Tensor, temperature: float) -> torch.Tensor:
    """Return the normalised temperature-scaled cross entropy: each view is to be told which other is its twin.

    Parameters
    ----------
    first, second : tensor, shape (n, dim)
        Two views of each of n images.
    temperature : float
        What cosines are divided by.
    """
    views = functional.normalize(torch.cat([first, second]))
    likeness = (views @ views.T / temperature).fill_diagonal_(-torch.inf)
    twins = torch.arange(len(views), device=views.device).roll(len(first))
    return functional.cross_entropy(likeness, twins)

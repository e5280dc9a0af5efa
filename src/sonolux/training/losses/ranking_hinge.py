"""Triplet loss over pairs of two modalities: what belongs to an item is to be nearer than all else, by a margin.

F. Faghri, D. Fleet, J. Kiros and S. Fidler 2018, "VSE++: improving visual-semantic embeddings with hard negatives",
BMVC; all of a batch that is too near counts here, not only the nearest, which few pairs make noisy.
"""

from __future__ import annotations

import torch


def ranking_hinge(
    first: torch.Tensor, second: torch.Tensor, margin: float, same: torch.Tensor | None = None
) -> torch.Tensor:
    """Return the mean over items of how far what does not belong to them is within the margin, both ways.

    Parameters
    ----------
    first, second : tensor, shape (n, dim)
        Unit vectors; row i of one belongs to row i of the other.
    margin : float
        Of cosines.
    same : tensor of bool, shape (n, n), optional
        Pairs that belong together as well, or may: they are no mistakes.
    """
    likeness = first @ second.T
    right = likeness.diagonal()
    wrong = ~torch.eye(len(first), dtype=torch.bool, device=first.device)
    if same is not None:
        wrong = wrong & ~same
    over = (margin + likeness - right[:, None]).clamp_min(0) + (margin + likeness - right[None, :]).clamp_min(0)
    return (over * wrong).sum() / len(first)

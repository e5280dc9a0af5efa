"""Margin loss of relative similarity: what was liked is to be more similar to the query than what was not.

The loss of a triplet is ``max(0, margin + s(query, disliked) - s(query, liked))`` (F. Schroff, D. Kalenichenko and J.
Philbin 2015, "FaceNet", CVPR, with similarities in place of distances).
"""

from __future__ import annotations

import torch
from torch.nn import functional


def relative_margin(differences: torch.Tensor, weights: torch.Tensor, margin: float) -> torch.Tensor:
    """Return the weighted mean loss of triplets.

    Parameters
    ----------
    differences : tensor, shape (t,)
        s(query, liked) - s(query, disliked) of each triplet.
    weights : tensor, shape (t,)
        Of the triplets.
    margin : float
        In the unit of the differences.
    """
    losses = functional.relu(margin - differences)
    return (losses * weights).sum() / weights.sum()

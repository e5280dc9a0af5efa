"""Diversity: reranking by maximal marginal relevance.

Maximal marginal relevance: again and again, take the candidate with the highest
``(1 - diverse) * relevance - diverse * (highest similarity to those taken)`` (Carbonell and Goldstein 1998, "The use
of MMR, diversity-based reranking for reordering documents and producing summaries", SIGIR).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def maximal_marginal_relevance(
    relevance: NDArray[np.floating], similarity: NDArray[np.floating], n: int, diverse: float
) -> list[int]:
    """Choose candidates that are relevant and unlike each other.

    Parameters
    ----------
    relevance : ndarray, shape (c,)
        Scores of the candidates; scaled to [0, 1] here.
    similarity : ndarray, shape (c, c)
        Between candidates, about [0, 1].
    n : int
        How many to choose.
    diverse : float
        0 for relevance alone, towards 1 for variety.

    Returns
    -------
    chosen : list of int
        Indices of candidates, in the order chosen.
    """
    span = np.ptp(relevance)
    scaled = (relevance - relevance.min()) / span if span > 0 else np.ones(len(relevance))
    nearest = np.zeros(len(scaled))
    open_ = np.ones(len(scaled), bool)
    chosen: list[int] = []
    for _ in range(min(n, len(scaled))):
        marginal = np.where(open_, (1 - diverse) * scaled - diverse * nearest, -np.inf)
        best = int(marginal.argmax())
        chosen.append(best)
        open_[best] = False
        nearest = np.maximum(nearest, similarity[best])
    return chosen

"""Rank fusion: several ranked lists into one.

Reciprocal rank fusion: an item scores the sum over lists of ``weight / (60 + rank)``, with ranks from 1. It needs
ranks only, so scores of spaces that cannot be compared need no common scale (Cormack, Clarke and Büttcher 2009,
"Reciprocal rank fusion outperforms Condorcet and individual rank learning methods", SIGIR).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

RRF_CONSTANT = 60


def reciprocal_rank_fusion(lists: Iterable[tuple[float, Sequence[str]]]) -> list[tuple[str, float]]:
    """Fuse weighted rankings.

    Parameters
    ----------
    lists : iterable of (weight, ids)
        Ids best first, each at most once a list.

    Returns
    -------
    ranking : list of (id, score)
        Best first; ties keep the order in which ids were first met.
    """
    scores: dict[str, float] = defaultdict(float)
    for weight, ids in lists:
        for rank, item in enumerate(ids, start=1):
            scores[item] += weight / (RRF_CONSTANT + rank)
    return sorted(scores.items(), key=lambda pair: -pair[1])

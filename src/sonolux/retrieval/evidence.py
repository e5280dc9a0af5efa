"""Evidence: how far from chance a match is in one space, on a scale that all spaces share.

The evidence of a match is ``-log p`` of its p-value, the chance that a random item scores as high (`calibration`).
Whatever the space, its mean over non-matches is 1, for p-values of non-matches are uniform; sums of it are what
Fisher's method combines independent tests by (Fisher 1932, "Statistical Methods for Research Workers"). Where no
background model can be had, as in libraries of three files, ranks are p-values: a random item is among the first r of n
with the chance ``r / n``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import exp, log

from sonolux.retrieval.tail import SMALLEST

TIE = 1e-6
"""What a rank adds to the evidence: least chances are all alike, and there the nearer match is still the better one."""


def evidence_of(chances: Iterable[float]) -> list[float]:
    """Return the evidence that p-values are; what is less likely than any sample supports counts as that."""
    return [-log(max(chance, SMALLEST)) for chance in chances]


def evidence_of_ranks(ranks: Iterable[int], count: int) -> list[float]:
    """Return the evidence that ranks are, from 1, among so many items."""
    return [log((count + 1) / min(rank, count)) for rank in ranks]


def list_evidence(chances: Sequence[float] | None, ranks: Sequence[int], count: int) -> list[float]:
    """Return the evidence for each match of a list.

    Parameters
    ----------
    chances : sequence of float or None
        P-values; None where the space has no background model.
    ranks : sequence of int
        From 1; what is as near shares one.
    count : int
        Items of the space.
    """
    by_rank = evidence_of_ranks(ranks, max(count, len(ranks)))
    if chances is None:
        return by_rank
    return [said + TIE * place for said, place in zip(evidence_of(chances), by_rank, strict=True)]


def absent_evidence(least: float) -> float:
    """Return the mean evidence for what is in no list, of non-matches that have less than the last match.

    It is the mean of ``-log p`` over p-values that are uniform between ``exp(-least)`` and 1.
    """
    chance = exp(-least)
    return 1 - chance * least / (1 - chance) if chance < 1 else 0.0

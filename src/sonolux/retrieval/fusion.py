"""Fusion: several lists of matches into one ranking by their evidence, and what their p-values say together.

A match of a list counts by its evidence (`evidence`) beyond what items have that are not in it, times the weight of the
list (`dependence`). Ranks forget how near a match is: the first of a list of nothing but noise would count as much as
the first of one that knows. They are fused where people weigh the parts of a question, by reciprocal rank: an item
scores the sum over lists of ``weight / (60 + rank)``, with ranks from 1 (Cormack, Clarke and Büttcher 2009, "Reciprocal
rank fusion outperforms Condorcet and individual rank learning methods", SIGIR).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sonolux.retrieval.evidence import absent_evidence

RRF_CONSTANT = 60


@dataclass(frozen=True, slots=True)
class WeighedList:
    """A list of matches to be fused.

    Attributes
    ----------
    weight : float
        What a unit of its evidence is worth.
    evidence : mapping of str to float
        By the id of each match, best first.
    """

    weight: float
    evidence: Mapping[str, float]


def fuse_evidence(lists: Iterable[WeighedList]) -> dict[str, float]:
    """Return what all lists say of each match: the sum of weighted evidence beyond that of what is absent.

    Returns
    -------
    worth : dict of str to float
        By id, in the order in which ids were first met.
    """
    worth: dict[str, float] = defaultdict(float)
    for each in lists:
        absent = absent_evidence(min(each.evidence.values(), default=0.0))
        for item, evidence in each.evidence.items():
            worth[item] += each.weight * (evidence - absent)
    return worth


def reciprocal_rank_fusion(lists: Iterable[tuple[float, Iterable[tuple[str, int]]]]) -> list[tuple[str, float]]:
    """Fuse weighted rankings.

    Parameters
    ----------
    lists : iterable of (weight, ranking)
        A ranking is pairs of an id and its rank, from 1; each id at most once a list.

    Returns
    -------
    ranking : list of (id, score)
        Best first; ties keep the order in which ids were first met.
    """
    scores: dict[str, float] = defaultdict(float)
    for weight, ranking in lists:
        for item, rank in ranking:
            scores[item] += weight / (RRF_CONSTANT + rank)
    return sorted(scores.items(), key=lambda pair: -pair[1])


def shared_ranks(values: Iterable[float]) -> list[int]:
    """Rank values that are in order, from 1; equal ones share the first of their places (1, 2, 2, 4).

    Whoever is as near as the nearest is first, in whatever order an index names them.
    """
    ranks: list[int] = []
    before: float | None = None
    for place, value in enumerate(values, start=1):
        ranks.append(ranks[-1] if value == before else place)
        before = value
    return ranks


def simes(chances: Sequence[float], tries: int) -> float:
    """Return the p-value of several p-values together, of which those that are not given are 1.

    ``min over k of tries * (k-th smallest) / k``: what many lists say alike need not pay for every one of them, as it
    would by Bonferroni, and what one list alone says does. It holds for p-values that are independent or rise and fall
    together, as those of spans of one file do (Simes 1986, "An improved Bonferroni procedure for multiple tests of
    significance", Biometrika; Sarkar 1998, "Some probability inequalities for ordered MTP2 random variables", Annals of
    Statistics).

    Parameters
    ----------
    chances : sequence of float
    tries : int
        How many p-values there are, at least those given.
    """
    return min((tries * chance / k for k, chance in enumerate(sorted(chances), start=1)), default=1.0)

"""Confidence intervals of a score: between which values the true one lies, as far as a number of items can tell.

Shares, of right answers for one, have Wilson's interval, which stays within [0, 1] and holds for few items (E. B.
Wilson, "Probable inference, the law of succession, and statistical inference", JASA 1927). Items that belong together,
such as the sentences of one speaker, count for less: by the design effect (L. Kish, "Survey Sampling", 1965). So do
those of a cross-validation, whose models share most of what they learn from (C. Nadeau and Y. Bengio, "Inference for
the generalization error", Machine Learning 2003). All else is drawn again, with replacement (B. Efron, "Bootstrap
methods: another look at the jackknife", Annals of Statistics 1979).
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95
"""Of intervals: how often they hold the truth."""

DRAWS = 1_000
"""Samples of a bootstrap."""


def wilson_interval(share: float, count: float, level: float = LEVEL) -> tuple[float, float]:
    """Return the interval of a share of `count` items, which need not be a whole number; (0, 1) of none."""
    from scipy.special import ndtri

    if count <= 0:
        return 0.0, 1.0
    z = float(ndtri((1 + level) / 2))
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def independent_count(values: NDArray[np.floating], groups: NDArray[np.integer] | None) -> float:
    """Return how many independent items tell as much of the mean of values as these, some of which belong together.

    Parameters
    ----------
    values : ndarray of float, shape (n,)
        Of each item, from 0 to 1.
    groups : ndarray of int, shape (n,), or None
        Items of the same number belong together; None where each stands alone.

    Returns
    -------
    count : float
        From the number of groups to n.
    """
    count = len(values)
    if groups is None or not count:
        return float(count)
    _, numbers = np.unique(groups, return_inverse=True)
    clusters = int(numbers.max()) + 1
    if clusters in (1, count):
        return float(clusters)
    alone = float(np.var(values))
    sums = np.bincount(numbers, values - values.mean(), minlength=clusters)
    together = float((sums**2).sum()) / count**2 * clusters / (clusters - 1)
    return float(np.clip(alone / together, clusters, count)) if alone and together else float(clusters)


def cross_validated_count(count: float, folds: int, repeats: int) -> float:
    """Return how many items that a single model is judged by tell as much as a cross-validation of `count` items.

    The mean of J = folds * repeats scores, each of a share of 1 / folds, has the variance of one of them times
    ``1 / J + 1 / (folds - 1)`` (Nadeau and Bengio 2003, equation 7).

    Parameters
    ----------
    count : float
        Of independent items.
    folds, repeats : int
    """
    return count / (1 / repeats + folds / (folds - 1))


def share_interval(
    values: NDArray[np.floating],
    groups: NDArray[np.integer] | None = None,
    level: float = LEVEL,
    trials: tuple[int, int] | None = None,
) -> tuple[float, float]:
    """Return the interval of the mean of values from 0 to 1, one an item (n,); see `independent_count`.

    Of a cross-validation, `trials` are its folds and repeats; see `cross_validated_count`.
    """
    count = independent_count(values, groups)
    return wilson_interval(float(np.mean(values)), cross_validated_count(count, *trials) if trials else count, level)


def bootstrap_interval(
    statistic: Callable[[NDArray[np.intp]], float],
    count: int,
    seed: int,
    level: float = LEVEL,
    groups: NDArray[np.integer] | None = None,
) -> tuple[float, float]:
    """Return the interval of what a function makes of the rows of some of `count` items, drawn with replacement.

    Items of a group, whose numbers are alike, are drawn together.
    """
    random = np.random.default_rng(seed)
    together = np.arange(count) if groups is None else np.unique(groups, return_inverse=True)[1]
    members = np.split(np.argsort(together, kind="stable"), np.cumsum(np.bincount(together))[:-1])

    def draw() -> NDArray[np.intp]:
        chosen = random.integers(len(members), size=len(members))
        return chosen if groups is None else np.concatenate([members[one] for one in chosen])

    drawn = [statistic(draw()) for _ in range(DRAWS)]
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)

"""Score tail: the survival function of non-match scores, far beyond the sample (peaks over threshold).

Below a threshold the sample itself answers; above it an exponential tail does (peaks over threshold: Pickands 1975,
"Statistical inference using extreme order statistics", Annals of Statistics). Its scale is the maximum-likelihood one
of a sample whose largest values are cut off (type II censoring: Epstein and Sobel 1953, "Life testing", JASA): the few
true matches that any sample of a library holds lie among these, and must not be taken for non-matches. Of few draws the
scale is not known well, so the chance is the mean over what it may be (`powers`): little evidence claims little.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from math import exp, expm1, inf, log, log1p

import numpy as np
from numpy.typing import NDArray

PEAK_SHARE = 0.01
"""Share of the sample above the threshold."""

PEAKS = 50
"""Values above the threshold, at least."""

CENSORED = 0.1
"""Share of the values above the threshold that only count as large."""

LEVELS = 256
"""Quantiles kept of the values below the threshold."""

SMALLEST = 1e-12
"""No chance is claimed below this: no sample supports it."""


@dataclass(frozen=True)
class Tail:
    """Survival function of non-match values.

    Attributes
    ----------
    values : list of float
        Quantiles of the sample up to the threshold, ascending.
    survival : list of float
        Share of the sample at or above each, descending from 1.
    scale : float
        Mean excess over the last quantile of what lies beyond it; 0 where the sample is too small for a tail.
    draws : float
        How many independent draws the scale was learned from.
    """

    values: list[float]
    survival: list[float]
    scale: float
    draws: float

    def chance(self, value: float) -> float:
        """Return the probability that a non-match is at least as high."""
        return self.chances([value])[0]

    def chances(self, values: Iterable[float]) -> list[float]:
        """Return the same for several values."""
        return [max(exp(-surprise), SMALLEST) for surprise in self.surprises(values)]

    def surprises(self, values: Iterable[float]) -> list[float]:
        """Return the negative logarithms of the chances, which have no least one."""
        threshold, last, draws = self.values[-1], -log(self.survival[-1]), self.draws
        rate = self.scale * draws
        found = []
        for value in values:
            if value < threshold:
                found.append(self._in_sample(value))
            else:
                found.append(last + draws * log1p((value - threshold) / rate) if rate else last)
        return found

    def _in_sample(self, value: float) -> float:
        return -log(self.survival[bisect_right(self.values, value) - 1]) if value >= self.values[0] else 0.0

    def value(self, chance: float) -> float:
        """Return the value that a non-match reaches with this probability, below that of the last quantile.

        Infinite where the sample is too small for a tail.
        """
        if not self.scale:
            return inf
        return self.values[-1] + self.scale * self.draws * expm1(log(self.survival[-1] / chance) / self.draws)


def fit_tail(sample: NDArray[np.floating], independent: int | None = None) -> Tail:
    """Learn the survival function of non-match values.

    Parameters
    ----------
    sample : ndarray, shape (n,)
        At least one value.
    independent : int, optional
        How many independent draws the sample is worth, by default its size.

    Returns
    -------
    tail : Tail
        Where the sample is too small or all equal, the smallest chance is that of one in the sample.
    """
    ordered = np.sort(np.asarray(sample, np.float64))
    n = len(ordered)
    peaks = max(PEAKS, int(PEAK_SHARE * n))
    if n < 2 * peaks or ordered[-peaks - 1] == ordered[-1]:
        return _sample_alone(ordered)
    survival = np.geomspace(1, peaks / n, LEVELS)
    quantiles = ordered[np.round((1 - survival) * n).astype(int) - (survival < 1)]
    scale = _censored_mean(ordered[-peaks:] - quantiles[-1])
    return Tail(quantiles.tolist(), survival.tolist(), scale, independent or n)


def _sample_alone(ordered: NDArray[np.float64]) -> Tail:
    """Count: a value beyond the whole sample is as likely as one in the sample and itself."""
    values, first = np.unique(ordered, return_index=True)
    n = len(ordered)
    beyond = np.nextafter(values[-1], np.inf)
    return Tail([*values.tolist(), float(beyond)], [*((n - first) / n).tolist(), 1 / (n + 1)], 0.0, n)


def _censored_mean(excesses: NDArray[np.float64]) -> float:
    """Mean of an exponential distribution, from ascending excesses of which the largest are known only as large."""
    n = len(excesses)
    uncensored = n - int(CENSORED * n)
    total = excesses[:uncensored].sum() + (n - uncensored) * excesses[uncensored - 1]
    return max(float(total / uncensored), 1e-9)

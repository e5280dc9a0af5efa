"""False-alarm probability: how often the best wrong place of a catalog scores as high as a match.

Recordings of one collection resemble each other, by their instruments, their chords and how they were made; so what
wrong places score is learned from the catalog. Windows of its own recordings are put to it, each recording left out in
turn: what is best then is wrong. The largest of many scores has Gumbel's distribution, whose location and the logarithm
of whose scale go with the logarithm of the window's length.

The tail is what counts, so samples below the middle only count as small; and some recordings of a collection do share
sound (other takes, loops), so the largest tenth only counts as large (doubly censored samples: A. C. Cohen, "Truncated
and censored samples", 1991).

A few recordings say little of how far wrong scores spread, and a long recording asks a thousand times, far out in the
tail. So a chance is the mean over all scales that the samples leave possible (the posterior predictive one, with
Laplace's approximation of the posterior): what is known from little is claimed cautiously.

Source: S. Coles, "An introduction to statistical modeling of extreme values", Springer 2001, theorem 3.1, chapter 6 and
section 9.1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import exp, log, sqrt

import numpy as np
from numpy.typing import NDArray

SHORTEST = 1.0
"""Seconds; shorter windows count as so long."""

USUAL_LENGTHS = (2.0, 5.0, 10.0)
"""Seconds of the windows that are put to a catalog."""

UNSURE = (1.5, 0.5, 0.4, 0.12)
"""Standard deviations of the parameters from catalog to catalog, about what is usual. Those of the scale are from four
catalogs of music that is made up and two of single notes: .3 at five seconds, .5 at ten."""

SMALL, LARGE = 0.5, 0.9
"""Quantiles of the samples below and above which they only count as small and as large."""

COPIES = 19.4
"""Distances of the lower quartile from the median, above it, from which a sample is no wrong place: the recording is in
the catalog twice. By Gumbel's distribution a wrong one is there once in a million."""

POSSIBLE = 15
"""Scales over which a chance is averaged (Gauss-Hermite quadrature)."""

STEP = 1e-3
"""By which parameters are moved to see how the likelihood bends."""

Surprise = Callable[[NDArray[np.float64]], float]
"""The negative logarithm of how likely parameters are, given samples."""


@dataclass(frozen=True, slots=True)
class FalseAlarmModel:
    """Distribution of the score of the best wrong place.

    Attributes
    ----------
    location, scale : (float, float)
        Of one second, and for each natural logarithm of seconds; of the scale, the logarithm. The defaults were fitted
        to songs that had nothing to do with each other.
    doubt : (float, float, float)
        Of the two parameters of the scale: variance of the first, covariance, variance of the second.
    """

    location: tuple[float, float] = (3.25, 0.5)
    scale: tuple[float, float] = (-1.05, 0.25)
    doubt: tuple[float, float, float] = (UNSURE[2] ** 2, 0.0, UNSURE[3] ** 2)

    def chance(self, score: float, seconds: float) -> float:
        """Return how often the best wrong place of a window of so many seconds scores so high."""
        longer = log(max(seconds, SHORTEST))
        first, both, second = self.doubt
        deviation = sqrt(max(first + 2 * longer * both + longer**2 * second, 0.0))
        at, weights = _possible()
        scales = np.exp(self.scale[0] + self.scale[1] * longer + deviation * at)
        standard = (score - self.location[0] - self.location[1] * longer) / scales
        return min(1.0, float(weights @ -np.expm1(-np.exp(np.minimum(-standard, 500.0)))))


@lru_cache(maxsize=1)
def _possible() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return places of a standard normal distribution, and their weights, whose sum is 1."""
    at, weights = np.polynomial.hermite_e.hermegauss(POSSIBLE)
    return at, weights / weights.sum()


@lru_cache(maxsize=8)
def fit_false_alarms(samples: tuple[tuple[float, float], ...]) -> FalseAlarmModel:
    """Fit the distribution to samples of a catalog, about what is usual: the most likely one after both.

    Parameters
    ----------
    samples : tuple of (float, float)
        Seconds of a window, and the score of the best wrong place.
    """
    from scipy.optimize import minimize

    if not samples:
        return FalseAlarmModel()
    usual = FalseAlarmModel()
    seconds, scores, side = _censored(np.array(samples, np.float64), usual)
    longer = np.log(np.maximum(seconds, SHORTEST))
    expected = np.array([*usual.location, *usual.scale])

    def surprise(parameters: NDArray[np.float64]) -> float:
        scale = parameters[2] + parameters[3] * longer
        standard = (scores - parameters[0] - parameters[1] * longer) / np.exp(scale)
        smaller = np.exp(np.minimum(-standard, 500.0))
        larger = -np.log(np.maximum(-np.expm1(-smaller), 1e-300))
        return float(np.choose(side + 1, (smaller, scale + standard + smaller, larger)).sum())

    def unlikely(parameters: NDArray[np.float64]) -> float:
        return float((((parameters - expected) / UNSURE) ** 2).sum() / 2)

    found = minimize(lambda p: surprise(p) + unlikely(p), expected, method="Nelder-Mead", options={"maxiter": 2000}).x
    spread = _spread(_bend(surprise, found))
    location, scale = (float(found[0]), float(found[1])), (float(found[2]), float(found[3]))
    return FalseAlarmModel(location, scale, (float(spread[2, 2]), float(spread[2, 3]), float(spread[3, 3])))


def _bend(surprise: Surprise, at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the second derivatives of a function, by central differences."""
    moves = STEP * np.eye(len(at))
    corners = [
        [surprise(at + a + b) - surprise(at + a - b) - surprise(at - a + b) + surprise(at - a - b) for b in moves]
        for a in moves
    ]
    return np.array(corners) / (4 * STEP**2)


def _spread(bend: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the covariance of the parameters after samples that bend the likelihood so.

    Along an axis where they do not bend it upwards they say nothing, and the usual deviation is left.
    """
    usual = np.outer(UNSURE, UNSURE)
    values, axes = np.linalg.eigh(bend * usual)
    return np.asarray((axes / (1 + np.maximum(values, 0.0))) @ axes.T * usual)


def _censored(
    samples: NDArray[np.float64], usual: FalseAlarmModel
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int_]]:
    """Return lengths and scores of the samples that are wrong places; -1 for so small or smaller, 1 for so large."""
    seconds, scores = samples.T
    usually = usual.location[1] * np.log(np.maximum(seconds, SHORTEST))
    level = scores - usually
    quartile, middle = np.quantile(level, (0.25, 0.5))
    wrong = level <= middle + COPIES * max(middle - quartile, exp(usual.scale[0]) / 2)
    small, large = np.quantile(level[wrong], (SMALL, LARGE))
    side = (level > large).astype(int) - (level < small)
    return seconds[wrong], (np.clip(level, small, large) + usually)[wrong], side[wrong]

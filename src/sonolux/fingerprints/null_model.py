"""Null model of a query: mean and covariance of what wrong places score in each part of it.

A clip may hold more than one sound: silence or hiss, and then the beginning of a song. Wrong places score more where
there is music than where there is none, and vary more, and what is the same for seconds (silence, a held chord) says
once what it seems to say many times. A place in a recording that begins inside the clip lies in some parts only, so
among places that cover all it would stand out, or vanish, for no other reason than that. So each place is compared with
what wrong places score in those parts that it lies in.

The parts of a place are correlated, for music of the same key and beat agrees a little everywhere: the variance of a
sum is that of its terms, and all their covariances (a random effect of the place).

Source: on variances of sums with random effects, S. R. Searle, G. Casella and C. E. McCulloch, "Variance components",
Wiley 1992, chapter 3.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

USUAL_WEIGHT = 10
"""Wrong places that what is expected counts for, where there are few."""

Values = NDArray[np.float64]


class PartScores(NamedTuple):
    """What places score in the parts of a query, each array (places, parts).

    Attributes
    ----------
    sums : ndarray of float64
        Of a part; 0 where a place does not lie in it.
    there : ndarray of float64
        1 where a place lies in a part, 0 where not.
    """

    sums: Values
    there: Values

    def of(self, places: NDArray[np.bool_] | NDArray[np.int64]) -> PartScores:
        """Return those of some places."""
        return PartScores(self.sums[places], self.there[places])


class NullModel(NamedTuple):
    """What a wrong place is expected to score: mean of each part, (parts,), and covariance of two, (parts, parts)."""

    mean: Values
    covariance: Values

    def expected(self, there: Values) -> Values:
        """Return the expected sum of each place, (places,)."""
        return there @ self.mean

    def deviation(self, there: Values) -> Values:
        """Return the standard deviation of the sum of each place, (places,)."""
        variance = ((there @ self.covariance) * there).sum(axis=1)
        # Covariances that are known from few places may undo one another: a quarter of what parts say alone is left.
        deviation: Values = np.sqrt(np.maximum(variance, (there @ np.diag(self.covariance)) / 4))
        return deviation


def fit_null_model(wrong: PartScores) -> NullModel:
    """Return the model of what wrong places score, given some of them."""
    count = wrong.there.sum(axis=0)
    overall = wrong.sums.sum() / max(count.sum(), 1.0)
    mean = (wrong.sums.sum(axis=0) + USUAL_WEIGHT * overall) / (count + USUAL_WEIGHT)
    apart = wrong.sums - wrong.there * mean
    usual = np.diag(np.full(len(mean), (apart**2).sum() / max(count.sum(), 1.0)))
    together = apart.T @ apart + USUAL_WEIGHT * usual
    return NullModel(mean, together / (wrong.there.T @ wrong.there + USUAL_WEIGHT))

"""What scores non-matches reach in a dense space, so that a hit can say how likely it is a chance match.

A null keeps a random sample of the space's descriptors, the references. Scores are turned into closeness, the
negative logarithm of distance: the share of items within a distance r falls as a power of r, the local intrinsic
dimension (Amsaleg et al. 2015, "Estimating local intrinsic dimensionality", KDD), so that closeness has an exponential
tail, where a cosine crowds against its bound of 1.

A query is compared with all references; two upper quantiles of its closeness say where the nearest non-matches lie and
how fast they thin out *around this query* (a Z-normalisation, as in speaker verification: Auckenthaler, Carey and
Lloyd-Thomas 2000, "Score normalization for text-independent speaker verification systems", Digital Signal Processing;
taken in the tail, because local intrinsic dimension differs from query to query). The shape of the tail, common to all
queries, is fitted once to the references among themselves (`tail`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.retrieval.similarity import similarities
from sonolux.retrieval.tail import Tail, fit_tail
from sonolux.types import Space

REFERENCES = 1000
"""Descriptors sampled from a space."""

CLOSEST = 1e-3
"""Distances below this are rounding: float32 cosines of equal vectors differ from 1 by some 1e-7."""

NEAREST = 0.98
"""Rank, among the references, of the near non-matches that set a query's scale; the other rank is 0.9."""

MATCHES = 3
"""References that may be matches of a query: in a small sample the ranks stay below them."""


@dataclass(frozen=True)
class Null:
    """References of a space and the tail of their scores.

    Attributes
    ----------
    space : Space
    references : ndarray, shape (m, dim) or (m, dim / 8) for packed codes
    tail : Tail
        Of standardised scores.
    """

    space: Space
    references: NDArray[Any]
    tail: Tail

    def chance(self, query: NDArray[Any], scores: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the probability that a random item scores as high, for each score.

        Parameters
        ----------
        query : ndarray, shape (dim,) or (dim / 8,)
        scores : ndarray, shape (k,)
            Of the hits of this query.
        """
        found = closeness(self.space, similarities(self.space, query[None], self.references))
        centre, spread = _location(found)
        return self.tail.chance((closeness(self.space, scores) - centre[0]) / spread[0])


def fit_null(space: Space, references: NDArray[Any], files: NDArray[Any]) -> Null:
    """Learn a null from random descriptors of a space.

    Parameters
    ----------
    space : Space
    references : ndarray, shape (m, dim)
        At least two.
    files : ndarray, shape (m,)
        The file of each: spans of one file are no pair of non-matches, and left out.
    """
    scores = closeness(space, similarities(space, references, references))
    strangers = files[:, None] != files[None, :]
    masked = np.where(strangers, scores, np.nan)
    alone = ~strangers.any(axis=1)
    masked, strangers = masked[~alone], strangers[~alone]
    if not len(masked):
        masked, strangers = scores, np.ones_like(scores, bool)
    centre, spread = _location(masked)
    standardised = (masked - centre[:, None]) / spread[:, None]
    return Null(space, references, fit_tail(standardised[strangers]))


def closeness(space: Space, scores: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the negative logarithm of the distances that scores stand for; dot products, which have none, stay."""
    scores = np.asarray(scores, np.float64)
    if space.metric == "dot":
        return scores
    distances = -scores if space.metric == "euclidean" else np.sqrt(np.maximum(2 - 2 * scores, 0))
    return -np.log(np.maximum(distances, CLOSEST))


def _location(found: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where the nearest non-matches of each row lie, and how they thin out towards it; NaN marks what is left out."""
    m = found.shape[1]
    high = max(min(NEAREST, 1 - MATCHES / m), 0.0)
    low = max(1 - 5 * (1 - high), 0.0)
    near, nearest = np.nanquantile(found, (low, high), axis=1)
    return near, np.maximum(nearest - near, 1e-6)

"""Background model: the scores of non-matches in a dense space, which give a hit its p-value.

It keeps a random sample of the space's descriptors, the references. Scores are turned into closeness, the negative
logarithm of distance: the share of items within a distance r falls as a power of r, the local intrinsic dimension
(Amsaleg et al. 2015, "Estimating local intrinsic dimensionality", KDD), so that closeness has an exponential tail,
where a cosine crowds against its bound of 1.

A query is compared with all references; two upper quantiles of its closeness are where the nearest non-matches lie and
how fast they thin out *around this query* (a Z-normalisation, as in speaker verification: Auckenthaler, Carey and
Lloyd-Thomas 2000, "Score normalization for text-independent speaker verification systems", Digital Signal Processing;
taken in the tail, because local intrinsic dimension differs from query to query). The shape of the tail, common to all
queries, is fitted once (`tail`), to other references than those that set the scale: a scale fits its own sample too
well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import exp, log
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sonolux.retrieval.similarity import ROUNDING, similarities
from sonolux.retrieval.tail import Tail, fit_tail
from sonolux.types import Metric, Space

REFERENCES = 1000
"""Descriptors sampled from a space."""

SCALING = 250
"""References that set the scale of a query, at most half of them: each question is compared with all of these."""

FEWEST = 4
"""Files from which something can be learned at all."""

CLOSEST = ROUNDING
"""Distances below this are one to the model."""

FLATTEST = 1e-6
"""Least spread of closeness: where all references are as far, none is."""

NEAREST = 0.98
"""Rank, among the references, of the near non-matches that set a query's scale; the other rank is 0.9."""

MATCHES = 3
"""References that may be matches of any one query: in a small sample the ranks stay below them."""


@dataclass(frozen=True)
class BackgroundModel:
    """References of a space and the tail of their scores.

    Attributes
    ----------
    space : Space
    references : ndarray, shape (m, dim) or (m, dim / 8) for packed codes
        Those that set the scale of a query.
    tail : Tail
        Of standardised scores.
    """

    space: Space
    references: NDArray[Any]
    tail: Tail

    def chance(self, query: NDArray[Any], scores: Sequence[float]) -> list[float]:
        """Return the probability that a random item scores as high, for each score.

        Parameters
        ----------
        query : ndarray, shape (dim,) or (dim / 8,)
        scores : sequence of float
            Of the hits of this query.
        """
        near, spread = self.scale(query)
        return self.tail.chances([(close - near) / spread for close in closeness_of(self.space.metric, scores)])

    def score(self, query: NDArray[Any], chance: float) -> float:
        """Return the score that a random item reaches with a small probability."""
        near, spread = self.scale(query)
        return _score(self.space.metric, near + spread * self.tail.value(chance))

    def scale(self, query: NDArray[Any]) -> tuple[float, float]:
        """Return the closeness of the near non-matches of a query, and how fast they thin out."""
        ordered = similarities(self.space, query[None], self.references)[0]
        ordered.sort()
        near, nearest = closeness_of(self.space.metric, [float(ordered[place]) for place in self._places])
        return near, max(nearest - near, FLATTEST)

    def to_arrays(self) -> dict[str, Any]:
        """Return what a file keeps of it."""
        tail = self.tail
        return {
            "references": self.references,
            "values": np.array(tail.values),
            "survival": np.array(tail.survival),
            "scale": tail.scale,
            "draws": tail.draws,
        }

    @classmethod
    def from_arrays(cls, space: Space, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Return what `to_arrays` gave; KeyError or ValueError for anything else."""
        references = checked_rows(space, arrays["references"])
        if not len(references):
            raise ValueError("a background model has references")
        if references.dtype == np.float16:
            references = references.astype(np.float32)
        values, survival = arrays["values"].tolist(), arrays["survival"].tolist()
        tail = Tail(values, survival, float(arrays["scale"]), float(arrays["draws"]))
        if not values or len(values) != len(survival) or not np.isfinite([tail.scale, tail.draws, *survival]).all():
            raise ValueError("a background model has a tail")
        return cls(space, references, tail)

    @cached_property
    def _places(self) -> list[int]:
        """Places, among the references in ascending order, of the two that set a query's scale."""
        last = len(self.references) - 1
        return [int(rank * last) for rank in _ranks(len(self.references))]


def checked_rows(space: Space, rows: NDArray[Any]) -> NDArray[Any]:
    """Return descriptors of a space, shape (m, dim) or (m, dim / 8); raise ValueError where they are none."""
    width, kinds = (space.dim // 8, "u") if space.kind == "binary" else (space.dim, "f")
    if rows.ndim != 2 or rows.shape[1] != width or rows.dtype.kind not in kinds or not np.isfinite(rows).all():
        raise ValueError(f"{rows.dtype} {rows.shape} are no descriptors of {space.name}")
    return rows


def fit_background(space: Space, references: NDArray[Any], files: NDArray[Any]) -> BackgroundModel:
    """Learn a background model from random descriptors of a space.

    Parameters
    ----------
    space : Space
    references : ndarray, shape (m, dim)
        At least four, of two files or more; the first ones set scales, the others the tail.
    files : ndarray, shape (m,)
        The file of each: spans of one file are no pair of non-matches, and of each file a few are enough.
    """
    kept = few_of_each(files)
    references, files = references[kept], files[kept]
    first = min(len(references) // 2, SCALING)
    found = closeness(space, similarities(space, references, references))
    strangers = files[:, None] != files[None, :]
    found[~strangers] = np.nan
    scaling, fitted = found[:, :first], found[:, first:]
    able = ~np.isnan(scaling).all(axis=1)
    near, nearest = np.nanquantile(scaling[able], _ranks(first), axis=1)[..., None]
    standardised = (fitted[able] - near) / np.maximum(nearest - near, FLATTEST)
    tail = fit_tail(standardised[strangers[able, first:]], len(references) - first)
    return BackgroundModel(space, references[:first], tail)


def closeness(space: Space, scores: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the negative logarithm of the distances that scores stand for; dot products, which have none, stay."""
    exact: NDArray[np.float64] = scores.astype(np.float64)
    if space.metric == "dot":
        return exact
    if space.metric == "euclidean":
        return np.asarray(-np.log(np.maximum(-exact, CLOSEST)))
    # The squared distance of two directions is 2 - 2 cosine.
    return np.asarray(-0.5 * np.log(np.maximum(2 - 2 * exact, CLOSEST**2)))


def closeness_of(metric: Metric, scores: Sequence[float]) -> Sequence[float]:
    """Return `closeness` of a few scores, in a third of the time."""
    if metric == "dot":
        return scores
    if metric == "euclidean":
        return [-log(max(-score, CLOSEST)) for score in scores]
    return [-0.5 * log(max(2 - 2 * score, CLOSEST**2)) for score in scores]


def _score(metric: Metric, close: float) -> float:
    """Turn closeness back."""
    if metric == "dot":
        return close
    distance = exp(-close)
    return -distance if metric == "euclidean" else 1 - distance**2 / 2


def few_of_each(files: NDArray[Any]) -> NDArray[np.intp]:
    """Indices of at most `MATCHES` references a file."""
    seen: Counter[Any] = Counter()
    kept = []
    for number, file in enumerate(files.tolist()):
        seen[file] += 1
        if seen[file] <= MATCHES:
            kept.append(number)
    return np.array(kept)


def _ranks(references: int) -> tuple[float, float]:
    """Ranks of the two quantiles that set a query's scale, below the few references that may match it."""
    high = max(min(NEAREST, 1 - MATCHES / references), 0.0)
    return max(1 - 5 * (1 - high), 0.0), high

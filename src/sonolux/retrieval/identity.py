"""Identity of descriptors: whether a hit is what was asked with, but for rounding and another decoder's last bits.

How many items lie within a distance r falls as a power of r, the local intrinsic dimension (see `background`), so a
distance of nearly nothing has a p-value of nearly nothing in a library of any size, be it one item: ``r ** 4`` at most,
for a space of five numbers or more whose items differ at all, with distances in terms of the usual one. Of a code, a
quarter of the bits counts as independent.

What is no evidence: a space where most items lie on one another (all zeros, or codes of a few classes). There nothing
is taken for the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.retrieval.background import CLOSEST, MATCHES
from sonolux.retrieval.tail import SMALLEST
from sonolux.types import Space

SAME = 0.01
"""Distance, in terms of the usual one, up to which descriptors are the same: another decoder's pixels, a level away in
a tenth of the places, move no descriptor of colours or of a network farther."""

FREEDOM = 4
"""Local intrinsic dimension at least, where a space has more numbers than that."""

BITS = 0.25
"""Share of the bits of a code that counts as independent."""

COMMON_LENGTH = 1e-3
"""Relative deviation of lengths up to which descriptors have one length."""


@dataclass(frozen=True)
class Identity:
    """What tells that two descriptors of a space are the same.

    Attributes
    ----------
    space : Space
    unit : float
        Usual distance of two items; 0 where it is not known. Of a space of dot products, the length that all
        descriptors have, 0 where their lengths differ: there no score says that two are the same.
    collapsed : bool
        Whether most items lie on one another.
    """

    space: Space
    unit: float
    collapsed: bool = False

    def chances(self, query: NDArray[Any], scores: Sequence[float]) -> list[float]:
        """Return an upper bound of the p-value of each score, 1 where a hit is not the same as the query.

        Parameters
        ----------
        query : ndarray, shape (dim,) or (dim / 8,)
        scores : sequence of float
        """
        if self.collapsed or not scores:
            return [1.0] * len(scores)
        if self.space.metric == "cosine" and 2 - 2 * max(scores) > SAME**2:
            return [1.0] * len(scores)  # nearly every question
        if self.space.kind == "binary":
            alike = 1 - 1 / self.space.dim
            certain = max(2.0 ** -(BITS * self.space.dim), SMALLEST)
            return [certain if score > alike else 1.0 for score in scores]
        exponent = min(self.space.dim - (self.space.metric != "euclidean"), FREEDOM)
        distances = self._distances(query, scores)
        return [max(r, CLOSEST) ** exponent if r <= SAME else 1.0 for r in distances]

    def _distances(self, query: NDArray[Any], scores: Sequence[float]) -> list[float]:
        """Return distances in terms of the usual one; for directions, which may be as far as 2, as they are."""
        if self.space.metric == "cosine":
            return [sqrt(max(2 - 2 * score, 0.0)) for score in scores]
        length = float(np.linalg.norm(query))
        if self.space.metric == "euclidean":
            unit = min(self.unit or length, length)
            return [-score / unit if unit else 1.0 for score in scores]
        if not self.unit or abs(length / self.unit - 1) > COMMON_LENGTH:
            return [1.0] * len(scores)
        return [sqrt(max(2 - 2 * score / (length * self.unit), 0.0)) for score in scores]


def learn_identity(
    space: Space, rows: NDArray[Any], distances: NDArray[np.floating], files: NDArray[Any], *, known: bool
) -> Identity:
    """Learn what is the same from a sample of a space.

    Parameters
    ----------
    space : Space
    rows : ndarray, shape (m, dim) or (m, dim / 8)
    distances : ndarray, shape (m, m)
    files : ndarray, shape (m,)
        The file of each row.
    known : bool
        Whether the space is known to tell things apart, whatever this sample holds.
    """
    strangers = files[:, None] != files[None, :]
    usual = float(np.median(distances[strangers])) if strangers.any() else 0.0
    twins = (strangers & (distances <= SAME * (usual if space.metric == "euclidean" else 1.0))).sum(axis=1)
    # A copy or two are in many libraries; where most items have more, or all others, for twins, the space is to blame.
    most = min(MATCHES, (len(set(files.tolist())) - 1) / 2)
    collapsed = bool(strangers.any() and np.median(twins) > most and not known)
    unit = _common_length(rows) if space.metric == "dot" else usual
    return Identity(space, unit, collapsed)


def _common_length(rows: NDArray[Any]) -> float:
    lengths = np.linalg.norm(rows, axis=1)
    alike = bool(lengths.size and np.ptp(lengths) <= COMMON_LENGTH * lengths.max())
    return float(lengths.mean()) if alike else 0.0

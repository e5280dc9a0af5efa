"""Similarity: scores between descriptors, the same as the index gives; higher is better.

Cosine and dot products as they are; a Euclidean distance ``e`` scores ``-e``; the Hamming distance ``h`` of two
``b``-bit codes scores ``1 - 2 h / b``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.types import Space

ROUNDING = 1e-3
"""Distance on the unit sphere that is none: float32 cosines of equal vectors differ from 1 by some 1e-7."""


def similarities(space: Space, queries: NDArray[Any], rows: NDArray[Any]) -> NDArray[np.float32]:
    """Score every query against every row of a dense space.

    Parameters
    ----------
    space : Space
        Says the metric; of kind float or binary.
    queries : ndarray, shape (m, dim) or (m, dim / 8) for packed codes
    rows : ndarray, shape (n, dim) or (n, dim / 8)

    Returns
    -------
    scores : ndarray of float32, shape (m, n)
    """
    if space.kind == "binary":
        signs = signed(queries, space.dim), signed(rows, space.dim)
        return (signs[0] @ signs[1].T) / np.float32(space.dim)
    if space.metric == "euclidean":
        squares = (queries**2).sum(1)[:, None] + (rows**2).sum(1)[None, :] - 2 * queries @ rows.T
        return np.asarray(-np.sqrt(np.maximum(squares, 0)), np.float32)
    return np.asarray(queries @ rows.T, np.float32)


def pairwise_distances(space: Space, rows: NDArray[Any]) -> NDArray[np.float64]:
    """Return how far the rows of a dense space lie from one another.

    Parameters
    ----------
    space : Space
    rows : ndarray, shape (n, dim) or (n, dim / 8)

    Returns
    -------
    distances : ndarray, shape (n, n)
        Euclidean ones; of directions and codes, those on the unit sphere, 2 at most.
    """
    if space.metric in ("euclidean", "dot"):
        # From their mean, for far from zero the squares would lose what is near.
        centred = rows.astype(np.float64) - (rows.mean(axis=0) if len(rows) else 0)
        lengths = (centred**2).sum(axis=1)
        return np.asarray(np.sqrt(np.maximum(lengths[:, None] + lengths[None, :] - 2 * centred @ centred.T, 0)))
    scores = similarities(space, rows, rows).astype(np.float64)
    distances = np.sqrt(np.maximum(2 - 2 * scores, 0))
    return np.asarray(np.where(distances < ROUNDING, 0, distances))


def signed(codes: NDArray[np.uint8], bits: int) -> NDArray[np.float32]:
    """Unpack codes of shape (n, bits / 8) into rows of -1 and +1, shape (n, bits)."""
    return np.unpackbits(codes, axis=1, count=bits).astype(np.float32) * 2 - 1

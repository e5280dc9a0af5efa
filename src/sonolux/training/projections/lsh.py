"""Locality-sensitive hashing: random hyperplanes through the mean.

Two inputs share a bit the likelier, the smaller the angle between them.

M. Charikar, "Similarity estimation techniques from rounding algorithms", STOC 2002.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sonolux.models.projection import Projection
from sonolux.training.projections.pca import projection


def fit_lsh(rows: NDArray[np.float32], bits: int, seed: int) -> Projection:
    """Return a projection (n, d) to `bits` numbers, whose signs say on which side of each hyperplane an input lies."""
    normals = np.random.default_rng(seed).standard_normal((rows.shape[1], bits))
    return projection(rows.mean(axis=0, dtype=np.float64), normals)

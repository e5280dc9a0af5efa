"""Iterative quantisation: principal components, turned so that they lie close to the corners of a cube.

Signs of principal components are poor bits: the first carry most and are cut no finer than the last. A rotation
spreads the variance over all bits, and is improved by turns with the bits themselves.

Y. Gong and S. Lazebnik, "Iterative quantization: a procrustean approach to learning binary codes", CVPR 2011.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import TrainingError
from sonolux.models.projection import Projection
from sonolux.training.projections.pca import principal_axes, projection

TURNS = 50
"""Iterations, as published."""


def fit_itq(rows: NDArray[np.float32], bits: int, seed: int) -> Projection:
    """Return the projection (n, d) to `bits` numbers whose signs are the code.

    Raises
    ------
    TrainingError
        Where the inputs vary in fewer directions than there are bits.
    """
    mean, axes, _ = principal_axes(rows, bits)
    if axes.shape[1] < bits:
        raise TrainingError(f"itq: {len(rows)} inputs of {rows.shape[1]} numbers give at most {axes.shape[1]} bits")
    coordinates = ((rows - mean) @ axes).astype(np.float32)
    return projection(mean, axes @ rotation(coordinates, seed))


def rotation(coordinates: NDArray[np.float32], seed: int) -> NDArray[np.float64]:
    """Return the orthogonal matrix (bits, bits) that takes coordinates (n, bits) near to their signs."""
    bits = coordinates.shape[1]
    turned, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((bits, bits)))
    for _ in range(TURNS):
        signs = np.where(coordinates @ turned.astype(np.float32) > 0, np.float32(1), np.float32(-1))
        # The orthogonal Procrustes problem: the nearest rotation of the coordinates onto their bits.
        left, _, right = np.linalg.svd((coordinates.T @ signs).astype(np.float64))
        turned = left @ right
    return np.asarray(turned)

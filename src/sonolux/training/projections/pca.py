"""Principal components; of aligned images, the eigen-images (of faces, eigenfaces).

M. Turk and A. Pentland, "Eigenfaces for recognition", Journal of Cognitive Neuroscience 3(1), 1991.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from sonolux.errors import TrainingError
from sonolux.models.projection import Projection

SMALLEST = 1e-6
"""Variances below this share of the largest are rounding, and are not made large by whitening."""

SAME = 1e-10
"""Largest variance, as a share of the mean square of the inputs, of inputs that are all the same."""


def fit_pca(rows: NDArray[np.float32], outputs: int, *, whiten: bool = False) -> Projection:
    """Return the projection on the directions of largest variance, largest first.

    Parameters
    ----------
    rows : ndarray, shape (n, d)
    outputs : int
        At most n - 1 and d; fewer are used where there are fewer.
    whiten : bool
        Whether every coordinate is scaled to variance 1.
    """
    mean, axes, variances = principal_axes(rows, outputs)
    scale = 1 / np.sqrt(np.maximum(variances, SMALLEST * variances[0])) if whiten else np.ones_like(variances)
    return projection(mean, axes * scale)


def principal_axes(
    rows: NDArray[np.float32], most: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return mean (d,), the first principal axes as columns (d, k), and their variances (k,), largest first.

    Whichever is smaller is decomposed, the covariance of the inputs or the products of the rows.

    Raises
    ------
    TrainingError
        Where all rows are the same.
    """
    mean = rows.mean(axis=0, dtype=np.float64)
    centred = (rows - mean).astype(np.float32)
    n, d = centred.shape
    k = min(most, n - 1, d)
    if d <= n:
        variances, axes = np.linalg.eigh((centred.T @ centred).astype(np.float64) / n)
        _check_varied(variances, rows)
        return mean, axes[:, ::-1][:, :k], variances[::-1][:k]
    variances, weights = np.linalg.eigh((centred @ centred.T).astype(np.float64) / n)
    _check_varied(variances, rows)
    variances, weights = variances[::-1][:k], weights[:, ::-1][:, :k]
    axes = centred.T.astype(np.float64) @ weights
    return mean, axes / np.linalg.norm(axes, axis=0), variances


def _check_varied(variances: NDArray[np.float64], rows: NDArray[np.float32]) -> None:
    if not variances.max() > SAME * max(float(np.square(rows, dtype=np.float64).mean()), 1e-30):
        raise TrainingError(f"all {len(rows)} inputs to learn from are the same: there is nothing to tell apart")


def projection(mean: NDArray[np.floating], matrix: NDArray[np.floating]) -> Projection:
    """Return the network of a mean (d,) and directions (d, k)."""
    made = Projection(*matrix.shape)
    made.mean.copy_(torch.from_numpy(np.asarray(mean, np.float32)))
    made.matrix.copy_(torch.from_numpy(np.ascontiguousarray(matrix, np.float32)))
    return made

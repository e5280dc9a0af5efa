"""Canonical correlation analysis, regularised: the directions of two views in which they agree most.

H. Hotelling, "Relations between two sets of variates", Biometrika 1936; with a ridge on the covariance of each view,
without which fewer items than numbers agree perfectly and say nothing: H. D. Vinod, "Canonical ridge and econometrics
of joint production", Journal of Econometrics 1976.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class CanonicalDirections:
    """What two views have in common.

    Attributes
    ----------
    first_mean, second_mean : ndarray, shape (p,) and (q,)
    first, second : ndarray, shape (p, d) and (q, d)
        A direction a column, the most correlated first.
    correlations : ndarray, shape (d,)
        Canonical correlations under the ridge, in [0, 1], falling.
    """

    first_mean: NDArray[np.float64]
    second_mean: NDArray[np.float64]
    first: NDArray[np.float64]
    second: NDArray[np.float64]
    correlations: NDArray[np.float64]


def fit_cca(
    first: NDArray[np.floating],
    second: NDArray[np.floating],
    owners: NDArray[np.integer],
    ridges: tuple[float, float],
    dim: int,
) -> CanonicalDirections:
    """Find the directions in which items agree with what belongs to each of them.

    Parameters
    ----------
    first : ndarray, shape (n, p)
        Items in the first view.
    second : ndarray, shape (m, q)
        In the second view; several rows may belong to an item, and share its weight, so that each counts the same.
    owners : ndarray of int, shape (m,)
        Row of `first` that each belongs to; each has at least one.
    ridges : (float, float)
        Added to the variances of each view, in units of their mean over the directions that vary.
    dim : int
        Directions, at most; there are no more than in which both views vary.
    """
    counts = np.bincount(owners, minlength=len(first))
    weights = 1 / counts[owners]
    first_mean = first.mean(axis=0, dtype=np.float64)
    second_mean = weights @ second / len(first)
    centred, others = first - first_mean, second - second_mean
    totals = np.zeros((len(first), second.shape[1]))
    np.add.at(totals, owners, others * weights[:, None])
    whitened = [
        _whitening(centred, ridges[0]),
        _whitening(others * np.sqrt(weights)[:, None], ridges[1]),
    ]
    left, correlations, right = np.linalg.svd((centred @ whitened[0]).T @ (totals @ whitened[1]), full_matrices=False)
    kept = min(dim, len(correlations))
    return CanonicalDirections(
        first_mean, second_mean, whitened[0] @ left[:, :kept], whitened[1] @ right[:kept].T, correlations[:kept]
    )


def _whitening(rows: NDArray[np.float64], ridge: float) -> NDArray[np.float64]:
    """Return the map after which rows vary by 1 in every direction but for the ridge, (numbers, directions)."""
    _, spread, axes = np.linalg.svd(rows, full_matrices=False)
    varies = spread > spread.max() * max(rows.shape) * np.finfo(np.float64).eps
    power = spread[varies] ** 2
    whitening: NDArray[np.float64] = axes[varies].T / np.sqrt(power + ridge * power.mean())
    return whitening

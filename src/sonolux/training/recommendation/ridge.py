"""Ridge regression from content to factors, weighted by item, with a constant that is not shrunk.

A. Hoerl and R. Kennard, "Ridge regression: biased estimation for nonorthogonal problems", Technometrics 1970; as the
linear baseline of A. van den Oord, S. Dieleman and B. Schrauwen, "Deep content-based music recommendation", NeurIPS
2013. How much to shrink is found by cross-validation: by how far the scores of users miss, not by single factors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RIDGES = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
"""Among which cross-validation chooses, in units of the mean squared length of what is regressed on."""

FOLDS = 5


@dataclass(frozen=True, slots=True)
class AffineMap:
    """``rows @ matrix + offset``: matrix (p, d), offset (d,)."""

    matrix: NDArray[np.float64]
    offset: NDArray[np.float64]

    def __call__(self, rows: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return what rows (n, p) are mapped to, (n, d)."""
        mapped: NDArray[np.float64] = rows @ self.matrix + self.offset
        return mapped


def fit_ridge(
    rows: NDArray[np.floating], factors: NDArray[np.floating], weights: NDArray[np.floating], ridge: float
) -> AffineMap:
    """Return the map of least weighted squared error plus the ridge.

    Parameters
    ----------
    rows : ndarray, shape (n, p)
    factors : ndarray, shape (n, d)
    weights : ndarray, shape (n,)
        Of items; only their proportions matter.
    ridge : float
        In units of the mean squared distance of `rows` from their mean.
    """
    shares = weights / weights.sum()
    mean, middle = shares @ rows, shares @ factors
    centred, wanted = rows - mean, factors - middle
    left = (centred.T * shares) @ centred
    left += ridge * max(float(np.trace(left)), 1e-12) / len(rows) * np.eye(len(left))
    matrix = np.linalg.solve(left, (centred.T * shares) @ wanted)
    return AffineMap(matrix, middle - mean @ matrix)


def choose_ridge(
    rows: NDArray[np.floating],
    factors: NDArray[np.floating],
    weights: NDArray[np.floating],
    users: NDArray[np.floating],
    seed: int,
) -> float:
    """Return the ridge under which the scores of items that the map was not fitted to miss least.

    Parameters
    ----------
    rows, factors, weights
        As in `fit_ridge`.
    users : ndarray, shape (m, d)
        An error e of an item costs ``|users @ e|**2``.
    seed : int
    """
    gram = users.T.astype(np.float64) @ users
    order = np.random.default_rng(seed).permutation(len(rows))
    costs = np.zeros(len(RIDGES))
    for fold in range(FOLDS):
        judged = order[fold::FOLDS]
        learned = np.setdiff1d(order, judged)
        for place, ridge in enumerate(RIDGES):
            misses = fit_ridge(rows[learned], factors[learned], weights[learned], ridge)(rows[judged]) - factors[judged]
            costs[place] += float(weights[judged] @ np.einsum("nd,de,ne->n", misses, gram, misses))
    return RIDGES[int(costs.argmin())]

"""Metric learning to rank: a linear map after which what is played alike lies near.

Items are asked for by each other: of a query, those that share its listeners are to lie nearer than all others. The
pairs that are in the wrong order, or by less than the margin, are the ranking that the constraints of a structural
support vector machine violate most under the area under the ROC curve, and the metric moves along their subgradient,
back among the positive semidefinite ones after each step.

B. McFee and G. Lanckriet, "Metric learning to rank", ICML 2010 (MLR-AUC), solved by projected subgradients, and not by
cutting planes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MARGIN = 0.5
"""By which a similar item has to be nearer, where squared distances are 1 on average before."""

QUERIES = 400
"""Items that ask, at most, evenly among all; every item can be an answer."""


def learn_metric(
    rows: NDArray[np.floating], similar: NDArray[np.bool_], slack: float, rounds: int
) -> NDArray[np.float64]:
    """Return a map (p, q) after which similar items are near by squared distance, q at most p.

    Parameters
    ----------
    rows : ndarray, shape (n, p)
    similar : ndarray of bool, shape (n, n)
        Which items are relevant to each, itself left out.
    slack : float
        What an error costs beside the trace of the metric: C of the support vector machine.
    rounds : int
        Steps, each shorter than the one before.
    """
    spread = np.maximum(rows.std(axis=0), 1e-12)
    whole = np.sqrt(2 * (spread**2).sum())
    # Coordinates vary alike while learning, and distances are at first those of the rows.
    standard, metric = (rows - rows.mean(axis=0)) / spread, np.diag((spread / whole) ** 2)
    best = np.inf, metric
    asked = np.zeros(len(rows), bool)
    asked[np.linspace(0, len(rows) - 1, min(len(rows), QUERIES)).round().astype(int)] = True
    similar = similar & asked[:, None]
    for number in range(1, rounds + 1):
        loss, gradient = _violations(standard, similar, metric)
        cost = np.trace(metric) + slack * loss
        if cost < best[0]:
            best = cost, metric
        step = np.eye(len(metric)) + slack * gradient
        size = np.linalg.norm(metric) / np.linalg.norm(step) / np.sqrt(number)
        metric = _nearest_semidefinite(metric - size * step)
    values, vectors = np.linalg.eigh(best[1])
    kept = values > 1e-6 * max(values.max(), 1e-12)
    mapped: NDArray[np.float64] = vectors[:, kept] * np.sqrt(values[kept]) / spread[:, None]
    return mapped


def _violations(
    rows: NDArray[np.float64], similar: NDArray[np.bool_], metric: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    """Return the mean hinge loss of all pairs of a similar and another item, and its gradient, (p, p)."""
    mapped = rows @ metric
    squares = np.einsum("np,np->n", mapped, rows)
    distances = squares[:, None] + squares - 2 * mapped @ rows.T
    signs = np.zeros_like(distances)
    loss, asked = 0.0, 0
    for query, right in enumerate(similar):
        wrong = ~right
        wrong[query] = False
        if not right.any() or not wrong.any():
            continue
        near, far = np.sort(distances[query, right]), np.sort(distances[query, wrong])
        pairs, asked = len(near) * len(far), asked + 1
        # How many others are nearer than each similar item and the margin, and the other way round.
        closer = np.searchsorted(far, distances[query, right] + MARGIN)
        farther = len(near) - np.searchsorted(near, distances[query, wrong] - MARGIN, side="right")
        signs[query, right], signs[query, wrong] = closer / pairs, -farther / pairs
        total = (closer * (distances[query, right] + MARGIN)).sum() - (farther * distances[query, wrong]).sum()
        loss += total / pairs
    signs /= max(asked, 1)
    both = signs + signs.T
    gradient = rows.T @ (both.sum(axis=1)[:, None] * rows - both @ rows)
    return loss / max(asked, 1), gradient


def _nearest_semidefinite(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    nearest: NDArray[np.float64] = (vectors * np.maximum(values, 0)) @ vectors.T
    return nearest

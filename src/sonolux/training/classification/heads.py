"""Linear heads: classifiers on descriptors that are there already, fitted in a moment.

Discriminant analysis, its covariance shared by the classes and shrunk (J. H. Friedman, "Regularized discriminant
analysis", JASA 1989), and multinomial logistic regression. Rows are prepared first: square roots of length 1 where they
are averages of what a network saw, columns of mean 0 and deviation 1 elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sonolux.checkpoints.familiarity import SMALLEST, ClassSpread, Familiarity

ExactRows = NDArray[np.float64]

ITERATIONS = 500

NEVER = -1e4
"""Score of a class of which a part of the items has none."""


@dataclass(frozen=True, slots=True)
class HeadCandidate:
    """What might be the model.

    Attributes
    ----------
    source : str
        Encoder whose descriptors are classified, as `sonolux.encoders.resolve` takes it.
    head : str
        ``"discriminant"`` or ``"logistic"``.
    strength : float
        Shrinkage of a discriminant, C of a logistic regression.
    mirrored : bool
        Whether mirror images are learned from as well.
    """

    source: str
    head: str
    strength: float
    mirrored: bool = False

    def __str__(self) -> str:
        kind = "discriminant analysis" if self.head == "discriminant" else "logistic regression"
        return f"{self.source}, {kind} {self.strength:g}{', mirrored too' if self.mirrored else ''}"


@dataclass(frozen=True, slots=True)
class Preparation:
    """How rows are prepared: ``(rows - mean) / deviation``, after roots and unit length where `rooted`."""

    rooted: bool
    mean: ExactRows
    deviation: ExactRows

    @classmethod
    def of(cls, rows: NDArray[np.floating], *, rooted: bool) -> Self:
        """Return that of rows that are learned from."""
        width = rows.shape[1]
        if rooted:
            return cls(True, np.zeros(width), np.ones(width))
        return cls(False, rows.mean(axis=0, dtype=np.float64), np.maximum(rows.std(axis=0, dtype=np.float64), 1e-6))

    def __call__(self, rows: NDArray[np.floating]) -> ExactRows:
        """Return rows (n, dim), prepared."""
        exact = np.asarray(rows, np.float64)
        if self.rooted:
            exact = np.sign(exact) * np.sqrt(np.abs(exact))
            exact /= np.maximum(np.linalg.norm(exact, axis=1, keepdims=True), 1e-12)
        prepared: ExactRows = (exact - self.mean) / self.deviation
        return prepared


@dataclass(frozen=True, slots=True)
class LinearHead:
    """Scores ``rows @ weights + bias``, weights (dim, classes)."""

    weights: ExactRows
    bias: ExactRows

    def scores(self, rows: ExactRows) -> ExactRows:
        """Return the score of each class, (n, classes)."""
        found: ExactRows = rows @ self.weights + self.bias
        return found


class HeadFitter:
    """Fits heads to the same prepared rows; what several of them need is computed once.

    Parameters
    ----------
    rows : ndarray of float, shape (n, dim)
    labels : ndarray of int, shape (n,)
    classes : int
        A class without a row is never named.
    balanced : bool
        Whether every class counts the same.
    """

    def __init__(self, rows: ExactRows, labels: NDArray[np.integer], classes: int, *, balanced: bool) -> None:
        self.rows, self.classes, self.balanced = rows, classes, balanced
        self.present, self.labels = np.unique(labels, return_inverse=True)
        self.middle = rows.mean(axis=0)

    def fit(self, candidate: HeadCandidate) -> LinearHead:
        """Return the head of a candidate."""
        if len(self.present) == 1:
            weights, bias = np.zeros((self.rows.shape[1], 1)), np.zeros(1)
        elif candidate.head == "discriminant":
            weights, bias = self._discriminant(candidate.strength)
        else:
            weights, bias = self._logistic(candidate.strength)
        head = LinearHead(np.zeros((self.rows.shape[1], self.classes)), np.full(self.classes, NEVER))
        head.weights[:, self.present] = weights
        head.bias[self.present] = bias
        return head

    @cached_property
    def _spread(self) -> ClassSpread:
        return ClassSpread.of(self.rows - self.middle, self.labels)

    def _discriminant(self, shrinkage: float) -> tuple[ExactRows, ExactRows]:
        learned = Familiarity.shrunk(self._spread, shrinkage)
        axes, means = learned.axes.astype(np.float64), learned.means.astype(np.float64)
        along = means @ axes.T
        weights = (along / learned.variances) @ axes + (means - along @ axes) / learned.rest
        bias = -0.5 * (weights * means).sum(axis=1) - weights @ self.middle
        if not self.balanced:
            bias += np.log(np.bincount(self.labels) / len(self.labels))
        return weights.T, bias

    def _logistic(self, fit: float) -> tuple[ExactRows, ExactRows]:
        from sklearn.linear_model import LogisticRegression

        centred = self.rows - self.middle
        length = float(np.linalg.norm(self.rows, axis=1).mean()) or 1.0
        span = _span(centred)
        model = LogisticRegression(C=fit, max_iter=ITERATIONS, class_weight="balanced" if self.balanced else None)
        model.fit(centred @ span.T / length, self.labels)
        weights, bias = model.coef_ @ span / length, model.intercept_
        if len(weights) == 1:  # of two classes there is one score, that of the second
            weights, bias = np.concatenate([-weights, weights]) / 2, np.concatenate([-bias, bias]) / 2
        return weights.T, bias - weights @ self.middle


def _span(centred: ExactRows) -> ExactRows:
    """Return orthonormal directions (k, dim): of fewer rows than columns nothing but their span matters."""
    if len(centred) >= centred.shape[1]:
        return np.eye(centred.shape[1])
    values, vectors = np.linalg.eigh(centred @ centred.T)
    kept = values > max(SMALLEST * float(values[-1]), 1e-24)
    found: ExactRows = (vectors[:, kept] / np.sqrt(values[kept])).T @ centred
    return found if len(found) else np.eye(1, centred.shape[1])

"""Targets of learning from content: factors of items, who played them, and how much each item counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sonolux.training.recommendation.factorisation import Factors

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


@dataclass(frozen=True, slots=True)
class Targets:
    """What content is to predict.

    Attributes
    ----------
    factors : Factors
        Of users (m, d) and of the items learned from (n, d).
    confidences : sparse matrix, shape (m, n)
        See `sonolux.training.recommendation.factorisation.confidences_of`; 0 for what is not played.
    """

    factors: Factors
    confidences: csr_matrix

    def __len__(self) -> int:
        return len(self.factors.items)

    def subset(self, rows: NDArray[np.integer]) -> Targets:
        """Return those of some of the items."""
        return Targets(Factors(self.factors.users, self.factors.items[rows]), self.confidences[:, rows])

    @property
    def weights(self) -> NDArray[np.float64]:
        """How much each item counts, (n,): the logarithm of one more than its listeners, for they tell its factors."""
        listeners = np.asarray((self.confidences > 0).sum(axis=0)).ravel()
        weights: NDArray[np.float64] = np.log1p(listeners) + 0.1
        return weights

    def similar(self, count: int) -> NDArray[np.bool_]:
        """Return which `count` other items have the most alike factors by cosine, bool (n, n)."""
        items = self.factors.items / np.maximum(np.linalg.norm(self.factors.items, axis=1, keepdims=True), 1e-12)
        cosines = items @ items.T
        np.fill_diagonal(cosines, -np.inf)
        nearest = np.argpartition(-cosines, count, axis=1)[:, :count]
        found = np.zeros(cosines.shape, bool)
        np.put_along_axis(found, nearest, True, axis=1)
        return found

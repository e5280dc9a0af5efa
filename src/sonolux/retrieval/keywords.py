"""Background model of keywords: p-values of a sparse match, terms taken as independent.

A term's probability is its share of a random sample of texts. The score of a random text is then a sum of
independent terms, each worth its inverse document frequency with its probability, and the chance of a hit is the
probability that this sum reaches what the hit's own terms are worth. The independence assumption is that of the
binary independence model (Robertson and Spärck Jones 1976, "Relevance weighting of search terms", JASIS).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

STEPS = 1024
"""Resolution of the score axis."""


@dataclass(frozen=True)
class KeywordBackground:
    """Random texts of a sparse space.

    Attributes
    ----------
    references : csr_array, shape (m, dim)
    """

    references: csr_array

    def chance(self, query: csr_array, found: csr_array) -> tuple[list[float], list[bool]]:
        """Judge hits by the query terms that they hold.

        Parameters
        ----------
        query : csr_array, shape (1, dim)
        found : csr_array, shape (k, dim)
            Descriptors of the hits.

        Returns
        -------
        chance : list of float
            Probability that a random text is worth as much, for each hit.
        complete : list of bool
            Whether each hit holds every term of the query.
        """
        terms = np.unique(query.indices)
        probability = (_frequency(self.references, terms) + 0.5) / (self.references.shape[0] + 1)
        worth = np.log1p((1 - probability) / probability)
        steps = np.floor(worth / worth.sum() * (STEPS - 1)).astype(int)
        held = np.stack([np.isin(terms, _row(found, i)) for i in range(found.shape[0])])
        chance: list[float] = _survival(probability, steps)[held @ steps].tolist()
        return chance, [bool(row.all()) for row in held]


def _row(matrix: csr_array, i: int) -> NDArray[np.integer]:
    return np.asarray(matrix.indices[matrix.indptr[i] : matrix.indptr[i + 1]])


def _frequency(texts: csr_array, terms: NDArray[np.integer]) -> NDArray[np.float64]:
    present = texts.indices[np.isin(texts.indices, terms)]
    return np.array([(present == term).sum() for term in terms], np.float64)


def _survival(probability: NDArray[np.float64], steps: NDArray[np.integer]) -> NDArray[np.float64]:
    """P(sum of the steps of independent terms >= step), for each step of the score axis."""
    density = np.zeros(STEPS)
    density[0] = 1.0
    for p, step in zip(probability, steps, strict=True):
        shifted = np.concatenate([np.zeros(step), density[: STEPS - step]])
        density = (1 - p) * density + p * shifted
    return np.asarray(np.minimum(density[::-1].cumsum()[::-1], 1.0))

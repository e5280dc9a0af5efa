"""Background model of keywords: p-values of a sparse match, terms taken as independent in texts of one length.

A term's probability in a text follows from the text's length (how many terms it has) and the term's rate, which is such
that a random sample of texts holds the term as often as it does. The score of a random text is then a sum of
independent terms, each worth its inverse document frequency with its probability, and the chance of a hit is the
probability that this sum reaches what the hit's own terms are worth, averaged over the lengths of the sample. The
independence assumption is that of the binary independence model (Robertson and Spärck Jones 1976, "Relevance weighting
of search terms", JASIS), the rates are those of the Poisson model (Harter 1975, "A probabilistic approach to automatic
keyword indexing", JASIS): among names of files, of a few words, any passage would else be a find for any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

STEPS = 1024
"""Resolution of the score axis."""

LENGTHS = 8
"""Groups of texts of about one length."""

NEWTON_STEPS = 12
"""Towards the rates of terms; they come from below, and never pass it."""


@dataclass(frozen=True)
class KeywordBackground:
    """Random texts of a sparse space.

    Attributes
    ----------
    references : csr_array, shape (m, dim)
    """

    references: csr_array

    @property
    def silent(self) -> bool:
        """Whether it knows no text."""
        return not self.references.shape[0]

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
        counts, lengths = self._lengths
        by_length = _probabilities(probability, counts, lengths)
        steps = np.floor(worth / worth.sum() * (STEPS - 1)).astype(int)
        held = np.stack([np.isin(terms, _row(found, i)) for i in range(found.shape[0])])
        survival = counts / counts.sum() @ _survival(by_length, steps)
        return survival[held @ steps].tolist(), [bool(row.all()) for row in held]

    @cached_property
    def _lengths(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """How many references are in each group, and how many terms they have in the mean."""
        groups = np.array_split(np.sort(np.diff(self.references.indptr)), min(LENGTHS, self.references.shape[0]))
        return np.array([len(group) for group in groups], float), np.array([group.mean() for group in groups])


def _row(matrix: csr_array, i: int) -> NDArray[np.integer]:
    return np.asarray(matrix.indices[matrix.indptr[i] : matrix.indptr[i + 1]])


def _frequency(texts: csr_array, terms: NDArray[np.integer]) -> NDArray[np.float64]:
    present = texts.indices[np.isin(texts.indices, terms)]
    return np.array([(present == term).sum() for term in terms], np.float64)


def _probabilities(
    probability: NDArray[np.float64], counts: NDArray[np.float64], lengths: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the probability (lengths, terms) of each term in texts of each length, by Newton's method.

    Occurrences are taken as a Poisson process: a text of length ``l`` holds a term of rate ``r`` with the probability
    ``1 - exp(-r l)``, and the mean of that over all texts is the probability given.
    """
    share = (counts / counts.sum())[:, None]
    length = np.maximum(lengths, 1e-9)[:, None]
    rate = probability / (share * length).sum(axis=0)
    for _ in range(NEWTON_STEPS):
        absent = share * np.exp(-rate * length)
        rate = rate + (probability - 1 + absent.sum(axis=0)) / np.maximum((absent * length).sum(axis=0), 1e-12)
    return np.asarray(-np.expm1(-rate * length))


def _survival(probability: NDArray[np.float64], steps: NDArray[np.integer]) -> NDArray[np.float64]:
    """P(sum of the steps of independent terms >= step) (lengths, steps), for each length and step of the score axis."""
    density = np.zeros((len(probability), STEPS))
    density[:, 0] = 1.0
    for p, step in zip(probability.T[..., None], steps, strict=True):
        held = p * density[:, : STEPS - step]
        density = (1 - p) * density
        density[:, step:] += held
    return np.asarray(np.minimum(density[:, ::-1].cumsum(axis=1)[:, ::-1], 1.0))

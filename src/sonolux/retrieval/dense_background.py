"""Background of a dense space: its own background model, or, while it is small, a borrowed one beside its own items.

A hit of a small library is judged twice. The borrowed model says how rarely media at large come so near. The items of
the library itself say where *they* lie around this query: for those that chance brings near, the logarithms of
successive distances differ by independent exponential variables, at a rate that is the local intrinsic dimension
(Rényi 1953, "On the theory of order statistics", Acta Mathematica Academiae Scientiarum Hungaricae), which is borrowed
too. So a hit must stand out among both: in a folder where all pictures are of one kind, all come nearer than media at
large, and none stands out. The larger p-value counts. Towards `ENOUGH` files the library's own model takes over,
step by step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sonolux.retrieval.background import FEWEST, FLATTEST, MATCHES, BackgroundModel, closeness_of, fit_background
from sonolux.retrieval.borrowed import BorrowedBackground
from sonolux.retrieval.identity import Identity, learn_identity
from sonolux.retrieval.similarity import pairwise_distances, similarities
from sonolux.retrieval.tail import SMALLEST
from sonolux.retrieval.thinning import one_of_each_cluster
from sonolux.types import Space

ENOUGH = 100
"""Files, no likes of one another, from which a library's own background model decides alone."""


@dataclass(frozen=True)
class DenseBackground:
    """Gives the hits of a dense space their p-values.

    Attributes
    ----------
    identity : Identity
    references : ndarray, shape (m, dim) or (m, dim / 8)
        Descriptors of the library, one of each cluster of likes, from no more than `ENOUGH` files.
    files : int
        How many files these are from.
    own : BackgroundModel or None
        None where the library has fewer than `FEWEST` files that are no likes.
    borrowed : BorrowedBackground or None
        None where the library has enough files, or none comes with Sonolux.
    """

    identity: Identity
    references: NDArray[Any]
    files: int
    own: BackgroundModel | None
    borrowed: BorrowedBackground | None = None

    def chance(self, query: NDArray[Any], scores: Sequence[float]) -> list[float]:
        """Return the probability that a random item scores as high, for each score.

        It is 1 for all but what is the same as the query where there is neither a model of the library's own nor a
        borrowed one.

        Parameters
        ----------
        query : ndarray, shape (dim,) or (dim / 8,)
        scores : sequence of float
            Of the hits of this query.
        """
        chances = [1.0] * len(scores) if self.own is None else self.own.chance(query, scores)
        if self.borrowed is not None:
            small = self._among_few(self.borrowed, query, scores)
            share = max(0.0, (self.files - FEWEST) / (ENOUGH - FEWEST))
            chances = [own**share * few ** (1 - share) for own, few in zip(chances, small, strict=True)]
        return list(map(min, chances, self.identity.chances(query, scores)))

    def to_arrays(self) -> dict[str, Any]:
        """Return what a file keeps of it; what is borrowed is not."""
        own = {} if self.own is None else {f"own_{name}": array for name, array in self.own.to_arrays().items()}
        same = {"unit": self.identity.unit, "collapsed": self.identity.collapsed}
        return {**same, "few": self.references, "files": self.files, **own}

    @classmethod
    def from_arrays(cls, space: Space, arrays: Mapping[str, NDArray[Any]], borrowed: BorrowedBackground | None) -> Self:
        """Return what `to_arrays` gave; KeyError or ValueError for anything else."""
        held = {name.removeprefix("own_"): arrays[name] for name in arrays if name.startswith("own_")}
        own = BackgroundModel.from_arrays(space, held) if held else None
        files = int(arrays["files"])
        identity = Identity(space, float(arrays["unit"]), bool(arrays["collapsed"]))
        return cls(identity, arrays["few"], files, own, borrowed if files < ENOUGH else None)

    def _among_few(self, borrowed: BorrowedBackground, query: NDArray[Any], scores: Sequence[float]) -> list[float]:
        space, model, discount = self.identity.space, borrowed.model, borrowed.discount
        near, spread = model.scale(query)
        found = closeness_of(space.metric, scores)
        at_large = [chance**discount for chance in model.tail.chances([(close - near) / spread for close in found])]
        if self.files < 2:
            return at_large
        # Some of the nearest may be matches of the query. What chance brings nearer than a place is exponential, too.
        place = min(1 + MATCHES, max(2, len(self.references) // 2))
        around = np.sort(similarities(space, query[None], self.references)[0])[-place]
        start = closeness_of(space.metric, [float(around)])[0]
        rate = 1 / max(max(spread, borrowed.least_spread) * model.tail.scale, FLATTEST)
        share = (place - 1) / len(self.references)
        here = [max(share * exp(min(0.0, (start - close) * rate)), SMALLEST) for close in found]
        return [max(both) for both in zip(at_large, here, strict=True)]


def fit_dense_background(
    space: Space, rows: NDArray[Any], files: NDArray[Any], borrowed: BorrowedBackground | None
) -> DenseBackground:
    """Learn the background of a space from random descriptors of a library.

    Parameters
    ----------
    space : Space
    rows : ndarray, shape (m, dim) or (m, dim / 8)
        None at all, too.
    files : ndarray, shape (m,)
        The file of each.
    borrowed : BorrowedBackground or None
        What comes with Sonolux for this space.
    """
    distances = pairwise_distances(space, rows)
    identity = learn_identity(space, rows, distances, files, known=borrowed is not None)
    if len(rows) and not identity.collapsed:
        kept = one_of_each_cluster(distances, files)
        rows, files = rows[kept], files[kept]
    distinct = len(set(files.tolist()))
    own = fit_background(space, rows, files) if distinct >= FEWEST else None
    if distinct >= ENOUGH:
        return DenseBackground(identity, rows[:0], distinct, own)
    return DenseBackground(identity, rows, distinct, own, borrowed)

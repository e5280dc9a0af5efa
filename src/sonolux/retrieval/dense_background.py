"""Background of a dense space: its own background model, or, while it is small, a borrowed one and its own items.

A hit of a small library is judged twice. The borrowed model says how rarely media at large come so near, to a power
that the items of the library tell of, each asked among the others: in a folder of faces all are nearer to one another
than media at large. And the items say where *they* lie around this query: for those that chance brings near, how much
rarer each is than the next one, in terms of the borrowed model, is an independent exponential variable (Rényi 1953, "On
the theory of order statistics", Acta Mathematica Academiae Scientiarum Hungaricae), whose rate is learned from the
items too. The chance is the mean of both, in which the library counts more the more it holds: where all pictures are of
one kind none stands out. From `ENOUGH` files on, the library's own model decides alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sonolux.retrieval.background import FEWEST, MATCHES, BackgroundModel, checked_rows, few_of_each, fit_background
from sonolux.retrieval.borrowed import BorrowedBackground
from sonolux.retrieval.identity import Identity, learn_identity
from sonolux.retrieval.powers import Powers
from sonolux.retrieval.similarity import pairwise_distances, similarities
from sonolux.retrieval.tail import SMALLEST
from sonolux.retrieval.thinning import one_of_each_cluster
from sonolux.types import Space

ENOUGH = 250
"""Files, no likes of one another, from which a library's own background model decides alone."""

BELIEVED = 4
"""Files that the borrowed model is worth; and files, at most, that tell of its power, each as much as one draw: where
there are more, these speak for themselves."""

DRAWS = 0.5
"""Draws that a file is worth where the rate of thinning out is learned: each pair of files has two."""


@dataclass(frozen=True)
class DenseBackground:
    """Gives the hits of a dense space their p-values.

    Attributes
    ----------
    identity : Identity
    references : ndarray, shape (m, dim)
        Descriptors of the library, one of each cluster of likes and a few of each file; none where `own` decides.
    files : int
        How many files the library has that are no likes, among those that were looked at.
    own : BackgroundModel or None
        None where a borrowed one decides, or the library has fewer than `FEWEST` files.
    borrowed : BorrowedBackground or None
        None where the library has enough files, or none comes with Sonolux.
    power : Powers or None
        What the p-values of the borrowed model have to be raised to here.
    thinning : Powers or None
        The rate at which the library's own items thin out around a query, in terms of what is borrowed.
    """

    identity: Identity
    references: NDArray[Any]
    files: int
    own: BackgroundModel | None
    borrowed: BorrowedBackground | None = None
    power: Powers | None = None
    thinning: Powers | None = None

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
        if self.own is not None:
            chances = self.own.chance(query, scores)
        elif self.borrowed is not None and self.power is not None and self.thinning is not None:
            chances = self._among_few(self.borrowed, self.power, self.thinning, query, scores)
        else:
            chances = [1.0] * len(scores)
        return list(map(min, chances, self.identity.chances(query, scores)))

    @property
    def silent(self) -> bool:
        """Whether it has a chance of its own for nothing: the library is too small, and none is borrowed."""
        return self.own is None and (self.borrowed is None or self.thinning is None)

    def to_arrays(self) -> dict[str, Any]:
        """Return what a file keeps of it; what is borrowed is not."""
        own = {} if self.own is None else {f"own_{name}": array for name, array in self.own.to_arrays().items()}
        same = {"unit": self.identity.unit, "collapsed": self.identity.collapsed}
        learned = {"power": self.power, "thinning": self.thinning}
        powers = {name: np.array([one.shape, one.rate]) for name, one in learned.items() if one is not None}
        return {**same, "few": self.references, "files": self.files, **powers, **own}

    @classmethod
    def from_arrays(cls, space: Space, arrays: Mapping[str, NDArray[Any]], borrowed: BorrowedBackground | None) -> Self:
        """Return what `to_arrays` gave; KeyError or ValueError for anything else."""
        held = {name.removeprefix("own_"): arrays[name] for name in arrays if name.startswith("own_")}
        own = BackgroundModel.from_arrays(space, held) if held else None
        files, few = int(arrays["files"]), checked_rows(space, arrays["few"])
        identity = Identity(space, float(arrays["unit"]), bool(arrays["collapsed"]))
        if "power" not in arrays:
            return cls(identity, few, files, own)
        power, thinning = (Powers(*arrays[name].tolist()) for name in ("power", "thinning"))
        return cls(identity, few, files, own, borrowed, power, thinning)

    def _among_few(
        self,
        borrowed: BorrowedBackground,
        power: Powers,
        thinning: Powers,
        query: NDArray[Any],
        scores: Sequence[float],
    ) -> list[float]:
        items = len(self.references)
        there = similarities(self.identity.space, query[None], self.references)[0].tolist() if items else []
        surprises = borrowed.surprises(query, [*scores, *there])
        found, around = surprises[: len(scores)], np.sort(surprises[len(scores) :])
        chances = power.chances(found)
        if items > 1:
            place = _place(items)
            start = around[-place]
            beyond = (place - 1) / items * thinning.chances(np.maximum(found - start, 0.0))
            as_near = 1 - np.searchsorted(around, found) / items
            here = np.where(found > start, beyond, as_near)
            chances = (BELIEVED * chances + self.files * here) / (BELIEVED + self.files)
        return [max(chance, SMALLEST) for chance in chances.tolist()]


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
    if borrowed is None or distinct >= ENOUGH:
        own = fit_background(space, rows, files) if distinct >= FEWEST else None
        return DenseBackground(identity, rows[:0], distinct, own)
    kept = few_of_each(files) if len(files) else np.empty(0, np.intp)
    rows, files = rows[kept], files[kept]
    return DenseBackground(identity, rows, distinct, None, borrowed, *_learn_powers(borrowed, rows, files))


def _place(items: int) -> int:
    """Return the place, among so many items, beyond which the nearest count as such: some of them may be matches."""
    return min(1 + MATCHES, max(2, items // 2))


def _learn_powers(borrowed: BorrowedBackground, rows: NDArray[Any], files: NDArray[Any]) -> tuple[Powers, Powers]:
    """Ask each item among those of other files; the nearest, which may be a match, counts as large only.

    Returns
    -------
    power, thinning : Powers
        As in `DenseBackground`.
    """
    pairs, spacings = _Draws(), _Draws()
    for row, file in zip(rows, files, strict=True):
        others = rows[files != file]
        if not len(others):
            continue
        scores = similarities(borrowed.model.space, row[None], others)[0].tolist()
        around = np.sort(borrowed.surprises(row, scores))
        pairs.add(around)
        if len(others) >= FEWEST - 1:
            place = _place(len(others))
            spacings.add(around[-place + 1 :] - around[-place])
    count = len(set(files.tolist()))
    return pairs.upon(borrowed.powers, min(count, BELIEVED)), spacings.upon(borrowed.thinning_rates, DRAWS * count)


@dataclass
class _Draws:
    """Samples of exponential variables; of each the largest counts as large only, for it may be a match.

    Of samples of one value the larger half counts as large only: in a library of five, two copies give two of them.
    """

    samples: list[NDArray[np.float64]] = field(default_factory=list)

    def add(self, ascending: NDArray[np.float64]) -> None:
        """Take a sample in."""
        self.samples.append(ascending)

    def upon(self, powers: Powers, worth: float) -> Powers:
        """Return what is known after them, who are worth so many independent ones."""
        if not self.samples:
            return powers
        alone = np.sort([float(one[0]) for one in self.samples if len(one) == 1])
        counted = [_sum_censored(one, len(one) - 1) for one in self.samples if len(one) > 1]
        if len(alone):
            counted.append(_sum_censored(alone, max(2, (len(alone) + 1) // 2)))
        number, total = map(sum, zip(*counted, strict=True))
        return powers.after(worth, worth * total / number)


def _sum_censored(ascending: NDArray[np.float64], known: int) -> tuple[int, float]:
    """Return of how many values the total is known, and that: the others count as the largest of these.

    Source: B. Epstein and M. Sobel, "Life testing", Journal of the American Statistical Association 48, 1953.
    """
    least = ascending[:known]
    return len(least), float(least.sum() + (len(ascending) - len(least)) * least[-1])

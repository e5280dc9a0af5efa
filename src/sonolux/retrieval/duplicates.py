"""Duplicate detection: copies by content hash, near-duplicates by combined p-values.

Files of the same content hash are copies. Two files are near-duplicates where their chances of being as similar as they
are, combined over dense spaces that hold both (Fisher 1925, "Statistical methods for research workers"), leave fewer
than `EXPECTED` such pairs to chance in the whole library, and no space contradicts it. Learned descriptors depend on
colours and gradients too, so their p-values are not independent of those of classical ones: beside these they can only
contradict a pair, and decide alone where no other space holds it. A file counts by its own descriptor, or the mean of
its spans'. All pairs are compared, block by block: exact, and quadratic in the number of files.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.encoders.base import normalised
from sonolux.index import Condition, Index
from sonolux.retrieval.background import FEWEST, REFERENCES, BackgroundModel, fit_background
from sonolux.retrieval.calibration import EXPECTED
from sonolux.retrieval.similarity import signed, similarities
from sonolux.types import Space

BLOCK = 1000
"""Files compared with all others at once."""

AGREEING = 0.05
"""P-value up to which a space does not contradict a near-duplicate."""

Pair = tuple[str, str]


def find_duplicates(
    index: Index, spaces: Sequence[Space], *, learned: Collection[str] = (), near: bool = True, seed: int = 0
) -> list[list[str]]:
    """Group the files of a library that are duplicates of one another.

    Parameters
    ----------
    index : Index
    spaces : sequence of Space
        Dense spaces to compare in.
    learned : collection of str
        Names of those whose encoders were learned.
    near : bool
        Whether to look for near-duplicates too, or for copies alone.
    seed : int
        Of the sample from which chances are learned.

    Returns
    -------
    groups : list of list of str
        Ids of files, each group of two or more, the largest group first.
    """
    pairs = list(_copies(index))
    if near:
        pairs += _near(index, spaces, learned, np.random.default_rng(seed))
    return _groups(pairs)


def _copies(index: Index) -> Iterator[Pair]:
    first: dict[str, str] = {}
    for point in index.scroll([Condition("kind", "=", "file")], keys=("hash",)):
        known = first.setdefault(point.payload["hash"], point.id)
        if known != point.id:
            yield known, point.id


def _near(index: Index, spaces: Sequence[Space], learned: Collection[str], random: np.random.Generator) -> set[Pair]:
    # Learned spaces come last.
    ordered = sorted(spaces, key=lambda space: space.name in learned)
    compared = [found for space in ordered if (found := _files_of(index, space, random)) is not None]
    if not compared:
        return set()
    files = max(len(space.numbers) for space in compared)
    allowed = EXPECTED / (files * (files - 1) / 2)
    candidates = {pair for space in compared for pair in space.pairs_within(allowed**0.5)}
    given = sum(space.background.space.name not in learned for space in compared)
    return {pair for pair in candidates if _combined([space.chance(pair) for space in compared], given) <= allowed}


def _combined(chances: Sequence[float | None], given: int) -> float:
    """Combine the chances of the spaces that hold a pair, of which the first so many are not learned.

    It is 1 where a space contradicts the pair.
    """
    held = [chance for chance in chances if chance is not None]
    if max(held) > AGREEING:
        return 1.0
    independent = [chance for chance in chances[:given] if chance is not None] or held
    from scipy.stats import combine_pvalues  # half a second, which no other command should wait

    return float(combine_pvalues(independent, method="fisher").pvalue)


@dataclass(frozen=True)
class _Files:
    """The files of a space: their mean descriptors, shape (n, dim), and the scores of unrelated files among them."""

    numbers: dict[str, int]
    means: NDArray[np.float32]
    background: BackgroundModel

    def pairs_within(self, chance: float) -> Iterator[Pair]:
        """Yield pairs of files that are as similar as unrelated files are with at most this p-value."""
        ids = list(self.numbers)
        for start in range(0, len(ids), BLOCK):
            scores = similarities(self.background.space, self.means[start : start + BLOCK], self.means[start:])
            for i, row in enumerate(scores, start=start):
                near = np.flatnonzero(row[i - start + 1 :] >= self.background.score(self.means[i], chance))
                yield from ((ids[i], ids[i + 1 + j]) for j in near)

    def chance(self, pair: Pair) -> float | None:
        """Return the p-value of a pair, under unrelated files; None where this space does not hold both."""
        if not self.numbers.keys() >= set(pair):
            return None
        a, b = (self.means[self.numbers[file]] for file in pair)
        score = float(similarities(self.background.space, a[None], b[None])[0, 0])
        return self.background.chance(a, [score])[0]


def _files_of(index: Index, space: Space, random: np.random.Generator) -> _Files | None:
    """Gather the files of a space; None where they are too few for a background model."""
    totals: dict[str, NDArray[np.float32]] = {}
    counts: dict[str, int] = defaultdict(int)
    for point in index.scroll([Condition("kind", "!=", "region")], spaces=[space.name], keys=("file",)):
        if space.name in point.vectors:
            row = _dense(space, point.vectors[space.name])
            file = point.payload["file"]
            totals[file] = totals[file] + row if file in totals else row.copy()
            counts[file] += 1
    if len(totals) < FEWEST:
        return None
    means = np.stack([total / np.float32(counts[file]) for file, total in totals.items()])
    means = means if space.metric == "euclidean" else normalised(means)
    chosen = random.choice(len(means), min(len(means), REFERENCES), replace=False)
    compared = Space(space.name, space.dim, "euclidean" if space.metric == "euclidean" else "cosine")
    numbers = {file: number for number, file in enumerate(totals)}
    return _Files(numbers, means, fit_background(compared, means[chosen], chosen))


def _dense(space: Space, row: Any) -> NDArray[np.float32]:
    return np.asarray(signed(row[None], space.dim)[0] if space.kind == "binary" else row)


def _groups(pairs: Iterable[Pair]) -> list[list[str]]:
    """Connected components of a graph given by its edges."""
    group: dict[str, set[str]] = {}
    for a, b in pairs:
        merged = group.get(a, {a}) | group.get(b, {b})
        for member in merged:
            group[member] = merged
    distinct = {id(members): members for members in group.values()}
    return sorted((sorted(members) for members in distinct.values()), key=lambda ids: (-len(ids), ids))

"""Hash candidates: pairs of files whose hashes are near each other, turned or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sonolux.features.pdq import TURNS, turned_hashes
from sonolux.retrieval.copies.hashes import Hashes
from sonolux.retrieval.copies.near_hashes import near_pairs


class Candidate(NamedTuple):
    """Two files, given by their numbers, of which the first, turned (`sonolux.features.pdq.TURNS`), is like the second.

    ``distance`` is the least, in bits.
    """

    first: int
    second: int
    turn: int
    distance: int


def hash_candidates(hashes: Sequence[Hashes]) -> list[Candidate]:
    """Return the pairs of files that have near hashes, each once, in order.

    Where many files have one hash, each is paired with the first of them, not with all: what they have to do with each
    other follows.
    """
    codes = np.concatenate([np.empty((0, 32), np.uint8), *(one.codes for one in hashes)])
    owners = np.repeat(np.arange(len(hashes)), [len(one.codes) for one in hashes])
    if not len(codes):
        return []
    different, which = np.unique(codes, axis=0, return_inverse=True)
    sharing = _sharing(which.ravel(), owners, len(different))
    best: dict[tuple[int, int], Candidate] = {}
    for turn in range(len(TURNS)):
        pairs = near_pairs(turned_hashes(different, turn), different)
        for first, second, distance in zip(*(column.tolist() for column in pairs), strict=True):
            for one, other in _between(sharing[first], sharing[second]):
                _keep(best, Candidate(one, other, turn, distance))
    return sorted(best.values())


def _sharing(which: NDArray[np.intp], owners: NDArray[np.intp], count: int) -> list[NDArray[np.intp]]:
    """Return for each different hash the files that have it."""
    order = np.argsort(which, kind="stable")
    ends = np.cumsum(np.bincount(which, minlength=count))
    return [np.unique(part) for part in np.split(owners[order], ends[:-1])]


def _between(first: NDArray[np.intp], second: NDArray[np.intp]) -> Iterator[tuple[int, int]]:
    """Yield pairs of the files of two hashes: every file of one with the first of the other."""
    yield from ((int(first[0]), int(other)) for other in second)
    yield from ((int(one), int(second[0])) for one in first[1:])


def _keep(best: dict[tuple[int, int], Candidate], found: Candidate) -> None:
    # Turned from the second to the first it is another pair, found by itself.
    if found.first >= found.second:
        return
    key = found.first, found.second
    if key not in best or found.distance < best[key].distance:
        best[key] = found

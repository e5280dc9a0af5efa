"""Multi-index hashing: all pairs of binary codes within a radius, among a million of them.

A code of 256 bits is cut into 16 pieces. Two codes that differ in up to 31 bits differ in at most one bit of some
piece, so that looking up every piece, as it is and with each of its bits changed, finds every such pair.

References
----------
M. Norouzi, A. Punjani, D. J. Fleet, "Fast search in Hamming space with multi-index hashing", CVPR 2012.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

RADIUS = 31
"""Bits in which two hashes may differ: more than one in each piece would not be found."""

PIECE = 16
"""Bits of a piece."""

AT_ONCE = 2**21
"""Pairs that are compared at once; 200 MB."""

NEAREST = 32
"""Neighbours of a code that are kept where it has very many."""

HELD = 2**23
"""Pairs that are held before those of codes with too many are thinned."""


class NearPairs(NamedTuple):
    """Pairs of codes: rows of the first and second, ascending in the first, and in how many bits they differ."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    distance: NDArray[np.int32]


def near_pairs(queries: NDArray[np.uint8], codes: NDArray[np.uint8]) -> NearPairs:
    """Return all pairs of a query and a code that differ in `RADIUS` bits at most.

    Where more than `HELD` are found, each query keeps its `NEAREST`.

    Parameters
    ----------
    queries : ndarray of uint8, shape (m, 32)
    codes : ndarray of uint8, shape (n, 32)
    """
    asked, kept = _scattered(queries), _scattered(codes)
    asked_words, kept_words = asked.view(np.uint64), kept.view(np.uint64)
    found = NearPairs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int32))
    waiting: list[NearPairs] = []
    held = 0
    for first, second in _candidates(asked.view(np.uint16), kept.view(np.uint16)):
        distance = np.bitwise_count(asked_words[first] ^ kept_words[second]).sum(axis=1, dtype=np.int32)
        near = distance <= RADIUS
        waiting.append(NearPairs(first[near], second[near], distance[near]))
        held += int(near.sum())
        if held > HELD:
            found, waiting, held = _thinned(_once([found, *waiting])), [], 0
    return _once([found, *waiting])


def _scattered(codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Reorder the bits of codes, so that neighbouring frequencies, which agree by themselves, share no piece."""
    order = np.random.default_rng(0).permutation(8 * codes.shape[1])
    return np.ascontiguousarray(np.packbits(np.unpackbits(codes, axis=1)[:, order], axis=1))


def _candidates(
    asked: NDArray[np.uint16], kept: NDArray[np.uint16]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield pairs that have a piece in common, up to one bit, in bounded numbers."""
    changes = np.array([0, *(1 << bit for bit in range(PIECE))], np.uint16)
    for piece in range(asked.shape[1]):
        order = np.argsort(kept[:, piece], kind="stable")
        starts = np.concatenate([[0], np.cumsum(np.bincount(kept[:, piece], minlength=2**PIECE))])
        for change in changes:
            keys = (asked[:, piece] ^ change).astype(np.int64)
            first, count = starts[keys], starts[keys + 1] - starts[keys]
            some = np.flatnonzero(count)
            for block in _blocks(count[some]):
                rows = some[block]
                many = count[rows]
                within = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
                yield np.repeat(rows, many), order[np.repeat(first[rows], many) + within]


def _blocks(counts: NDArray[np.int64]) -> Iterator[slice]:
    """Cut rows into blocks of about `AT_ONCE` pairs."""
    total = np.cumsum(counts)
    start = 0
    while start < len(counts):
        before = total[start - 1] if start else 0
        end = max(start + 1, int(np.searchsorted(total, before + AT_ONCE, side="right")))
        yield slice(start, end)
        start = end


def _once(found: list[NearPairs]) -> NearPairs:
    """Join pairs, each once, in order."""
    first, second, distance = (np.concatenate(parts) for parts in zip(*found, strict=True))
    if not len(first):
        return NearPairs(first, second, distance)
    _, once = np.unique(first * (int(second.max()) + 1) + second, return_index=True)
    return NearPairs(first[once], second[once], distance[once])


def _thinned(pairs: NearPairs) -> NearPairs:
    """Keep the nearest of each query."""
    order = np.lexsort((pairs.second, pairs.distance, pairs.first))
    first = pairs.first[order]
    new = np.append(True, first[1:] != first[:-1])
    rank = np.arange(len(first)) - np.maximum.accumulate(np.where(new, np.arange(len(first)), 0))
    kept = np.sort(order[rank < NEAREST])
    return NearPairs(pairs.first[kept], pairs.second[kept], pairs.distance[kept])

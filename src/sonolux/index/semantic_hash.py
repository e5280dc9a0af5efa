"""Semantic hashing index: codes as addresses, so that near items lie at near addresses.

A short code, 28 bits, is the address of an item. A query looks at every address that differs from its own in at most
r bits; how many those are depends on r alone, so the time is the same for a thousand items and for millions
(Salakhutdinov and Hinton 2009, "Semantic hashing", International Journal of Approximate Reasoning 50). What lies there
is ranked by long codes.
"""

from __future__ import annotations

import json
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import LibraryError
from sonolux.index.hamming import distances_to

BITS = 28
"""Of an address: the map of 2**28 bits that tell which are taken fills 32 MB, and as much for counts of its words."""

WIDEST = 6
"""Largest radius, of half a million addresses; with one more, looking takes as long as a scan of millions of items."""

ONE = np.uint64(1)

TAIL = 4096
"""Items added since the last sorting, at most; they are looked through one by one."""

FORMAT = 1
"""Version of the folder that `SemanticHash.save` writes."""


class SemanticHash:
    """Items by address; add and delete at any time.

    Parameters
    ----------
    addresses : ndarray of uint32, shape (n,)
        Below 2**28; item i is the i-th that was ever added.
    codes : ndarray of uint8, shape (n, bits / 8)
        Long codes of the same items.
    """

    def __init__(self, addresses: NDArray[np.uint32], codes: NDArray[np.uint8]) -> None:
        _check(addresses, codes, codes.shape[1])
        self._addresses = addresses.astype(np.uint32)
        self._codes = np.ascontiguousarray(codes)
        self._there = np.ones(len(codes), bool)
        self._count = len(codes)
        self._sort()

    def __len__(self) -> int:
        return int(self._there[: self._count].sum())

    def add(self, addresses: NDArray[np.uint32], codes: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Add items; return their numbers."""
        _check(addresses, codes, self._codes.shape[1])
        first, self._count = self._count, self._count + len(codes)
        if self._count > len(self._codes):
            self._make_room(self._count + TAIL)
        self._addresses[first : self._count] = addresses
        self._codes[first : self._count] = codes
        self._there[first : self._count] = True
        if self._count - self._sorted > TAIL:
            self._sort()
        return np.arange(first, self._count)

    def delete(self, items: NDArray[np.integer]) -> None:
        """Take items away; their numbers are not given again."""
        if np.any((items < 0) | (items >= self._count)):
            raise LibraryError(f"there are items 0 to {self._count - 1}, not {np.asarray(items).tolist()}")
        self._there[items] = False
        self._holes = True

    def ball(self, address: int, radius: int) -> NDArray[np.int64]:
        """Return the items whose address differs from this one in at most `radius` bits, in no order."""
        looked_at = np.uint32(address) ^ masks(radius)
        words, bits = looked_at >> np.uint32(6), (looked_at & np.uint32(63)).astype(np.uint64)
        taken = np.flatnonzero(self._taken[words] >> bits & ONE)
        found = self._items_at(words[taken], bits[taken])
        if self._count > self._sorted:
            found = np.concatenate([found, self._late(address, radius)])
        return found[self._there[found]] if self._holes else found

    def search(
        self, address: int, code: NDArray[np.uint8], k: int, radius: int = 4, wanted: int = 0
    ) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Return the k items of a ball that are nearest by their long codes, and their distances.

        Parameters
        ----------
        address : int
        code : ndarray of uint8, shape (bits / 8,)
        k : int
        radius : int
            Of the ball.
        wanted : int
            The ball widens, up to `WIDEST`, until it holds so many items.
        """
        found = self.ball(address, radius)
        while len(found) < wanted and radius < WIDEST:
            radius += 1
            found = self.ball(address, radius)
        distances = distances_to(code, self._codes[found])
        order = np.lexsort((found, distances))[:k]
        return found[order], distances[order]

    def save(self, folder: Path) -> None:
        """Write the items into a folder, in place of those that are in it; the format comes last."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "format.json").unlink(missing_ok=True)
        for name in ("addresses", "codes", "there"):
            # Replaced, not written over, for a loaded table still reads its codes from there.
            unfinished = folder / f"{name}.part.npy"
            np.save(unfinished, getattr(self, f"_{name}")[: self._count])
            unfinished.replace(folder / f"{name}.npy")
        (folder / "format.json").write_text(json.dumps({"format": FORMAT, "bits": BITS}))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote; long codes stay on disk until they are looked at, or something is added.

        Raises
        ------
        LibraryError
            Where the folder is missing, unfinished, broken, or of another format.
        """
        try:
            said = json.loads((folder / "format.json").read_text())
            if said != {"format": FORMAT, "bits": BITS}:
                raise LibraryError(f"{folder} is of format {said}; this Sonolux reads format {FORMAT} of {BITS} bits")
            codes = np.load(folder / "codes.npy", mmap_mode="r")
            loaded = cls(np.load(folder / "addresses.npy"), codes)
            loaded.delete(np.flatnonzero(~np.load(folder / "there.npy")))
        except (OSError, ValueError) as error:
            raise LibraryError(f"{folder} cannot be read: {error}") from error
        return loaded

    def _items_at(self, words: NDArray[np.uint32], bits: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return the items at addresses that are taken, given by word and bit of the map."""
        below = self._taken[words] & ((ONE << bits) - ONE)
        ranks = self._before[words] + np.bitwise_count(below)
        starts, ends = self._starts[ranks], self._starts[ranks + 1]
        counts = ends - starts
        places = np.arange(counts.sum()) + np.repeat(ends - counts.cumsum(), counts)
        return np.asarray(self._order[places], np.int64)

    def _late(self, address: int, radius: int) -> NDArray[np.int64]:
        """Return the items of a ball that were added since the last sorting."""
        tail = self._addresses[self._sorted : self._count]
        return np.flatnonzero(np.bitwise_count(tail ^ np.uint32(address)) <= radius) + self._sorted

    def _make_room(self, size: int) -> None:
        """Grow by many items at once, because every growth copies all that are there."""
        more = size - len(self._codes)
        self._addresses = np.concatenate([self._addresses, np.zeros(more, np.uint32)])
        self._codes = np.concatenate([self._codes, np.zeros((more, self._codes.shape[1]), np.uint8)])
        self._there = np.concatenate([self._there, np.zeros(more, bool)])

    def _sort(self) -> None:
        """Order the items that are there by address, and map which addresses are taken."""
        there = np.flatnonzero(self._there[: self._count])
        # Small numbers, because what a look-up costs beyond its ball is reading memory.
        self._order = there[np.argsort(self._addresses[there], kind="stable")].astype(np.int32)
        self._sorted, self._holes = self._count, False
        unique, firsts = np.unique(self._addresses[self._order], return_index=True)
        self._starts = np.append(firsts, len(self._order)).astype(np.int32)
        self._taken = np.zeros(2**BITS // 64, np.uint64)
        np.bitwise_or.at(self._taken, unique >> np.uint32(6), ONE << (unique & np.uint32(63)).astype(np.uint64))
        counts = np.bitwise_count(self._taken)
        self._before = counts.cumsum(dtype=np.int32) - counts


@lru_cache(maxsize=WIDEST + 1)
def masks(radius: int) -> NDArray[np.uint32]:
    """Return every pattern of at most so many bits among 28, fewest bits first: 24,158 for radius 4."""
    if not 0 <= radius <= WIDEST:
        raise LibraryError(f"a ball has a radius from 0 to {WIDEST}, not {radius}")
    patterns = [
        sum(1 << bit for bit in bits) for weight in range(radius + 1) for bits in combinations(range(BITS), weight)
    ]
    return np.array(patterns, np.uint32)


def addresses_of(codes: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Return codes of 28 bits, packed into four bytes with zeros at the end, as addresses."""
    whole = np.ascontiguousarray(codes[:, :4]).view(">u4")[:, 0].astype(np.uint32)
    return np.asarray(whole >> np.uint32(32 - BITS), np.uint32)


def _check(addresses: NDArray[np.integer], codes: NDArray[np.uint8], width: int) -> None:
    if len(addresses) != len(codes) or codes.shape[1] != width:
        raise LibraryError(f"{len(addresses)} addresses do not fit codes of shape {codes.shape}")
    if len(addresses) and int(addresses.max()) >= 2**BITS:
        raise LibraryError(f"an address has {BITS} bits: {int(addresses.max())} is too large")

"""Copies of images: candidates by hash and by descriptor, each compared pixel by pixel."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime

import numpy as np

from sonolux.features.pdq import TURNS
from sonolux.retrieval.copies.links import Link
from sonolux.retrieval.copies.local_features import LocalFeatures
from sonolux.retrieval.copies.looking import LibraryFile, Pictures
from sonolux.retrieval.copies.pictures import (
    ComparedPicture,
    Verdict,
    compare_pictures,
    may_be_one,
    turn_of_same_pixels,
)

AT_ONCE = 128
"""Files decoded for one block of pairs, at most."""

TAKES = 3600.0
"""Seconds between two exposures of one scene, at most; a copy that was given another date is given another day."""

SAME_PIXELS = "the same pixels"
"""Alteration of files that differ in nothing that is shown, but for the way up."""

Advance = Callable[[int], None]
"""Called with how many more pairs are done with."""


Turns = Mapping[tuple[int, int], int | None]
"""How the first of two images, given by their numbers, is turned like the second; None where hashes do not say."""


def image_links(
    files: Sequence[LibraryFile], pairs: Turns, pictures: Pictures, advance: Advance = lambda _: None
) -> list[Link]:
    """Compare pairs of images and return what they have to do with each other.

    Parameters
    ----------
    files : sequence of LibraryFile
        Of different contents.
    pairs : mapping of pair to int or None
        See `Turns`.
    pictures : Pictures
    advance : callable
    """
    from threadpoolctl import threadpool_limits

    # Products of a few hundred rows are too small to share: threads that wait for each other take ten times as long.
    with threadpool_limits(1, "blas"):
        return list(_links(files, pairs, pictures, advance))


def _links(files: Sequence[LibraryFile], pairs: Turns, pictures: Pictures, advance: Advance) -> Iterator[Link]:
    for block in _blocks(_gathered(pairs)):
        blind = [pair for pair in block if pairs[pair] is None]
        described = pictures.features_of(_of_pairs(files, blind))
        unlike = {pair for pair in blind if not _may_be_one(files, pair, described)}
        looked_at = [pair for pair in block if pair not in unlike]
        found = pictures.of(_of_pairs(files, looked_at))
        for pair in looked_at:
            first, second = (files[number] for number in pair)
            if first.id in found and second.id in found:
                verdict = compare_files(first, second, found[first.id], found[second.id], pairs[pair])
                if verdict is not None:
                    yield Link(first.id, second.id, verdict.relation, verdict.alterations)
        advance(len(block))


def compare_files(
    first: LibraryFile, second: LibraryFile, one: ComparedPicture, other: ComparedPicture, turn: int | None
) -> Verdict | None:
    """Compare two images by their pixels and by when they were taken; two exposures never have the same pixels."""
    same = None if turn is None else turn_of_same_pixels(one, other)
    if same is not None:
        return Verdict("copy", (*((TURNS[same],) if same else ()), SAME_PIXELS))
    verdict = compare_pictures(one, other, turn)
    if verdict is not None and verdict.relation == "copy" and are_takes(first.date, second.date):
        return Verdict("similar", verdict.alterations)
    return verdict


def are_takes(first: str, second: str) -> bool:
    """Tell whether two dates are those of exposures soon after each other."""
    if len(first) < len("2020-01-01T00:00:00") or len(second) < len("2020-01-01T00:00:00"):
        return False
    try:
        one, other = (datetime.fromisoformat(date).replace(tzinfo=None) for date in (first, second))
    except ValueError:
        return False
    return 0 < abs((one - other).total_seconds()) <= TAKES


def _of_pairs(files: Sequence[LibraryFile], pairs: Sequence[tuple[int, int]]) -> list[LibraryFile]:
    return [files[number] for number in dict.fromkeys(number for pair in pairs for number in pair)]


def _may_be_one(files: Sequence[LibraryFile], pair: tuple[int, int], described: Mapping[str, LocalFeatures]) -> bool:
    """Tell whether two files are worth looking at, of which hashes say nothing."""
    first, second = (described.get(files[number].id) for number in pair)
    return first is not None and second is not None and may_be_one(first, second)


def _gathered(pairs: Collection[tuple[int, int]]) -> list[tuple[int, int]]:
    """Order pairs so that those that share files are near each other (Cuthill, McKee 1969): all are decoded once."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import reverse_cuthill_mckee

    if not pairs:
        return []
    different, ends = np.unique(np.array(list(pairs)), return_inverse=True)
    first, second = ends.reshape(-1, 2).T
    graph = coo_array((np.ones(len(first), np.int8), (first, second)), shape=(len(different),) * 2).tocsr()
    place = np.empty(len(different), np.int64)
    place[reverse_cuthill_mckee(graph + graph.T, symmetric_mode=True)] = np.arange(len(different))
    places = dict(zip(different.tolist(), place.tolist(), strict=True))
    return sorted(pairs, key=lambda pair: sorted((places[pair[0]], places[pair[1]]), reverse=True))


def _blocks(pairs: Sequence[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """Cut pairs into blocks that need few files."""
    block: list[tuple[int, int]] = []
    needed: set[int] = set()
    for pair in pairs:
        if block and len(needed | set(pair)) > AT_ONCE:
            yield block
            block, needed = [], set()
        block.append(pair)
        needed |= set(pair)
    if block:
        yield block

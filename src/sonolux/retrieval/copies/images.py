"""Copies of images: candidates by hash and by descriptor, each compared pixel by pixel."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from sonolux.retrieval.copies.links import Link
from sonolux.retrieval.copies.looking import LibraryFile, Pictures
from sonolux.retrieval.copies.pictures import ComparedPicture, Verdict, compare_pictures

AT_ONCE = 128
"""Files decoded for one block of pairs, at most."""

TAKES = 3600.0
"""Seconds between two exposures of one scene, at most; a copy that was given another date is given another day."""

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
    links = []
    for block in _blocks(sorted(pairs)):
        found = pictures.of([files[number] for number in dict.fromkeys(sum(block, ()))])
        for pair in block:
            first, second = (files[number] for number in pair)
            if first.id in found and second.id in found:
                verdict = compare_files(first, second, found[first.id], found[second.id], pairs[pair])
                if verdict is not None:
                    links.append(Link(first.id, second.id, verdict.relation, verdict.alterations))
        advance(len(block))
    return links


def compare_files(
    first: LibraryFile, second: LibraryFile, one: ComparedPicture, other: ComparedPicture, turn: int | None
) -> Verdict | None:
    """Compare two images by their pixels and by when they were taken."""
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

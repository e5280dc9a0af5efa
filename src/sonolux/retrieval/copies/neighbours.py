"""Descriptor neighbours: images that the library's own descriptors find most alike, to be compared in detail.

A crop or a photograph in a page has another hash than its original, and is near it in colours and in what was learned
all the same. How many pairs are compared is bounded: the nearest come first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sonolux.index import Condition, Index
from sonolux.types import Space

NEAREST = 4
"""Neighbours of an image in each space."""

MOST = 200_000
"""Pairs, at most: half an hour's work for one core."""

CLASSICAL = "colour-histogram"
"""The space of classical descriptors in which crops stay nearest to their originals."""


def neighbour_pairs(
    index: Index, spaces: Sequence[Space], learned: Collection[str], numbers: Mapping[str, int]
) -> tuple[list[tuple[int, int]], bool]:
    """Return pairs of images that are near each other in some space, and whether more were left out.

    Parameters
    ----------
    index : Index
    spaces : sequence of Space
        Dense spaces of the library.
    learned : collection of str
        Names of those whose encoders were learned.
    numbers : mapping of str to int
        Number of each image, by its id; others are passed over.
    """
    chosen = [space for space in spaces if space.name in learned or space.name == CLASSICAL] or list(spaces)
    where = [Condition("kind", "=", "file"), Condition("modality", "=", "image")]
    found: dict[tuple[int, int], tuple[int, float]] = {}
    for space in chosen:
        for point in index.scroll(where, spaces=[space.name], keys=()):
            if point.id not in numbers or space.name not in point.vectors:
                continue
            near = index.search(space.name, point.vectors[space.name], NEAREST + 1, where=where, keys=())
            others = [hit for hit in near if hit.id != point.id and hit.id in numbers]
            for rank, hit in enumerate(others[:NEAREST]):
                pair = _ordered(numbers[point.id], numbers[hit.id])
                found[pair] = min(found.get(pair, (NEAREST, 0.0)), (rank, -hit.score))
    best = sorted(found, key=found.__getitem__)
    return sorted(best[:MOST]), len(best) > MOST


def _ordered(first: int, second: int) -> tuple[int, int]:
    return (first, second) if first < second else (second, first)

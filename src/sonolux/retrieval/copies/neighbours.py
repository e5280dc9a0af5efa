"""Descriptor neighbours: images that the library's own descriptors find most alike, to be compared in detail.

A crop, or a photograph with something written over it, has another hash than its original, and is near it in colours
and in what was learned all the same. How many pairs are compared is bounded: the nearest come first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sonolux.index import Condition, Index
from sonolux.types import Space

NEAREST = 4
"""Neighbours of an image in each space, without those that are copies of it already."""

LOOKED_AT = 16
"""Neighbours among which they are looked for."""

MOST = 200_000
"""Pairs, at most: half an hour's work for one core."""

CLASSICAL = "colour-histogram"
"""The space of classical descriptors in which crops stay nearest to their originals."""

Pair = tuple[int, int]


def neighbour_pairs(
    index: Index,
    spaces: Sequence[Space],
    learned: Collection[str],
    numbers: Mapping[str, int],
    copies: Mapping[int, int],
) -> tuple[list[Pair], bool]:
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
    copies : mapping of int to int
        For images that have copies, the number that stands for all of them: it alone is asked with.
    """
    chosen = [space for space in spaces if space.name in learned or space.name == CLASSICAL] or list(spaces)
    where = [Condition("kind", "=", "file"), Condition("modality", "=", "image")]
    found: dict[Pair, tuple[int, float]] = {}
    for space in chosen:
        for point in index.scroll(where, spaces=[space.name], keys=()):
            number = numbers.get(point.id, -1)
            if number < 0 or space.name not in point.vectors or copies.get(number, number) != number:
                continue
            near = index.search(space.name, point.vectors[space.name], LOOKED_AT, where=where, keys=())
            others = [
                (numbers[hit.id], hit.score)
                for hit in near
                if hit.id in numbers and copies.get(numbers[hit.id], numbers[hit.id]) != number
            ]
            for rank, (other, score) in enumerate(others[:NEAREST]):
                pair = (min(number, other), max(number, other))
                found[pair] = min(found.get(pair, (NEAREST, 0.0)), (rank, -score))
    best = sorted(found, key=found.__getitem__)
    return sorted(best[:MOST]), len(best) > MOST

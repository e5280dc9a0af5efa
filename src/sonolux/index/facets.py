"""Facets: which values a key has among some points, and in how many files, counted point by point.

The engines count the points of a key that has an index of its own, without reading them; that counts files where every
point is one. Anything else (spans of which several are of one file, keys without an index) is counted here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sonolux.index.base import Condition, FacetCount, Point, Where
from sonolux.index.payload import INDEXED, UNIQUE

FACETED = frozenset(key for key, kind in INDEXED.items() if kind == "keyword" and key not in UNIQUE)
"""Keys whose values an engine counts by their index; an index on the disk takes longer than the points."""

FILES = Condition("kind", "=", "file")
"""Holds for files, and neither for spans nor regions."""


def is_counted_by_index(key: str, where: Where) -> bool:
    """Tell whether an engine's own count of points, by the index of a key, is that of files."""
    return key in FACETED and FILES in where


def values_of(payload: Mapping[str, Any], key: str) -> Iterator[str | int | float]:
    """Yield the strings and numbers that a payload has at a key, each element where it holds a list."""
    level: list[Any] = [payload]
    for name in key.split("."):
        bare = name.removesuffix("[]")
        level = [value[bare] for value in level if isinstance(value, Mapping) and bare in value]
        if bare != name:
            level = [element for value in level if isinstance(value, list) for element in value]
    for value in level:
        for element in value if isinstance(value, list) else (value,):
            if isinstance(element, str | int | float) and not isinstance(element, bool):
                yield element


def count_files(points: Iterable[Point], key: str, limit: int) -> list[FacetCount]:
    """Count, for each value of a key, the files of the points that have it.

    Parameters
    ----------
    points : iterable of Point
        With the payload keys ``file`` and the first name of `key`; a point without ``file`` is one of its own.
    key : str
    limit : int
        Values at most.
    """
    files: dict[str | int | float, set[str]] = defaultdict(set)
    for point in points:
        file = point.payload.get("file", point.id)
        for value in values_of(point.payload, key):
            files[value].add(file)
    return most_frequent((FacetCount(value, len(held)) for value, held in files.items()), limit)


def keys_counted(key: str) -> tuple[str, str]:
    """Return the payload keys that `count_files` wants."""
    return "file", key.split(".", maxsplit=1)[0].removesuffix("[]")


def most_frequent(counts: Iterable[FacetCount], limit: int) -> list[FacetCount]:
    """Return the values of most files, then by value; numbers before strings."""
    ordered = sorted(counts, key=lambda one: (-one.files, isinstance(one.value, str), one.value))
    return ordered[: max(0, limit)]

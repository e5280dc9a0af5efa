"""Grouping of spans by file: each file answers once, with its best match."""

from __future__ import annotations

from collections.abc import Iterable

from sonolux.index import ScoredPoint


def best_of_each_file(ranking: Iterable[ScoredPoint]) -> list[ScoredPoint]:
    """Keep the first match of every file of a ranking; it says where in the file to look."""
    best: dict[str, ScoredPoint] = {}
    for match in ranking:
        best.setdefault(match.payload["file"], match)
    return list(best.values())

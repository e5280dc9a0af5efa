"""How many insertions, deletions and substitutions turn one sequence into another: of words, the word error rate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any


def edit_distance(first: Sequence[Any], second: Sequence[Any]) -> int:
    """Return the least number of changes (V. I. Levenshtein, Soviet Physics Doklady 10(8), 1966)."""
    row = list(range(len(second) + 1))
    for place, mine in enumerate(first, start=1):
        corner, row[0] = row[0], place
        for other, theirs in enumerate(second, start=1):
            corner, row[other] = row[other], min(row[other] + 1, row[other - 1] + 1, corner + (mine != theirs))
    return row[-1]


def error_rate(found: Iterable[Sequence[Any]], said: Iterable[Sequence[Any]]) -> float:
    """Return how many changes turn what was found into what was said, over the length of what was said."""
    pairs = list(zip(found, said, strict=True))
    return sum(edit_distance(mine, theirs) for mine, theirs in pairs) / sum(len(theirs) for _, theirs in pairs)

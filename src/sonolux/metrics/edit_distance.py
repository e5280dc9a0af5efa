"""Edit distance (Levenshtein) and error rates: of words, the word error rate (WER); lower is better."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any


def edit_distance(first: Sequence[Any], second: Sequence[Any]) -> int:
    """Return the least number of insertions, deletions and substitutions that turn one sequence into the other.

    Source: V. I. Levenshtein, "Binary codes capable of correcting deletions, insertions and reversals", Soviet Physics
    Doklady 10(8), 1966.
    """
    row = list(range(len(second) + 1))
    for place, mine in enumerate(first, start=1):
        corner, row[0] = row[0], place
        for other, theirs in enumerate(second, start=1):
            corner, row[other] = row[other], min(row[other] + 1, row[other - 1] + 1, corner + (mine != theirs))
    return row[-1]


def error_rate(estimated: Iterable[Sequence[Any]], reference: Iterable[Sequence[Any]]) -> float:
    """Return the edit distance of all estimates to their references, over the length of the references together."""
    pairs = list(zip(estimated, reference, strict=True))
    return sum(edit_distance(mine, theirs) for mine, theirs in pairs) / sum(len(theirs) for _, theirs in pairs)

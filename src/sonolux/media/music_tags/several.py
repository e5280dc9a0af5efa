"""Several values in one text: the artists and genres of a file, each by itself.

Formats that hold a value several times say so themselves. Where people have joined values, a semicolon separates
them, or a slash between spaces; a bare slash does so in ID3 before 2.4 only (its standard says so), and not in names
such as AC/DC.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

SPACED = re.compile(r"\s*;\s*|\s+/\s+|\s*\\\\\s*|\x1f|\x00")
LISTED = re.compile(rf"{SPACED.pattern}|,(?!\s*(?:&|and\b|World\b))\s*", re.IGNORECASE)
"""Genres are listed with commas too, but for "Folk, World, & Country"."""

SHORTEST = 3
"""Letters of a name that a separator may cut off."""

GENRES_WITH_SLASHES = frozenset(
    ("pop/funk", "hip-hop/rap", "hip hop/rap", "r&b/soul", "singer/songwriter", "christian/gospel", "fitness/workout")
)
"""Genres that are named so: in ID3v1 and in Apple's shop."""


def artists(values: Iterable[str], *, slashes: bool) -> Iterator[str]:
    """Yield artists one by one.

    Parameters
    ----------
    values : iterable of str
    slashes : bool
        Whether a bare slash may separate: between names of which one at least is several words, or between three.
    """
    for value in values:
        for part in _split(value, SPACED):
            names = part.split("/") if slashes else [part]
            apart = len(names) > 2 or any(" " in name.strip() for name in names)
            yield from names if apart and min(map(_letters, names)) >= SHORTEST else [part]


def genres(values: Iterable[str], *, slashes: bool) -> Iterator[str]:
    """Yield genres one by one; ``slashes`` says whether a bare slash may separate them."""
    for value in values:
        for part in _split(value, LISTED):
            apart = slashes and part.strip().lower() not in GENRES_WITH_SLASHES
            yield from part.split("/") if apart else [part]


def _split(value: str, separator: re.Pattern[str]) -> list[str]:
    """Split at separators unless they cut off something too short to be a name."""
    parts = [part for part in separator.split(value) if part.strip()]
    return parts if min(map(len, parts), default=0) >= 2 else [value]


def _letters(name: str) -> int:
    return sum(character.isalpha() for character in name)

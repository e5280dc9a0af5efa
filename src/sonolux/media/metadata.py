"""Metadata validation: what files say of themselves, made safe to store.

What is left has known keys, valid Unicode, finite numbers and plausible dates. What a file can have several of
(`LISTS`) is a list, of one where it has one.

Dates are as `sonolux.media.dates` makes them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from sonolux.media.dates import first_date

LONGEST_VALUE = 500
"""Characters that a value may have."""

LONGEST_WORDS = 20_000
"""Characters of the words that find a file and are not shown: the lyrics of a long song, three times."""

MOST_VALUES = 100
"""Values that a list may have."""

LISTS = ("artist", "genre", "keywords")
TEXTS = ("title", "album", "composer", "camera", "language", "description", "place")
DESCRIPTIVE = (*LISTS, *TEXTS, "date", "rating", "latitude", "longitude")
"""What a person or a program has said of a file; all else follows from its content."""

COUNTS = ("width", "height", "frames", "rate", "channels")
LARGEST_COUNT = 2**53
LONGEST_DURATION = 10 * 365 * 24 * 3600.0


def cleaned(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of known keys that can be trusted to be well formed; all else is left out.

    Parameters
    ----------
    raw : mapping
        Under the keys of `sonolux.media.segment.Probe`; values of any type, from a hostile file. ``date`` may be a
        list, of which the first that is plausible counts.
    """
    clean: dict[str, Any] = {key: clean_text(raw.get(key)) for key in TEXTS}
    clean |= {key: clean_list(raw.get(key)) for key in LISTS}
    dates = raw.get("date")
    clean["date"] = first_date(dates if isinstance(dates, list | tuple) else [dates])
    clean |= {key: clean_count(raw.get(key)) for key in COUNTS}
    clean["duration"] = clean_number(raw.get("duration"), 0.0, LONGEST_DURATION)
    clean["rating"] = clean_number(raw.get("rating"), 0.0, 5.0)
    clean["latitude"] = clean_number(raw.get("latitude"), -90.0, 90.0)
    clean["longitude"] = clean_number(raw.get("longitude"), -180.0, 180.0)
    # Where both are exactly zero, in the sea off Africa, the place was never set.
    nowhere = clean["latitude"] == clean["longitude"] == 0.0
    if clean["latitude"] is None or clean["longitude"] is None or nowhere:
        del clean["latitude"], clean["longitude"]
    return {key: value for key, value in clean.items() if value is not None}


def clean_text(value: object) -> str | None:
    """Return one bounded line without control characters or lone surrogates, None where nothing is left."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return None
    # Cut before the work as well as after it: a tag can hold megabytes.
    text = "".join(c if c.isprintable() else " " for c in value[: 4 * LONGEST_VALUE])
    return " ".join(text.split())[:LONGEST_VALUE].rstrip() or None


def clean_list(value: object) -> list[str] | None:
    r"""Return the distinct values of one or many, each as `clean_text` makes it, None where nothing is left.

    Examples
    --------
    >>> clean_list(["Ella\0", "Louis", "Ella"]), clean_list("Ella")
    (['Ella', 'Louis'], ['Ella'])
    """
    values = value[: 4 * MOST_VALUES] if isinstance(value, list | tuple) else [value]
    texts = [text for text in map(clean_text, values) if text]
    return list(dict.fromkeys(texts))[:MOST_VALUES] or None


def clean_words(values: Iterable[object]) -> str:
    """Return texts as the words of a `sonolux.media.segment.Probe`: a line each, bounded, no text twice."""
    lines: dict[str, None] = {}
    left = LONGEST_WORDS
    for value in values:
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        if not isinstance(text, str) or left <= 0:
            continue
        line = " ".join("".join(c if c.isprintable() else " " for c in text[: 2 * LONGEST_WORDS]).split())[:left]
        if line and line not in lines:
            lines[line] = None
            left -= len(line) + 1
    return "\n".join(lines)


def with_lists(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored metadata with lists where they belong: earlier libraries hold one string there."""
    return {k: [v] if k in LISTS and isinstance(v, str) else v for k, v in metadata.items()}


def clean_number(value: object, low: float, high: float) -> float | None:
    """Return a finite float within the limits, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    number = float(value)
    return number if math.isfinite(number) and low <= number <= high else None


def clean_count(value: object) -> int | None:
    """Return a positive whole number that every store can hold, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 < value <= LARGEST_COUNT else None

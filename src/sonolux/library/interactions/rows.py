"""Rows of files of interactions, before it is known which items they name, with numbers and times as people write them.

A time is seconds since 1970, UTC: large numbers are milli- or microseconds, dates are ISO 8601 or as Last.fm writes
them; without a zone they are taken as UTC.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from math import isfinite
from typing import NamedTuple

from sonolux.index.interactions import InteractionKind

DAY = 86_400.0
"""Seconds by which a clock may be ahead of ours before a time counts as in the future."""

MILLIS, MICROS = 1e11, 1e14
"""Numbers from which on a time is in milliseconds, or microseconds: in seconds that would be the year 5138."""

PATTERNS = ("%d %b %Y %H:%M", "%d %b %Y, %H:%M", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d", "%m/%d/%Y %H:%M", "%m/%d/%Y")
"""Dates that are not ISO 8601: those of Last.fm, then those of spreadsheets."""


class PlayedRow(NamedTuple):
    """One row of a file: who did what with which item, or what is wrong with the row.

    Attributes
    ----------
    line : int
        From 1.
    user : str
        Empty where the file names none.
    item : str
        An id, a path, or the number that the file's own catalogue gives it; may be empty.
    artist, title : str
        May be empty; without a title any item of the artist is meant.
    weight : float
    time : float
        0 for none.
    kind : {"play", "rating"}
    wrong : str
        Why the row cannot be used; empty where it can.
    """

    line: int
    user: str = ""
    item: str = ""
    artist: str = ""
    title: str = ""
    weight: float = 1.0
    time: float = 0.0
    kind: InteractionKind = "play"
    wrong: str = ""


def read_weight(text: str, kind: InteractionKind) -> float:
    """Return a count or a rating.

    Raises
    ------
    ValueError
        Says in words why it is none.
    """
    name = "rating" if kind == "rating" else "count"
    try:
        weight = float(text.strip().replace(",", ".") if text.count(",") == 1 else text)
    except ValueError:
        raise ValueError(f"its {name} is {text[:40]!r}, which is no number") from None
    if not isfinite(weight) or weight <= 0:
        raise ValueError(f"its {name} is {text.strip()}: {name}s are above 0")
    return weight


def read_time(text: str) -> float:
    """Return a time in seconds since 1970; 0 for an empty one, and for 0 itself.

    Raises
    ------
    ValueError
        Says in words why it is none.
    """
    given = text.strip()
    if not given:
        return 0.0
    try:
        seconds = float(given)
    except ValueError:
        seconds = _date(given)
    if not isfinite(seconds) or seconds < 0:
        raise ValueError(f"its time is {given[:40]!r}: times are seconds since 1970, or dates")
    return seconds / (1e6 if seconds >= MICROS else 1e3 if seconds >= MILLIS else 1)


def is_future(seconds: float, now: float | None = None) -> bool:
    """Tell whether a time is still to come, by more than a clock may be wrong."""
    return seconds > (time.time() if now is None else now) + DAY


def _date(text: str) -> float:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        read = None
        for pattern in PATTERNS:
            try:
                read = datetime.strptime(text, pattern)
                break
            except ValueError:
                continue
    if read is None:
        raise ValueError(f"its time is {text[:40]!r}: times are seconds since 1970, or dates such as 2024-05-31 20:15")
    try:
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    except OverflowError:
        raise ValueError(f"its time is {text[:40]!r}, which no clock shows") from None

"""Dates of metadata, made RFC 3339 with seconds and an offset.

Clocks that name no offset (most cameras) are taken as UTC: the digits stay those that the file holds, so that the
day is that of the photographer's clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from email.utils import parsedate_tz

FIRST_YEAR = 1800
"""No image or audio is older, and texts that are have no such metadata."""

LONGEST_DATE = 64
"""Characters of the longest way to write a date, and some to spare."""

MOST_DATES = 50
"""Dates of one file that are looked at until one of them is plausible."""

OFFSET = r"(?P<offset>Z|UTC|GMT|[+-]\d\d?(?::?\d\d)?)"
TIME = rf"(?P<hour>\d\d?)(?::?(?P<minute>\d\d)(?::?(?P<second>\d\d?)(?:[.,]\d*)?)?)?\s*{OFFSET}?"
DATE = re.compile(
    r"(?P<year>\d{4})"
    r"(?:(?:[-:/.](?P<month>\d\d?)|(?P<month_digits>\d\d))"
    rf"(?:(?:[-:/.](?P<day>\d\d?)|(?P<day_digits>\d\d))(?:[T ]\s*{TIME})?)?)?"
)

FOUR_DIGITS = re.compile(r"\b[12]\d{3}\b")
"""A year as mails have it; the library would read year 1 as 2001."""

UNSET = {
    datetime(1904, 1, 1): "Macintosh and MP4",
    datetime(1970, 1, 1): "Unix",
    datetime(1899, 12, 30): "OLE",
}
"""The zeros of clocks: a time to the second that is one of them was never set."""

PADDED = re.compile(r"(?<=[\d][:/-]) (?=\d(?!\d))")
"""Before a single digit, where some cameras write a blank for its zero: ``2014: 3: 2 10: 1: 2``."""

BLANK = " \t\r\n:-/\0"
"""What stands in place of the parts of a date that are not known (CIPA DC-008, 4.6.5)."""


def first_date(values: Iterable[object]) -> str | None:
    """Return the first plausible date of several, so that a tag that is blank or zero does not hide the next."""
    for number, value in enumerate(values):
        if number == MOST_DATES:
            return None
        if date := clean_date(value):
            return date
    return None


def clean_date(value: object) -> str | None:
    """Return a date as RFC 3339, None where it is malformed, impossible, implausible, or the zero of a clock.

    Takes EXIF (``2019:07:04 12:30:00``), ISO 8601, the shorter forms of music tags (``1999``, ``1999-05``), and dates
    of mails (RFC 5322, with which PNG dates itself). Of parts that are zero or blank, and all after them, the first
    is taken. A leap second is the second before it; 24:00 is the next midnight.

    Examples
    --------
    >>> clean_date("2019:07:04 12:30:00")
    '2019-07-04T12:30:00Z'
    >>> clean_date("1999-00-00")
    '1999-01-01T00:00:00Z'
    >>> clean_date("Thu, 04 Mar 2021 05:06:07 +0100")
    '2021-03-04T05:06:07+01:00'
    """
    if not isinstance(value, str) or len(value) > LONGEST_DATE:
        return None
    text = PADDED.sub("0", value.lstrip(" \t\0").rstrip(BLANK))
    match = DATE.fullmatch(text)
    try:
        date, offset = _numeric(match) if match else _mailed(text)
        # Years are checked after the offset, which can move a date over the end of the calendar.
        year = (date - (offset or timedelta())).year
    except (ValueError, OverflowError):
        return None
    if not FIRST_YEAR <= year <= datetime.now().year + 1:
        return None
    if date in UNSET and match is not None and match["second"] is not None:
        return None
    return date.isoformat(timespec="seconds") + _offset_text(offset)


def _numeric(match: re.Match[str]) -> tuple[datetime, timedelta | None]:
    year, month, day = int(match["year"]), _part(match, "month"), _part(match, "day")
    if not month or not day:
        return datetime(year, month or 1, 1), None
    hour, minute, second = (int(match[key] or 0) for key in ("hour", "minute", "second"))
    return _moment(year, month, day, hour, minute, second), _offset(match["offset"])


def _part(match: re.Match[str], name: str) -> int:
    return int(match[name] or match[f"{name}_digits"] or 0)


def _mailed(text: str) -> tuple[datetime, timedelta | None]:
    parts = parsedate_tz(text)
    if parts is None or not FOUR_DIGITS.search(text):
        raise ValueError("no date of a mail")
    offset = None if not parts[9] else timedelta(seconds=parts[9])
    if offset is not None and abs(offset) >= timedelta(days=1):
        raise ValueError("an offset has less than a day")
    return _moment(*parts[:6]), offset


def _moment(year: int, month: int, day: int, hour: int, minute: int, second: int) -> datetime:
    if (hour, minute, second) == (24, 0, 0):
        return datetime(year, month, day) + timedelta(days=1)
    return datetime(year, month, day, hour, minute, 59 if second == 60 else second)


def _offset(text: str | None) -> timedelta | None:
    if text is None or text.isalpha():
        return None
    hours, _, minutes = text[1:].partition(":")
    if not minutes and len(hours) > 2:
        hours, minutes = hours[:-2], hours[-2:]
    if int(hours) > 23 or int(minutes or 0) > 59:
        raise ValueError("an offset has less than a day")
    return timedelta(hours=int(hours), minutes=int(minutes or 0)) * (-1 if text[0] == "-" else 1)


def _offset_text(offset: timedelta | None) -> str:
    if offset is None:
        return "Z"
    minutes = int(offset.total_seconds()) // 60
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"

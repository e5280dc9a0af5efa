"""Coordinates as descriptions write them: degrees, minutes and seconds with a letter, to signed decimal degrees."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

NUMBERS = re.compile(r"\d+(?:\.\d+)?")
LETTER = re.compile(r"(?<![a-z])(?:north|south|east|west|[nsew])(?![a-z])", re.IGNORECASE)
MINUS = re.compile(r"\s*[-\u2212]")

LONGEST_COORDINATE = 64


def signed_degrees(parts: object, reference: str) -> float | None:
    """Return decimal degrees, south and west negative; None where they are malformed or nothing is there.

    Parameters
    ----------
    parts : object
        Degrees, and minutes and seconds where there are any; a part of 0/0 is not there (CIPA DC-008, 4.6.6).
    reference : str
        "N", "south" or the like; degrees below zero are south or west whatever it says.
    """
    numbers = [_number(part) for part in (parts if isinstance(parts, Sequence) else (parts,))]
    if not 1 <= len(numbers) <= 3 or not math.isfinite(numbers[0]):
        return None
    degrees, minutes, seconds = [*numbers, 0.0, 0.0][:3]
    minutes, seconds = (part if math.isfinite(part) else 0.0 for part in (minutes, seconds))
    if not (0 <= minutes <= 60 and 0 <= seconds <= 60):
        return None
    size = abs(degrees) + minutes / 60 + seconds / 3600
    return -size if degrees < 0 or reference.strip()[:1].lower() in ("s", "w") else size


def written_degrees(text: str, reference: str = "") -> float | None:
    """Return the decimal degrees of a coordinate in words: ``47,22.5N`` as in XMP, ``47.375``, ``N 47° 22' 30"``."""
    if len(text) > LONGEST_COORDINATE:
        return None
    letter = LETTER.search(re.sub(r"\d", " ", text))
    numbers = [float(number) for number in NUMBERS.findall(text)]
    if numbers and MINUS.match(text):
        numbers[0] = -numbers[0]
    return signed_degrees(numbers, letter[0] if letter else reference)


def _number(value: object) -> float:
    """Return a part of a coordinate, NaN for what is none: Pillow's rationals divide by zero only when asked."""
    try:
        return float(value) if not isinstance(value, str | bytes | bool) else math.nan  # type: ignore[arg-type]
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return math.nan

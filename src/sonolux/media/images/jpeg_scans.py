"""JPEG scans: which of a picture's detail the scans of a file bring, whole or broken off.

A progressive file brings coarse detail in its first scans and fine detail in its later ones, or the last bit of each
coefficient. What is needed here is a picture of half the size, exact but for that last bit: the 4 x 4 coefficients of
lowest frequency of every block, in every component. The scans that bring more are the finest.

Source: ITU-T T.81, B.2.3 and G.1.1.
"""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

END = b"\xff\xd9"
SCAN, FRAMES, RESTARTS = 0xDA, (0xC0, 0xC1, 0xC2), 0xDD
MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]", re.DOTALL)
"""Of a segment with a length, or of the end; what else begins so stands between the bits of a scan."""

COARSE = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 17, 18, 24)
"""Numbers, in zigzag order, of the 4 x 4 coefficients of lowest frequency."""

LAST_BIT = 1
UNKNOWN = 16
TABLES = (0xC4, 0xCC)
"""Markers among those of frames that define tables."""

MOST_SEGMENTS, MOST_HEADERS, BETWEEN = 10_000, 100, 64


@dataclass(frozen=True, slots=True)
class Lacking:
    """What a file lacks that breaks off.

    Attributes
    ----------
    much : bool
        Whole scans that are needed, or one that cannot be told.
    needed : bool
        The end, at most, of a scan that is needed.
    finest : bool
        Whole scans of those that bring more.
    """

    much: bool = False
    needed: bool = False
    finest: bool = False


def what_is_lacking(content: bytes) -> Lacking:
    """Say what a JPEG file lacks: nothing where it has its end, and else what it needs to have been whole."""
    known: dict[int, list[int]] = {}
    before = False
    try:
        for kind, segment in _segments(content):
            if kind == END[1]:
                return Lacking()
            if kind in FRAMES:
                known = {identity: [UNKNOWN] * 64 for identity in segment[6 : 6 + 3 * segment[5] : 3]}
            elif kind == SCAN:
                before = _enough(known)
                _note(known, segment)
    except (IndexError, KeyError, ValueError):  # a header that is damaged, or ends too soon
        return Lacking(much=True)
    if not _enough(known):
        return Lacking(much=True)
    # The last scan is the one that breaks off: what those before it brought is whole.
    exact = all(bits == 0 for component in known.values() for bits in component)
    return Lacking(needed=not before, finest=not exact)


def frame_size(content: bytes, start: int) -> tuple[int, int] | None:
    """Return width and height of the JPEG that begins at a place; None for none, and for one that is no picture.

    Pictures have 8 bits, and one or three components, coded with loss: raw values of a sensor are not.
    """
    for kind, segment in itertools.islice(_segments(content, start + 2, BETWEEN), MOST_HEADERS):
        if kind in FRAMES and len(segment) >= 6 and segment[0] == 8 and segment[5] in (1, 3):
            height, width = (int.from_bytes(segment[at : at + 2], "big") for at in (1, 3))
            return (width, height) if width and height else None
        if (0xC0 <= kind <= 0xCF and kind not in TABLES) or kind in (SCAN, END[1]):
            return None
    return None


def restart_interval(content: bytes) -> int:
    """Return after how many blocks a JPEG has a restart marker, 0 for none."""
    found = (segment for kind, segment in _segments(content) if kind == RESTARTS)
    return int.from_bytes(next(found, b"")[:2], "big")


def _note(known: dict[int, list[int]], scan: bytes) -> None:
    """Note which coefficients a scan brings, and the lowest of their bits."""
    count = scan[0]
    first, last, bits = scan[1 + 2 * count : 4 + 2 * count]
    for identity in scan[1 : 1 + 2 * count : 2]:
        for place in range(first, min(last, 63) + 1):
            known[identity][place] = bits & 15


def _enough(known: dict[int, list[int]]) -> bool:
    return bool(known) and all(bits[place] <= LAST_BIT for bits in known.values() for place in COARSE)


def _segments(content: bytes, at: int = 2, reach: int = sys.maxsize) -> Iterator[tuple[int, bytes]]:
    """Yield marker and content of the segments of a JPEG, none further than ``reach`` bytes behind the last."""
    for _ in range(MOST_SEGMENTS):
        found = MARKER.search(content, at, min(at + reach, len(content)))
        if found is None:
            return
        start = found.end() + 2
        at = max(start, found.end() + int.from_bytes(content[found.end() : start], "big"))
        yield found[0][1], content[start:at]

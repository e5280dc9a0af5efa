"""Matroska structure: does a file end where its elements say, and are there bytes within that belong to none.

Elements follow each other, each with an id and a size (RFC 8794); in recordings of something live, the segment and its
clusters have no size, and only the blocks in them do.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import BinaryIO

EBML, SEGMENT, CLUSTER = 0x1A45DFA3, 0x18538067, 0x1F43B675
IN_SEGMENT = frozenset(
    (0x114D9B74, 0x1549A966, 0x1654AE6B, CLUSTER, 0x1C53BB6B, 0x1254C367, 0x1043A770, 0x1941A469, 0xEC, 0xBF)
)
IN_CLUSTER = frozenset((0xE7, 0x5854, 0xA7, 0xAB, 0xA3, 0xA0, 0xAF))

MOST_ELEMENTS = 2**20
"""Elements that are looked at: the blocks of five hours of film."""


@dataclass(slots=True)
class MatroskaStructure:
    """Whether the last element is whole, None where that is not known, and whether there are bytes that are none."""

    complete: bool | None = None
    damaged: bool = False


def scan_matroska(file: BinaryIO, *, thorough: bool = False) -> MatroskaStructure:
    """Walk through the elements of a seekable file; thorough: through the blocks in clusters as well."""
    size = file.seek(0, io.SEEK_END)
    found, place = MatroskaStructure(), 0
    for _ in range(MOST_ELEMENTS):
        if place >= size:
            found.complete = True if found.complete is None else found.complete
            return found
        file.seek(place)
        kind, length, begins = _element(file.read(12))
        if kind not in IN_SEGMENT and kind not in IN_CLUSTER and kind not in (EBML, SEGMENT):
            found.damaged = True
            return found
        if kind == SEGMENT and length is not None:
            found.complete = place + begins + length <= size
            if not thorough:
                return found
        within = kind == SEGMENT or length is None or (kind == CLUSTER and thorough)
        place += begins + (0 if within or length is None else length)
        if place > size:
            found.complete = False
            return found
    return found


def _element(head: bytes) -> tuple[int, int | None, int]:
    """Return id, size and how many bytes tell them; a size that is not known is None, and the id 0 where none is."""
    width = _width(head[:1], 4)
    if not width:
        return 0, None, 0
    kind, rest = int.from_bytes(head[:width], "big"), head[width:]
    more = _width(rest[:1], 8)
    if not more:
        return 0, None, 0
    mask = (1 << 7 * more) - 1
    length = int.from_bytes(rest[:more], "big") & mask
    return kind, None if length == mask else length, width + more


def _width(first: bytes, most: int) -> int:
    """Return how many bytes a number has that begins with this one, 0 where it is none."""
    width = 9 - first[0].bit_length() if first and first[0] else 0
    return width if width <= most else 0

"""Ogg pages: where the links of a chained file begin, and whether pages are missing.

Internet radio and joined files are chains: one physical stream after another, each with its own rate and channels. A
link begins with pages that are marked so, and is a whole Ogg file by itself (RFC 3533).
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import BinaryIO

CAPTURE = b"OggS"
HEADER = 27
LONGEST_PAGE = HEADER + 255 + 255 * 255

MOST_PAGES = 2**21
"""Pages that are looked at: 24 hours of sound."""

MOST_LINKS = 1000


@dataclass(slots=True)
class OggPages:
    """What the pages of a file show.

    Attributes
    ----------
    links : list of int
        Where each link begins, in bytes; the first is 0.
    complete : bool
        Whether the last page is whole.
    damaged : bool
        Whether pages are missing between others, or bytes that are no page.
    """

    links: list[int] = field(default_factory=list)
    complete: bool = True
    damaged: bool = False


def is_ogg(file: BinaryIO) -> bool:
    """Tell whether a seekable file begins like Ogg; it is left at its beginning."""
    head = file.read(len(CAPTURE))
    file.seek(0)
    return head == CAPTURE


def scan_pages(file: BinaryIO) -> OggPages:
    """Walk through the pages of a seekable file, which is left at its beginning."""
    size = file.seek(0, io.SEEK_END)
    found, place, begins = OggPages([0]), 0, True
    numbers: dict[bytes, int] = {}
    for _ in range(MOST_PAGES):
        file.seek(place)
        head = file.read(HEADER + 255)
        if len(head) < HEADER or head[:4] != CAPTURE:
            resumed = _next_page(file, place)
            if resumed is None:
                break
            found.damaged = found.damaged or any(head)
            place = resumed
            continue
        serial, number = head[14:18], int.from_bytes(head[18:22], "little")
        is_first = bool(head[5] & 2)
        if is_first and not begins and len(found.links) < MOST_LINKS:
            found.links.append(place)
            numbers.clear()
        begins = is_first
        found.damaged = found.damaged or number != numbers.get(serial, number - 1) + 1
        numbers[serial] = number
        place += HEADER + head[26] + sum(head[HEADER : HEADER + head[26]])
        if place >= size:
            found.complete = place == size
            break
    file.seek(0)
    return found


def _next_page(file: BinaryIO, place: int) -> int | None:
    """Return where the next page begins after a place that is none."""
    while True:
        file.seek(place + 1)
        some = file.read(LONGEST_PAGE)
        at = some.find(CAPTURE)
        if at >= 0:
            return place + 1 + at
        if len(some) < len(CAPTURE):
            return None
        place += len(some) - len(CAPTURE) + 1


class Slice(io.RawIOBase):
    """A part of a seekable file, as a file of its own; the file stays open when it is closed."""

    def __init__(self, file: BinaryIO, start: int, end: int) -> None:
        self._file, self._start, self._end, self._place = file, start, end, start

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def seekable(self) -> bool:
        """Tell that it can be sought in."""
        return True

    def tell(self) -> int:
        """Return the place in the part."""
        return self._place - self._start

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place in the part."""
        base = {io.SEEK_SET: self._start, io.SEEK_CUR: self._place, io.SEEK_END: self._end}[whence]
        self._place = max(self._start, base + offset)
        return self.tell()

    def read(self, size: int = -1) -> bytes:
        """Read at most so many bytes of the part."""
        left = max(0, self._end - self._place)
        self._file.seek(self._place)
        some = self._file.read(left if size < 0 else min(size, left))
        self._place += len(some)
        return some

"""ID3v2 frames: the pieces of an ID3 tag of version 2.2, 2.3 or 2.4, each with its name and its bytes.

Writers disagree with the standard and with each other; what is read here is what they write: plain sizes where
version 2.4 wants seven bits a byte, unsynchronised tags that do not say so, padding and junk between frames.

References
----------
M. Nilsson, "ID3 tag version 2.3.0", 1999, and "ID3 tag version 2.4.0 - Main Structure", 2000.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

HEADER = 10
LARGEST_TAG = 64 * 2**20
"""Bytes of a tag that are looked at: pictures are the largest part of it."""

MOST_FRAMES = 5000
FRAME_NAMES = {2: re.compile(rb"[A-Z][A-Z0-9]{2}"), 3: re.compile(rb"[A-Z][A-Z0-9]{2}[A-Z0-9 \0]")}


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame: its name (of 2.2, three letters), the version of its tag, and its bytes."""

    name: str
    version: int
    data: bytes


def tag_size(header: bytes) -> int | None:
    """Return the bytes of the ID3v2 tag that begins so, with its header, None for none."""
    if len(header) < HEADER or header[:3] not in (b"ID3", b"3DI") or not 2 <= header[3] <= 4:
        return None
    footer = HEADER if header[3] == 4 and header[5] & 0x10 else 0
    return HEADER + sevens(header[6:10]) + footer


def read_frames(file: BinaryIO, start: int) -> Iterator[Frame]:
    """Yield the frames of the tag that begins at a place of a file; none where there is no tag."""
    file.seek(start)
    header = file.read(HEADER)
    size = tag_size(header)
    if size is None:
        return
    version, flags = header[3], header[5]
    body = file.read(min(size - HEADER, LARGEST_TAG))
    if flags & 0x80 and version < 4:
        body = synchronised(body)
    yield from _frames(body[_extended(body, version, flags) :], version, unsynchronised=bool(flags & 0x80))


def sevens(data: bytes) -> int:
    """Return the number that bytes of seven bits make."""
    number = 0
    for byte in data:
        number = number << 7 | byte & 0x7F
    return number


def synchronised(data: bytes) -> bytes:
    """Take out the zeros that keep a tag from looking like sound."""
    return data.replace(b"\xff\x00", b"\xff")


def _extended(body: bytes, version: int, flags: int) -> int:
    """Return the bytes of an extended header."""
    if version == 2 or not flags & 0x40 or len(body) < 4:
        return 0
    size = sevens(body[:4]) if version == 4 else int.from_bytes(body[:4], "big") + 4
    # Some writers set the flag and write no such header.
    return size if size <= 4096 and not FRAME_NAMES[3].match(body) else 0


def _frames(body: bytes, version: int, *, unsynchronised: bool) -> Iterator[Frame]:
    letters, head = (3, 6) if version == 2 else (4, 10)
    names = FRAME_NAMES[min(version, 3)]
    at = count = 0
    while at + head <= len(body) and count < MOST_FRAMES:
        if not names.match(body, at):
            found = _next_frame(body, at, names)
            if found is None:
                return
            at = found
            continue
        size = _size(body, at, version, names)
        data, flags = body[at + head : at + head + size], body[at + head - 1]
        name = body[at : at + letters].decode("ascii").strip(" \0")
        at, count = at + head + size, count + 1
        plain = _plain(data, version, flags, unsynchronised=unsynchronised) if version > 2 else data
        if plain:
            yield Frame(name, version, plain)


def _next_frame(body: bytes, at: int, names: re.Pattern[bytes]) -> int | None:
    """Return where frames go on behind a few stray bytes; padding is their end."""
    for place in range(at + 1, min(at + 16, len(body) - 10)):
        if names.match(body, place) and body[at:place].strip(b"\0"):
            return place
    return None


def _size(body: bytes, at: int, version: int, names: re.Pattern[bytes]) -> int:
    """Return the bytes of a frame without its head."""
    if version == 2:
        return int.from_bytes(body[at + 3 : at + 6], "big")
    field = body[at + 4 : at + 8]
    plain = int.from_bytes(field, "big")
    if version == 3:
        return plain
    size = sevens(field)
    if size == plain:
        return size
    # iTunes wrote plain sizes into 2.4: right is the one behind which frames go on, or the tag ends.
    return size if _goes_on(body, at + 10 + size, names) or not _goes_on(body, at + 10 + plain, names) else plain


def _goes_on(body: bytes, at: int, names: re.Pattern[bytes]) -> bool:
    return at == len(body) or (at < len(body) and (body[at] == 0 or bool(names.match(body, at))))


def _plain(data: bytes, version: int, flags: int, *, unsynchronised: bool) -> bytes:
    """Undo what the flags of a frame say was done to it; nothing is left of what is encrypted."""
    packed, locked, grouped = (0x80, 0x40, 0x20) if version == 3 else (0x08, 0x04, 0x40)
    if flags & locked:
        return b""
    told = 1 if flags & grouped else 0
    told += 4 if (version == 3 and flags & packed) or (version == 4 and flags & 0x01) else 0
    data = data[told:]
    if version == 4 and (unsynchronised or flags & 0x02):
        data = synchronised(data)
    if not flags & packed:
        return data
    try:
        return zlib.decompressobj().decompress(data, LARGEST_TAG)
    except zlib.error:
        return b""

"""Tar headers: the entries of an archive, one after the other, without what is in them.

POSIX ustar and pax (IEEE Std 1003.1-2017, ``pax``), and GNU's long names, base-256 numbers and sparse files. Nothing is
ever unpacked: each entry says where its bytes begin and how many they are. Long headers are bounded, for they are read
into memory. Of global pax headers nothing is taken.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from sonolux.errors import MediaError

BLOCK = 512
LONGEST_HEADER = 2**20
"""Bytes of a long name or of pax records, at most."""

MOST_HEADERS = 16
"""Headers in a row that belong to one entry, at most."""

REGULAR = b"0\x007"
"""Types of files whose bytes follow: new, old, and contiguous ones."""

WITHOUT_BYTES = b"123456"
"""Links, devices, folders and pipes: none of their bytes follow, whatever size they claim."""

ReadAt = Callable[[int, int], bytes]
"""Returns so many bytes from a place; fewer at the end."""


@dataclass(frozen=True, slots=True)
class TarEntry:
    """An entry: its name, where its bytes begin, how many they are, and whether it is a plain file."""

    name: str
    start: int
    size: int
    plain: bool


@dataclass(slots=True)
class _Extended:
    """What headers before the one of an entry say of it."""

    name: bytes | None = None
    size: int | None = None
    sparse: bool = False
    headers: int = field(default=0)


def tar_entries(read_at: ReadAt, size: int) -> Iterator[TarEntry]:
    """Yield the entries of an archive in their order.

    Parameters
    ----------
    read_at : callable
    size : int
        Bytes of the archive.

    Raises
    ------
    MediaError
        Where it is no tar, or damaged or cut off from some place on; what came before is whole.
    """
    place, extended = 0, _Extended()
    while place < size:
        header = read_at(place, BLOCK)
        if not any(header):
            return
        _check(header, first=place == 0)
        kind, length = header[156:157], _number(header[124:136])
        place += BLOCK
        if kind in b"LKxg":
            _take(extended, kind, _long_header(read_at, place, length, size))
            place += _padded(length)
            continue
        place += _sparse_maps(read_at, place, header) if kind == b"S" else 0
        length = length if extended.size is None else extended.size
        name = _name(header) if extended.name is None else extended.name
        plain = kind in REGULAR and not name.endswith(b"/") and not extended.sparse
        held = 0 if kind in WITHOUT_BYTES else length
        if place + held > size:
            raise MediaError("is cut off")
        yield TarEntry(os.fsdecode(name), place, held, plain)
        place, extended = place + _padded(held), _Extended()
    if place > size:
        raise MediaError("is cut off")


def _check(header: bytes, *, first: bool) -> None:
    """Raise MediaError unless a header is whole, and its checksum right, as signed or unsigned bytes."""
    if len(header) < BLOCK:
        raise MediaError("is no tar" if first else "is cut off")
    blank = header[:148] + b" " * 8 + header[156:]
    try:
        told = int(header[148:156].strip(b" \0"), 8)
    except ValueError:
        told = -1
    right = told == sum(blank) or told == sum(blank) - 256 * sum(byte > 127 for byte in blank)
    if not right:
        raise MediaError("is no tar" if first else "is damaged")


def _number(digits: bytes) -> int:
    """Return a number in octal digits, or in base 256 where the first bit is set."""
    if digits[0] & 0x80:
        number = int.from_bytes(bytes([digits[0] & 0x7F]) + digits[1:], "big")
        negative = bool(digits[0] & 0x40)
    else:
        try:
            number, negative = int(digits.partition(b"\0")[0].strip() or b"0", 8), False
        except ValueError:
            raise MediaError("is damaged") from None
    if negative or number < 0:
        raise MediaError("is damaged")
    return number


def _name(header: bytes) -> bytes:
    name = header[:100].partition(b"\0")[0]
    prefix = header[345:500].partition(b"\0")[0] if header[257:263] == b"ustar\0" else b""
    return prefix + b"/" + name if prefix else name


def _long_header(read_at: ReadAt, place: int, length: int, size: int) -> bytes:
    if length > LONGEST_HEADER:
        raise MediaError(f"has a header of {length:,} bytes, more than any needs")
    if place + length > size:
        raise MediaError("is cut off")
    return read_at(place, length)


def _take(extended: _Extended, kind: bytes, said: bytes) -> None:
    """Take what a header of its own says of the next entry."""
    extended.headers += 1
    if extended.headers > MOST_HEADERS:
        raise MediaError("is damaged")
    if kind == b"L":
        extended.name = said.partition(b"\0")[0]
    elif kind == b"x":
        records = dict(_records(said))
        extended.name = records.get(b"path", extended.name)
        if b"size" in records:
            if not records[b"size"].isdigit() or len(records[b"size"]) > 19:
                raise MediaError("is damaged")
            extended.size = int(records[b"size"])
        extended.sparse |= any(key.startswith(b"GNU.sparse.") for key in records)


def _records(said: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield pax records: their length, a space, a key, ``=``, a value, a line break."""
    place = 0
    while place < len(said) and said[place]:
        digits = said[place : place + 20].partition(b" ")[0]
        length = int(digits) if digits.isdigit() else 0
        record = said[place + len(digits) + 1 : place + length]
        key, equals, value = record.partition(b"=")
        if place + length > len(said) or not equals or not value.endswith(b"\n"):
            raise MediaError("is damaged")
        yield key, value[:-1]
        place += length


def _sparse_maps(read_at: ReadAt, place: int, header: bytes) -> int:
    """Return the bytes of the maps that follow the header of a sparse file."""
    maps, more = 0, bool(header[482])
    while more:
        block = read_at(place + maps, BLOCK)
        if len(block) < BLOCK:
            raise MediaError("is cut off")
        more = bool(block[504])
        maps += BLOCK
    return maps


def _padded(length: int) -> int:
    return -(-length // BLOCK) * BLOCK

"""Salvage of broken images: pictures that break off just before their end are read as far as they are there.

How much of one is there is measured: it is decoded twice, with two different fillings where its file breaks off. What
is the same in both was read from the file; what differs came from the filling. A picture of which a noticeable part
is missing is another picture, and refused.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import floor
from typing import IO, Any
from zlib import crc32

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from PIL.Image import Image as Picture
from PIL.ImageFile import ImageFile

from sonolux.media.images.jpeg_scans import END, Lacking, restart_interval, what_is_lacking

LEAST = 0.95
"""Share of a picture's pixels that has to be there."""

LARGEST = 2**28
"""Bytes of a broken file, at most: it is held in memory."""

MOST_PIXELS = 2**26
"""Pixels of a broken picture, at most: it is held three times."""

ZEROS, BLOCK = 64, 2**20
"""Zeros at the end of a file that are no chance, and bytes that are looked at at once to find their beginning."""

BLOCK_BYTES = 64
"""Random bytes that a block of a JPEG takes, about."""

PADDING = 2**18
"""Bytes that stand for the rest of a JPEG: more than the end of any picture that is not refused needs."""

AT_ONCE = ("WEBP", "AVIF", "HEIF")
"""Formats whose decoders give all of a picture or nothing."""

INTERLACED = ("PNG", "GIF")

BLOCK_SIDES = {"JPEG": 16, "WEBP": 16, "VP8L": 1, "HEIF": 64, "AVIF": 64}
"""Pixels of the edge of what is coded at once, row by row."""

CHANGED = 1 / 3
"""Share of the pixels of a block that differ where it is not there: filters carry a few into their neighbours."""

RIFF_HEAD = 64
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"

FINEST_MISSING = "breaks off: its finest detail is missing"
ALL_THERE = "is damaged, or breaks off at its very end: all of its pixels are there"

FIRST_BYTES = (0x00, 0xAA, 0x55, 0x80, 0x01, 0xC9)
"""First bytes of fillings of which the rest is zeros: decoders of arithmetic codes take them differently."""

Open = Callable[[bytes], ImageFile]
"""Opens a picture, checked and ready to be loaded."""


@dataclass(frozen=True, slots=True)
class Salvaged:
    """A broken picture, loaded, and what is missing of it in one line."""

    picture: Picture
    missing: str


def salvage(content: bytes, name: str, opened: Open) -> Salvaged | None:
    """Load what is there of a broken picture; None where that is too little, or cannot be told.

    Parameters
    ----------
    content : bytes
        Of the file.
    name : str
        Pillow's name of its format.
    opened : callable
        Opens a content; it may raise anything.
    """
    lacking = Lacking(needed=True)
    if len(content) > LARGEST:
        return None
    if name == "JPEG":
        content = content.rstrip(b"\0")
        lacking = what_is_lacking(content)
    form = "VP8L" if name == "WEBP" and b"VP8L" in content[:RIFF_HEAD] else name
    first: Picture | None = None
    for number, filled in enumerate(completed(content, name) if not lacking.much else ()):
        picture = _loaded(filled, 255 * (number % 2), opened)
        if first is not None and picture is not None:
            return _compared(first, picture, form, lacking)
        first = first or picture
    return None


def is_unwritten(file: IO[bytes]) -> bool:
    """Tell whether a JPEG ends in zeros with no end before them: its rest was never written.

    Downloads reserve their room on the disk, and may then break off; libjpeg takes the zeros for grey.
    """
    place = file.tell()
    at = file.seek(0, io.SEEK_END)
    length, tail = ZEROS, b""
    while at > 0 and not tail:
        start = max(0, at - length)
        file.seek(start)
        tail = file.read(at - start).rstrip(b"\0")
        if tail and length == ZEROS:
            tail = END  # it does not end in zeros
        at, length = start, BLOCK
    file.seek(place)
    return not tail.endswith(END)


def lacks_end(file: IO[bytes]) -> bool:
    """Tell whether a PNG breaks off before the end of its last chunk."""
    place = file.tell()
    size = file.seek(0, io.SEEK_END)
    at, kind = len(PNG_SIGNATURE), b""
    while kind != b"IEND" and at + 8 <= size:
        file.seek(at)
        length, kind = int.from_bytes(file.read(4), "big"), file.read(4)
        at += 12 + length
    file.seek(place)
    return kind != b"IEND" or at > size


def completed(content: bytes, name: str) -> Iterator[bytes]:
    """Yield a file that breaks off, completed in different ways.

    Parameters
    ----------
    content : bytes
    name : str
        Pillow's name of its format.
    """
    lacking = _announced(content, name) - len(content)
    if name == "JPEG":
        # Without more data libjpeg continues with the colour that it has; random bits always mean something to it.
        yield content + END
        yield content + _noise(restart_interval(content)) + END
    elif 0 < lacking <= LARGEST:
        for first in FIRST_BYTES:
            yield content + bytes([first]) + bytes(lacking - 1)
        for other in (b"\xff", b"\x55"):
            yield content + other * lacking
    else:
        # Their decoders leave pixels alone that they do not reach: those are painted differently.
        content = without_broken_remarks(content) if name == "PNG" else content
        yield content
        yield content


def _noise(interval: int) -> bytes:
    """Return random bits for the scan of a JPEG, with its restart marker after every so many blocks; 0 for none."""
    bits = random.Random(0).randbytes(PADDING).replace(b"\xff", b"\xfe")
    if not interval:
        return bits
    length = min(interval * BLOCK_BYTES, PADDING // 8)
    parts = [bits[at : at + length] for at in range(0, PADDING, length)]
    return b"".join(part + bytes([0xFF, 0xD0 + number % 8]) for number, part in enumerate(parts))


def _announced(content: bytes, name: str) -> int:
    """Return the length that a RIFF or ISO file says it has, 0 where the format says nothing."""
    if name == "WEBP":
        return int.from_bytes(content[4:8], "little") + 8
    at = 0
    while name in ("AVIF", "HEIF") and at + 16 <= len(content):
        size = int.from_bytes(content[at : at + 4], "big")
        size = int.from_bytes(content[at + 8 : at + 16], "big") if size == 1 else size
        if size < 8:
            return 0
        at += size
    return at


def without_broken_remarks(content: bytes) -> bytes:
    """Return a PNG without the chunks that pictures can do without and whose checksum is wrong."""
    kept, at = [content[: len(PNG_SIGNATURE)]], len(PNG_SIGNATURE)
    while at + 12 <= len(content):
        end = at + 12 + int.from_bytes(content[at : at + 4], "big")
        chunk = content[at:end]
        optional = bool(chunk[4] & 0x20)
        if not optional or crc32(chunk[4:-4]).to_bytes(4, "big") == chunk[-4:]:
            kept.append(chunk)
        at = end
    return b"".join([*kept, content[at:]])


def _loaded(content: bytes, grey: int, opened: Open) -> Picture | None:
    """Load a picture as far as it goes, over a grey ground; None where nothing of it can be decoded."""
    try:
        picture = opened(content)
        if picture.width * picture.height > MOST_PIXELS:
            return None
        _prefill(picture, grey)
        try:
            picture.load()
        except OSError:
            if picture.format in AT_ONCE:
                return None
            if picture.tile:
                picture.tile = []  # what was decoded stays
                picture.load_end()
    except MemoryError:
        raise
    except Exception:
        # Another filling may do; where none does, the caller raises what was wrong with the file as it is.
        return None
    return picture


def _prefill(picture: Any, grey: int) -> None:
    """Have a picture that is about to be loaded painted grey first."""
    prepare = picture.load_prepare

    def prepared() -> None:
        prepare()
        bands = picture.im.bands
        picture.im.paste(grey if bands == 1 else (grey,) * bands, (0, 0, *picture.im.size))

    picture.load_prepare = prepared


def _compared(one: Picture, other: Picture, form: str, lacking: Lacking) -> Salvaged | None:
    """Tell from two fillings what is there."""
    ours, theirs = np.asarray(one), np.asarray(other)
    if ours.shape != theirs.shape or one.mode != other.mode:
        return None
    there = np.equal(ours, theirs).reshape(*ours.shape[:2], -1).all(axis=2)
    if form in BLOCK_SIDES and lacking.needed:
        _end_at_first_change(there, BLOCK_SIDES[form])
    share = float(there.mean())
    if share < 1.0 and form != "JPEG":
        _fill(one, ours, there)
    if share < LEAST and lacking.needed:
        # The last pass of interlaced pictures brings every other row.
        return Salvaged(one, FINEST_MISSING) if form in INTERLACED and there[::2].all() else None
    if lacking.finest or share < LEAST:
        return Salvaged(one, FINEST_MISSING)
    if share == 1.0:
        return Salvaged(one, ALL_THERE)
    return Salvaged(one, f"breaks off: {floor(1e4 * share) / 100:.2f} % of its pixels are there")


def _end_at_first_change(there: NDArray[np.bool_], side: int) -> None:
    """Take nothing as there behind the first block that is not: what decoders make up there can be alike by chance."""
    height, width = there.shape
    rows, columns = np.arange(0, height, side), np.arange(0, width, side)
    missing = np.add.reduceat(np.add.reduceat(~there, rows, axis=0, dtype=np.int64), columns, axis=1)
    changed = np.argwhere(missing > CHANGED * side * side)
    if len(changed):
        row, column = (int(place) * side for place in changed[0])
        there[row : row + side, column:] = False
        there[row + side :] = False


def _fill(picture: Any, pixels: NDArray[Any], there: NDArray[np.bool_]) -> None:
    """Give pixels that are missing the colour of the next one above that is there."""
    rows = np.maximum.accumulate(np.where(there, np.arange(len(there))[:, None], 0), axis=0)
    filled = np.take_along_axis(pixels, rows if pixels.ndim == 2 else rows[..., None], axis=0)
    picture.im = PIL.Image.frombytes(picture.mode, picture.size, np.ascontiguousarray(filled).tobytes()).im
    if picture.palette is not None:
        picture.palette.dirty = 1  # it is put on the new pixels

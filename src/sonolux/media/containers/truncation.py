"""Truncation: does a media file end before its own structure does.

Each format says in its own way how much there should be: sizes of boxes, chunks, elements and frames. Where a file is
shorter, it was cut off; where it only lasts less than its header says, the header is wrong.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from typing import BinaryIO, NamedTuple

from sonolux.media.containers.matroska import scan_matroska
from sonolux.media.containers.ogg import scan_pages
from sonolux.media.containers.wave_file import find_wave_data, understates

MOST_BOXES = 2**16
"""Boxes and chunks that are looked at."""


class End(NamedTuple):
    """How a file ends.

    Attributes
    ----------
    whole : bool or None
        Whether its structure ends with it; None where that cannot be told.
    certain : bool
        Whether media are missing where it is not whole, whatever its header says of their length.
    seconds : float or None
        What it should last, where its structure says so.
    damaged : bool
        Whether what is missing may lie before its end.
    """

    whole: bool | None = None
    certain: bool = False
    seconds: float | None = None
    damaged: bool = False


def end_of(file: BinaryIO, form: str) -> End:
    """Tell how a seekable file of a format, as libav names it, ends."""
    check = CHECKS.get(form)
    if check is None:
        return End()
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    return check(file, size)


def _boxes(file: BinaryIO, size: int) -> End:
    """Look at the boxes of an MP4 file (ISO/IEC 14496-12)."""
    place, kinds, open_ended = 0, [b""], False
    for _ in range(MOST_BOXES):
        if place + 8 > size:
            break
        file.seek(place)
        head = file.read(16)
        length, kind = int.from_bytes(head[:4], "big"), head[4:8]
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        open_ended = length == 0
        length = length or size - place
        if length < 8 or not kind.strip().isalnum():
            fragments = b"moof" in kinds
            return End(not fragments, certain=fragments, damaged=fragments)
        kinds.append(kind)
        place += length
    fragments = b"moof" in kinds
    if place > size or kinds[-1] == b"moof":
        return End(False, certain=fragments)
    return End(None if open_ended else True)


def _matroska(file: BinaryIO, size: int) -> End:
    return End(scan_matroska(file).complete)


def _ogg(file: BinaryIO, size: int) -> End:
    return End(scan_pages(file).complete, certain=True)


def _wave(file: BinaryIO, size: int) -> End:
    """Look at the samples of a WAV, which say how many they are."""
    data = find_wave_data(file)
    if data is None or data.length is None or not data.second or understates(file, data):
        return End()
    return End(data.begins + data.length <= size, seconds=data.length / data.second)


def _chunks(file: BinaryIO, size: int) -> End:
    """Look at the outer chunks of an AVI, of which long ones have several."""
    place = 0
    for _ in range(MOST_BOXES):
        file.seek(place)
        head = file.read(8)
        length = int.from_bytes(head[4:8], "little")
        if head[:4] != b"RIFF":
            break
        if not length or length >= 0xFFFFFF00:
            return End()
        place += 8 + length + length % 2
    return End(place <= size + 1) if place else End()


def _flash(file: BinaryIO, size: int) -> End:
    """Look at the last tag of an FLV, behind which its size is told."""
    file.seek(max(0, size - 4))
    last = int.from_bytes(file.read(4), "big")
    file.seek(max(0, size - 4 - last))
    head = file.read(4)
    return End(last > 10 and head[:1] in (b"\x08", b"\x09", b"\x12") and int.from_bytes(head[1:], "big") == last - 11)


ASF_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")


def _windows_media(file: BinaryIO, size: int) -> End:
    """Look at the file properties of an ASF: the size of the file, and how long it plays."""
    head = file.read(2**16)
    place = head.find(ASF_PROPERTIES)
    if place < 0 or len(head) < place + 92:
        return End()
    told, _, _, lasts, _, before, flags = struct.unpack_from("<QQQQQQI", head, place + 40)
    if flags & 1:
        return End()
    return End(told <= size, seconds=max(0.0, lasts / 1e7 - before / 1e3))


CHECKS: dict[str, Callable[[BinaryIO, int], End]] = {
    "mov": _boxes,
    "matroska": _matroska,
    "ogg": _ogg,
    "wav": _wave,
    "avi": _chunks,
    "flv": _flash,
    "asf": _windows_media,
}
"""By the first of the names that libav has for a format."""

RATES_1 = {
    1: (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    2: (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    3: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
}
RATES_2 = {
    1: (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    2: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    3: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Kilobits a second of MPEG audio, version 1, and 2 or 2.5, by layer."""


def frame_bytes(head: bytes) -> int | None:
    """Return how long a frame of MPEG audio or ADTS says it is, by its beginning; None where that is neither."""
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    layer = 4 - (head[1] >> 1 & 3)
    if layer == 4:
        return (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    version, step, pad = head[1] >> 3 & 3, head[2] >> 2 & 3, head[2] >> 1 & 1
    number = head[2] >> 4
    if version == 1 or step == 3 or number in (0, 15):
        return None
    hertz = (44_100, 48_000, 32_000)[step] // {3: 1, 2: 2, 0: 4}[version]
    bits = (RATES_1 if version == 3 else RATES_2)[layer][number - 1] * 1000
    if layer == 1:
        return (12 * bits // hertz + pad) * 4
    return (72 if layer == 3 and version != 3 else 144) * bits // hertz + pad

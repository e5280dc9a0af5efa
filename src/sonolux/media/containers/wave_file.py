"""WAV structure: where the samples of a RIFF, RF64 or BWF file are, and how many bytes of them it says there are."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import BinaryIO

STREAMED = 0x7FFF0000
"""Sizes from here on, and 0, were written by who did not know how much would follow."""

MOST_CHUNKS = 2**12
"""Chunks that are looked at."""


@dataclass(frozen=True, slots=True)
class WaveData:
    """The chunk of samples.

    Attributes
    ----------
    begins : int
        Its first byte.
    length : int or None
        Its bytes, as it says; None where it does not know.
    second : int
        Bytes of a second.
    """

    begins: int
    length: int | None
    second: int


def find_wave_data(file: BinaryIO) -> WaveData | None:
    """Return where the samples of a seekable file are, None where it is no WAV; it is left at its beginning."""
    head = file.read(12)
    place, second, long = 12, 0, None
    found = None
    for _ in range(MOST_CHUNKS if head[:4] in (b"RIFF", b"RF64") and head[8:] == b"WAVE" else 0):
        file.seek(place)
        chunk = file.read(28)
        kind, length = chunk[:4], int.from_bytes(chunk[4:8], "little")
        if len(chunk) < 8:
            break
        if kind == b"ds64":
            long = int.from_bytes(chunk[16:24], "little")
        if kind == b"fmt ":
            second = int.from_bytes(chunk[16:20], "little")
        if kind == b"data":
            told = long if length == 0xFFFFFFFF and long else length if 0 < length < STREAMED else None
            found = WaveData(place + 8, told, second)
            break
        place += 8 + length + length % 2
    file.seek(0)
    return found


def understates(file: BinaryIO, data: WaveData) -> bool:
    """Tell whether samples go on behind where they should end: what is there is no chunk, nor padding."""
    size = file.seek(0, io.SEEK_END)
    end = data.begins + (data.length or size) + (data.length or 0) % 2
    file.seek(min(end, size))
    behind = file.read(8)
    file.seek(0)
    is_chunk = len(behind) == 8 and all(32 <= byte < 127 for byte in behind[:4])
    return size - end > data.second // 4 and any(behind) and not is_chunk

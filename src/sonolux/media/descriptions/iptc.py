"""IPTC: what press agencies and photo managers write into JPEG and TIFF, from before there was XMP.

Source: IPTC-NAA Information Interchange Model, version 4.2, datasets by record and number; they lie in resource 0x0404
of Adobe's image resource blocks (Adobe Photoshop File Formats Specification).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from sonolux.media.descriptions.statements import DIGITISED, TAKEN, Statements, without_blanks
from sonolux.media.descriptions.tag_text import tag_text

IIM, DIGEST = 0x0404, 0x0425
"""Adobe's resources: the datasets, and their MD5 as it was when XMP was written last."""

CHARACTERS = (1, 90)
ENCODINGS = {b"\x1b%G": "utf-8", b"\x1b%/I": "utf-8", b"\x1b.A": "latin-1", b"\x1b-A": "latin-1", b"\x1b.B": "latin-2"}
"""What dataset 1:90 says, by ISO 2022, and the encodings it means."""

TEXTS = {
    "title": (5, 105),
    "description": (120,),
    "artist": (80,),
    "keywords": (25,),
    "words": (20,),
}
"""Kinds of statements, and the datasets of record 2 that make them."""

PLACE = (92, 90, 95, 101)
"""Sublocation, city, state, country."""

MOST_DATASETS = 5000


def iptc_statements(data: bytes) -> Statements:
    """Return what the datasets say; those behind a damaged one are not read."""
    found: dict[tuple[int, int], list[bytes]] = {}
    for record, number, value in _datasets(data):
        found.setdefault((record, number), []).append(value)
    encoding = ENCODINGS.get(found.get(CHARACTERS, [b""])[0].strip())

    def texts(*numbers: int) -> list[str]:
        return [_text(value, encoding) for number in numbers for value in found.get((2, number), ())]

    place = [text for number in PLACE for text in texts(number)[:1]]
    return without_blanks(
        {kind: texts(*numbers) for kind, numbers in TEXTS.items()}
        | {
            "place": [", ".join(filter(None, place))],
            "date": [(TAKEN, _date(texts(55), texts(60))), (DIGITISED, _date(texts(62), texts(63)))],
        }
    )


def resources(data: bytes) -> dict[int, bytes]:
    """Return Adobe's image resources by their number."""
    found: dict[int, bytes] = {}
    at = data.find(b"8BIM")
    while at >= 0 and data[at : at + 4] == b"8BIM" and len(found) < MOST_DATASETS:
        number, name = int.from_bytes(data[at + 4 : at + 6]), data[at + 6 : at + 7]
        start = at + 6 + (1 + int.from_bytes(name) + 1) // 2 * 2
        size = int.from_bytes(data[start : start + 4])
        found.setdefault(number, data[start + 4 : start + 4 + size])
        at = start + 4 + (size + 1) // 2 * 2
    return found


def is_newer_than_xmp(found: dict[int, bytes]) -> bool:
    """Tell whether datasets were changed after XMP was written from them: their digest is no longer theirs."""
    digest = found.get(DIGEST, b"")
    return len(digest) == 16 and any(digest) and hashlib.md5(found.get(IIM, b"")).digest() != digest


def _datasets(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    at = data.find(b"\x1c")
    for _ in range(MOST_DATASETS):
        if at < 0 or data[at : at + 1] != b"\x1c" or at + 5 > len(data):
            return
        size, start = int.from_bytes(data[at + 3 : at + 5]), at + 5
        if size & 0x8000:  # an extended dataset: the length of its length
            width = size & 0x7FFF
            if width > 8:
                return
            size, start = int.from_bytes(data[start : start + width]), start + width
        yield data[at + 1], data[at + 2], data[start : start + size]
        at = start + size


def _text(value: bytes, encoding: str | None) -> str:
    if encoding in (None, "utf-8"):
        return tag_text(value)
    return value.decode(encoding, "replace").partition("\0")[0].strip()


def _date(days: list[str], times: list[str]) -> str:
    """Join ``CCYYMMDD`` and ``HHMMSS+HHMM``."""
    day = days[0] if days else ""
    time = times[0].replace(":", "") if times else ""
    return f"{day}T{time}" if day and time[:6].isdigit() and day[-2:] != "00" else day

"""Tags at the end of a file: ID3v1, APE, Lyrics3 and ID3v2 that was appended, one before the other in any order.

References
----------
"APEv2 specification", wiki.hydrogenaud.io. P. Strnad and others, "Lyrics3 v2.00", 1998.
"""

from __future__ import annotations

import io
import re
from typing import BinaryIO

from sonolux.media.music_tags.fields import FRONT, Fields, Picture, as_utf8
from sonolux.media.music_tags.id3 import add_frames, add_id3v1
from sonolux.media.music_tags.id3_frames import HEADER, LARGEST_TAG, read_frames, sevens

ID3V1 = 128
EXTENDED = 227
"""Bytes of "enhanced" tags that some writers put before ID3v1."""

APE_FOOTER = 32
LONGEST_LYRICS = 2**20
MOST_ITEMS = 1000
MOST_TAGS = 8
"""Tags behind each other."""

PADDING = 2**20
"""Bytes of zeros, behind or between tags, that are looked through."""

APE_TEXTS = {
    "title": "title", "artist": "artist", "artists": "artists", "album": "album", "album artist": "album_artist",
    "albumartist": "album_artist", "genre": "genre", "year": "date", "date": "date", "composer": "composer",
    "comment": "comment", "lyrics": "lyrics", "unsyncedlyrics": "lyrics", "unsynced lyrics": "lyrics",
    "syncedlyrics": "lyrics", "keywords": "keywords", "description": "description", "language": "language",
    "rating": "rating",
    "fmps_rating": "share", "subtitle": "more", "conductor": "more", "lyricist": "more", "performer": "more",
    "mixartist": "more", "remixer": "more", "mood": "more", "work": "more",
}  # fmt: skip
LYRICS_TEXTS = {"LYR": "lyrics", "INF": "comment", "AUT": "more", "EAL": "album", "EAR": "artist", "ETT": "title"}
LYRICS_FIELD = re.compile(rb"([A-Z]{3})(\d{5})")
APE_TEXT, APE_BINARY = 0, 1
"""Kinds of an item's value, in bits 1 and 2 of its flags."""


def add_tail(fields: Fields, file: BinaryIO) -> None:
    """Add what the tags at the end of a file say of which those in front of it say nothing."""
    end = file.seek(0, io.SEEK_END)
    first = None
    for _ in range(MOST_TAGS):
        end = _unpadded(file, end)
        tail = _before(file, end, ID3V1)
        if tail.startswith(b"TAG") and len(tail) == ID3V1 and first is None:
            first = tail
            end -= ID3V1
            if _before(file, end, EXTENDED).startswith(b"TAG+"):
                end -= EXTENDED
            continue
        size = _add_one(fields, file, end, tail)
        if not size:
            break
        end = max(0, end - size)
    if first is not None:
        add_id3v1(fields, first)


def _before(file: BinaryIO, end: int, size: int) -> bytes:
    """Return the bytes before a place."""
    file.seek(max(0, end - size))
    return file.read(min(size, end))


def _unpadded(file: BinaryIO, end: int) -> int:
    """Return where zeros behind a tag begin; zeros behind sound are no padding."""
    tail = _before(file, end, 32)
    if len(tail) < 32 or tail.strip(b"\0"):
        return end
    zeros = _before(file, end, PADDING)
    filled = len(zeros.rstrip(b"\0"))
    # Tags may end with zeros of their own.
    for name, size in ((b"APETAGEX", APE_FOOTER), (b"TAG", ID3V1)):
        start = zeros.rfind(name, max(0, filled - size), filled)
        if start >= 0 and start + size >= filled:
            return end - len(zeros) + start + size
    return end - len(zeros) + filled


def _add_one(fields: Fields, file: BinaryIO, end: int, tail: bytes) -> int:
    """Add the tag that ends at a place, and return its bytes: 0 for none."""
    if tail[-APE_FOOTER:].startswith(b"APETAGEX"):
        return _add_ape(fields, file, end, tail[-APE_FOOTER:])
    if tail.endswith(b"LYRICS200") and tail[-15:-9].isdigit():
        size = int(tail[-15:-9])
        _fill(fields, _lyrics3(_before(file, end - 15, min(size, LONGEST_LYRICS))))
        return size + 15
    if tail.endswith(b"LYRICSEND"):
        text = _before(file, end - 9, 5100 + 11)
        start = text.rfind(b"LYRICSBEGIN")
        if start < 0:
            return 0
        found = Fields()
        found.add("lyrics", text[start + 11 :])
        _fill(fields, found)
        return len(text) - start + 9
    if tail[-HEADER:].startswith(b"3DI"):
        size = sevens(tail[-4:]) + 2 * HEADER
        found = Fields()
        add_frames(found, read_frames(file, max(0, end - size)))
        _fill(fields, found)
        return size
    return 0


def _fill(fields: Fields, found: Fields) -> None:
    """Take over what the tags before did not say."""
    for key, values in found.texts.items():
        if key not in fields.texts:
            fields.add(key, *values)
    fields.pictures += found.pictures
    fields.cues = fields.cues or found.cues


def _add_ape(fields: Fields, file: BinaryIO, end: int, footer: bytes) -> int:
    version, size, count = (int.from_bytes(footer[at : at + 4], "little") for at in (8, 12, 16))
    if not APE_FOOTER <= size <= min(LARGEST_TAG, end):
        return 0
    found = Fields()
    items = _before(file, end, size)[:-APE_FOOTER]
    at = 0
    for _ in range(min(count, MOST_ITEMS)):
        length, flags = (int.from_bytes(items[place : place + 4], "little") for place in (at, at + 4))
        close = items.find(b"\0", at + 8, at + 8 + 256)
        if close < 0:
            break
        key = items[at + 8 : close].decode("latin-1").strip().lower()
        at = close + 1 + length
        _add_item(found, key, flags >> 1 & 3, items[close + 1 : at], unicode=version >= 2000)
    _fill(fields, found)
    return size + (APE_FOOTER if int.from_bytes(footer[20:24], "little") >> 31 else 0)


def _add_item(fields: Fields, key: str, kind: int, value: bytes, *, unicode: bool) -> None:
    if kind == APE_BINARY and key.startswith("cover art"):
        image = value.partition(b"\0")[2]
        if image:
            fields.pictures.append(Picture(FRONT if "front" in key else 0, image))
    elif kind == APE_TEXT and key in APE_TEXTS:
        for text in value.split(b"\0"):
            known = as_utf8(text) if unicode else None
            fields.add(APE_TEXTS[key], text if known is None else known)


def _lyrics3(data: bytes) -> Fields:
    """Return the fields of a Lyrics3 tag: three letters, five digits of length, a text."""
    fields = Fields()
    start = data.find(b"LYRICSBEGIN")
    at = start + 11 if start >= 0 else 0
    while match := LYRICS_FIELD.match(data, at):
        at = match.end() + int(match[2])
        key = LYRICS_TEXTS.get(match[1].decode())
        if key is not None:
            fields.add(key, data[match.end() : at])
    return fields

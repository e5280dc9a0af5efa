"""EXIF: date, place and camera of an image, its title, artist and comments.

Source: CIPA DC-008 (Exif 2.32), tags by number in hexadecimal; the XP tags are those of Windows.
"""

from __future__ import annotations

import codecs
import re
import struct
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from PIL.Image import Exif
from PIL.Image import Image as Picture

from sonolux.media.descriptions.places import signed_degrees
from sonolux.media.descriptions.statements import CHANGED, DIGITISED, SATELLITE, TAKEN, Statements, without_blanks
from sonolux.media.descriptions.tag_text import own_words, tag_text

DESCRIPTION, MAKE, MODEL, ORIENTATION, MODIFIED, ARTIST = 0x10E, 0x10F, 0x110, 0x112, 0x132, 0x13B
RATING, RATING_PERCENT = 0x4746, 0x4749
XP_TITLE, XP_COMMENT, XP_AUTHOR, XP_KEYWORDS, XP_SUBJECT = 0x9C9B, 0x9C9C, 0x9C9D, 0x9C9E, 0x9C9F
EXIF_IFD, GPS_IFD = 0x8769, 0x8825
TAKEN_AT, DIGITISED_AT, OFFSET, OFFSET_TAKEN, OFFSET_DIGITISED = 0x9003, 0x9004, 0x9010, 0x9011, 0x9012
USER_COMMENT = 0x9286
LATITUDE_REF, LATITUDE, LONGITUDE_REF, LONGITUDE, GPS_TIME, GPS_DATE = 1, 2, 3, 4, 7, 0x1D

SIDEWAYS = (5, 6, 7, 8)
"""Orientations in which rows of the file are columns of the image."""

BROKEN = (SyntaxError, ValueError, TypeError, KeyError, IndexError, OSError, EOFError, struct.error)
"""What Pillow raises for EXIF blocks that are damaged; they say nothing."""

UTC_OFFSET = re.compile(r"Z|[+-]\d{1,2}(:?\d\d)?")
LEAST_BYTES = 3
"""Bytes of a comment from which on UTF-8 without a zero is no UTF-16 that happens to look so."""


def exif_of(image: Picture) -> Exif:
    """Return the EXIF tags of an opened image; none where they are damaged."""
    try:
        return image.getexif()
    except BROKEN:
        return Exif()


def exif_statements(exif: Exif) -> Statements:
    """Return what EXIF tags say."""
    details, gps = _directory(exif, EXIF_IFD), _directory(exif, GPS_IFD)
    subject, comment = (_wide(exif.get(tag)) for tag in (XP_SUBJECT, XP_COMMENT))
    user_comment = _user_comment(details.get(USER_COMMENT), exif.endian or "<")
    return without_blanks(
        {
            "title": [_wide(exif.get(XP_TITLE))],
            "caption": [tag_text(exif.get(DESCRIPTION))],
            "description": [comment],
            "artist": [*_several(tag_text(exif.get(ARTIST))), *_several(_wide(exif.get(XP_AUTHOR)))],
            "keywords": _several(_wide(exif.get(XP_KEYWORDS))),
            "words": [subject, user_comment],
            "rating": [_rating(exif)],
            "camera": [camera_name(tag_text(exif.get(MAKE)), tag_text(exif.get(MODEL)))],
            "position": [_position(gps)],
            "date": _dates(exif, details, gps),
        }
    )


def camera_name(make: str, model: str) -> str:
    """Join make and model, once: many models begin with their make."""
    if model.lower().startswith(make.lower()):
        make = ""
    return f"{make} {model}".strip()


def _directory(exif: Exif, tag: int) -> Mapping[int, Any]:
    try:
        return exif.get_ifd(tag)
    except BROKEN:
        return {}


def _several(text: str) -> list[str]:
    """Split names or keywords, which Windows and the Metadata Working Group put behind each other with semicolons."""
    return [part.strip().strip('"') for part in text.split(";")]


def _wide(value: object) -> str:
    """Return the text of an XP tag: UTF-16, little-endian in any file, as bytes or, in some, as numbers."""
    if isinstance(value, tuple) and all(isinstance(v, int) and 0 <= v < 256 for v in value):
        value = bytes(value)
    if not isinstance(value, bytes):
        return ""
    return value[: len(value) // 2 * 2].decode("utf-16-le", "replace").partition("\0")[0].strip()


def _user_comment(value: object, endian: str) -> str:
    """Return a comment, whose first eight bytes name its encoding."""
    if not isinstance(value, bytes):
        return tag_text(value)
    code, body = value[:8].rstrip(b"\0 ").upper(), value[8:]
    if code == b"UNICODE":
        return _unicode(body, endian)
    if code == b"JIS":
        return body.decode("iso2022_jp", "replace").partition("\0")[0].strip()
    if code in (b"", b"ASCII"):
        return tag_text(body)
    return tag_text(value)


def _unicode(data: bytes, endian: str) -> str:
    """Decode UTF-8, as of Exif 3.0, or UTF-16 in the order of its mark, of the ASCII within, or of the file."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace").partition("\0")[0].strip()
    with suppress(UnicodeDecodeError):
        text = data.rstrip(b"\0").decode("utf-8")
        if len(data) > LEAST_BYTES and "\0" not in text and own_words(text):
            return text.strip()
    readings = [data.decode(f"utf-16-{order}e", "replace") for order in ("lb" if endian == "<" else "bl")]
    best = max(readings, key=lambda text: sum(c < "\u0250" and c.isprintable() for c in text))
    return best.partition("\0")[0].strip()


def _rating(exif: Exif) -> float | None:
    """Return 1 to 5 stars; cameras write 0 into every photo that nobody has rated."""
    stars, percent = exif.get(RATING), exif.get(RATING_PERCENT)
    if isinstance(stars, int) and 1 <= stars <= 5:
        return float(stars)
    return stars_of_percent(percent) if isinstance(percent, int) else None


def stars_of_percent(percent: float) -> float | None:
    """Return the stars of a rating of Windows, which writes 1, 25, 50, 75 and 99."""
    return 1.0 + round(percent / 25) if 1 <= percent <= 100 else None


def _dates(exif: Exif, details: Mapping[int, Any], gps: Mapping[int, Any]) -> list[tuple[int, str]]:
    offsets = {tag: tag_text(details.get(tag)) for tag in (OFFSET, OFFSET_TAKEN, OFFSET_DIGITISED)}
    known = {tag: offset for tag, offset in offsets.items() if UTC_OFFSET.fullmatch(offset)}
    any_offset = next(iter(known.values()), "")
    return [
        (TAKEN, tag_text(details.get(TAKEN_AT)) + known.get(OFFSET_TAKEN, any_offset)),
        (DIGITISED, tag_text(details.get(DIGITISED_AT)) + known.get(OFFSET_DIGITISED, any_offset)),
        (CHANGED, tag_text(exif.get(MODIFIED)) + known.get(OFFSET, "")),
        (SATELLITE, _satellite_date(gps)),
    ]


def _satellite_date(gps: Mapping[int, Any]) -> str:
    """Return the date and time of a GPS receiver, in UTC."""
    day, time = tag_text(gps.get(GPS_DATE)), gps.get(GPS_TIME)
    try:
        hour, minute, second = (int(float(part)) for part in time or ())
    except BROKEN:
        return day
    return f"{day[:10]} {hour:02d}:{minute:02d}:{second:02d}Z"


def _position(gps: Mapping[int, Any]) -> tuple[float, float] | None:
    latitude = signed_degrees(gps.get(LATITUDE), tag_text(gps.get(LATITUDE_REF)))
    longitude = signed_degrees(gps.get(LONGITUDE), tag_text(gps.get(LONGITUDE_REF)))
    return None if latitude is None or longitude is None else (latitude, longitude)

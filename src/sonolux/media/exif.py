"""EXIF metadata: date, place and camera of an image, its title and artist.

Source: CIPA DC-008 (Exif 2.32), tags by number in hexadecimal.
"""

from __future__ import annotations

from typing import Any

from PIL.Image import Exif
from PIL.Image import Image as Picture

DESCRIPTION, MAKE, MODEL, ORIENTATION, MODIFIED, ARTIST = 0x10E, 0x10F, 0x110, 0x112, 0x132, 0x13B
EXIF_IFD, GPS_IFD = 0x8769, 0x8825
TAKEN, DIGITISED, OFFSET_TAKEN, OFFSET_DIGITISED = 0x9003, 0x9004, 0x9011, 0x9012
LATITUDE_REF, LATITUDE, LONGITUDE_REF, LONGITUDE = 1, 2, 3, 4

SIDEWAYS = (5, 6, 7, 8)
"""Orientations in which rows of the file are columns of the image."""

FACTORY_TITLE = "DIGITAL CAMERA"
"""Cameras write their own kind where a title belongs."""


def image_metadata(image: Picture) -> dict[str, Any]:
    """Return what an opened image says, as found: `sonolux.media.metadata.cleaned` makes it safe."""
    exif = image.getexif()
    width, height = image.size
    if exif.get(ORIENTATION) in SIDEWAYS:
        width, height = height, width
    frames = getattr(image, "n_frames", 1)
    found: dict[str, Any] = {"width": width, "height": height}
    found["frames"] = frames if frames > 1 else None
    title = image.info.get("Title") or exif.get(DESCRIPTION)
    factory = isinstance(title, str) and title.strip().upper().endswith(FACTORY_TITLE)
    found["title"] = None if factory else title
    found["artist"] = exif.get(ARTIST) or image.info.get("Author")
    found["camera"] = _camera(exif)
    found["date"] = _date(exif)
    gps = exif.get_ifd(GPS_IFD)
    found["latitude"] = _degrees(gps.get(LATITUDE), gps.get(LATITUDE_REF), "S")
    found["longitude"] = _degrees(gps.get(LONGITUDE), gps.get(LONGITUDE_REF), "W")
    return found


def _camera(exif: Exif) -> str | None:
    """Join make and model, once: many models begin with their make."""
    make, model = (_tag_text(exif.get(tag)) for tag in (MAKE, MODEL))
    if model.lower().startswith(make.lower()):
        make = ""
    return f"{make} {model}".strip() or None


def _tag_text(value: object) -> str:
    return value.strip(" \0") if isinstance(value, str) else ""


def _date(exif: Exif) -> str | None:
    details = exif.get_ifd(EXIF_IFD)
    for date, offset in (
        (details.get(TAKEN), details.get(OFFSET_TAKEN)),
        (details.get(DIGITISED), details.get(OFFSET_DIGITISED)),
        (exif.get(MODIFIED), None),
    ):
        if text := _tag_text(date):
            return text + _tag_text(offset)
    return None


def _degrees(parts: object, reference: object, negative: str) -> float | None:
    """Turn (degrees, minutes, seconds) into signed decimal degrees, None where they are malformed."""
    if not isinstance(parts, tuple | list) or len(parts) != 3:
        return None
    try:
        degrees, minutes, seconds = (float(part) for part in parts)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    decimal = degrees + minutes / 60 + seconds / 3600
    return -decimal if _tag_text(reference).upper() == negative else decimal

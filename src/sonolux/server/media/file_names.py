"""File names for what strangers send: what they call it, made harmless, with an ending that is true of its content.

A name is one component of a path, of at most `LONGEST` bytes, which no system takes for something else: no hidden
file, no device of Windows, no stream, no sidecar of the file beside it, nothing that is read from right to left.
"""

from __future__ import annotations

import re
import unicodedata

from sonolux.media.sidecars import RAW
from sonolux.media.texts.office import office_form
from sonolux.server.media.types import OCTETS

LONGEST = 180
"""Bytes in UTF-8: file systems take 255, and a number may follow."""

UNNAMED = "upload"

UNSAFE = re.compile(r'[<>:"|?*]')
DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)
"""Names that Windows takes for a device, whatever their ending."""

ENDINGS: dict[str, tuple[str, ...]] = {
    "image/jpeg": ("jpg", "jpeg", "jpe", "jfif"),
    "image/png": ("png", "apng"),
    "image/gif": ("gif",),
    "image/webp": ("webp",),
    "image/bmp": ("bmp", "dib"),
    "image/avif": ("avif", "avifs"),
    "image/heic": ("heic", "heif", "hif"),
    "image/tiff": ("tif", "tiff", *sorted(RAW)),
    "image/jp2": ("jp2", "j2k", "jpx", "jpf"),
    "image/vnd.adobe.photoshop": ("psd", "psb"),
    "image/x-raw": ("raw", *sorted(RAW)),
    "audio/mpeg": ("mp3", "mp2", "mpga"),
    "audio/flac": ("flac",),
    "audio/wav": ("wav", "wave"),
    "audio/mp4": ("m4a", "m4b", "mp4"),
    "audio/ogg": ("ogg", "oga", "opus", "spx"),
    "audio/aiff": ("aiff", "aif", "aifc"),
    "audio/aac": ("aac",),
    "audio/x-caf": ("caf",),
    "audio/basic": ("au", "snd"),
    "audio/amr": ("amr",),
    "audio/x-wavpack": ("wv",),
    "audio/x-ape": ("ape",),
    "video/mp4": ("mp4", "m4v", "m4a", "3gp", "3g2", "mov"),
    "video/quicktime": ("mov", "qt", "mp4"),
    "video/webm": ("webm", "weba"),
    "video/x-matroska": ("mkv", "mka", "mk3d", "webm"),
    "video/ogg": ("ogv", "ogg", "ogm"),
    "video/x-msvideo": ("avi",),
    "video/x-flv": ("flv",),
    "video/x-ms-asf": ("asf", "wmv", "wma"),
    "video/mpeg": ("mpg", "mpeg", "vob"),
    "video/mp2t": ("ts", "m2ts", "mts"),
    "application/pdf": ("pdf",),
    "application/rtf": ("rtf",),
    "text/plain": ("txt", "md", "markdown", "srt", "vtt", "ass", "ssa", "csv", "tsv", "rst", "tex", "log", "eml"),
    "text/html": ("html", "htm", "xhtml"),
    "image/svg+xml": ("svg",),
    "application/xml": ("xml",),
}
"""What files of a media type are called; the first is given to one that is called otherwise."""


def safe_name(name: str, media_type: str, path: str) -> str:
    """Return a name under which a file may lie in a folder of somebody's media.

    Parameters
    ----------
    name : str
        What a stranger calls it.
    media_type : str
        As `sonolux.server.media.types.media_type_of` tells it.
    path : str
        Where it lies now: which kind of document a zip archive is, only its list of parts tells.
    """
    kept = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    kept = "".join(one for one in kept if one.isprintable() and not UNSAFE.match(one))
    kept = " ".join(kept.split()).strip(". ")
    stem, dot, ending = kept.rpartition(".")
    true = _endings(media_type, path)
    if not dot or ending.lower() not in true:
        stem, ending = kept, true[0]
    stem = stem.encode()[: LONGEST - len(ending) - 1].decode(errors="ignore").rstrip(". ") or UNNAMED
    if DEVICES.fullmatch(stem.partition(".")[0].strip()):
        stem = f"_{stem}"
    return f"{stem}.{ending}"


def _endings(media_type: str, path: str) -> tuple[str, ...]:
    kind = media_type.partition(";")[0]
    if kind == "application/zip":
        form = office_form(path)
        return (form,) if form else ("zip",)
    return ENDINGS.get(kind, ("bin",) if kind == OCTETS else (kind.partition("/")[2].removeprefix("x-"),))

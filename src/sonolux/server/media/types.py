"""Media types by content: what a browser is told that a file is, and whether it could run a script of it.

The first bytes decide, never the name. What is not known is a stream of bytes, which no browser shows.
"""

from __future__ import annotations

from dataclasses import dataclass

from sonolux.media.signatures import HEAD, image_format, is_pdf, is_text, text_format
from sonolux.media.texts.encodings import marked_encoding

__all__ = ["HEAD", "MediaType", "media_type_of"]

IMAGES = {
    "JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp", "BMP": "image/bmp",
    "AVIF": "image/avif", "HEIF": "image/heic", "TIFF": "image/tiff", "JPEG2000": "image/jp2",
    "PSD": "image/vnd.adobe.photoshop", "RAW": "image/x-raw",
}  # fmt: skip
SHOWN_AS_THEY_ARE = frozenset({
    "image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp", "image/avif", "audio/mpeg", "audio/flac",
    "audio/wav",
})  # fmt: skip
"""Images and sounds that every browser takes; of a container it depends on what is in it."""

SOUNDS = (
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
    (b"caff", "audio/x-caf"),
    (b".snd", "audio/basic"),
    (b"#!AMR", "audio/amr"),
    (b"wvpk", "audio/x-wavpack"),
    (b"MAC ", "audio/x-ape"),
    (b"FLV\x01", "video/x-flv"),
    (b"0&\xb2u\x8ef\xcf\x11", "video/x-ms-asf"),
    (b"\x00\x00\x01\xba", "video/mpeg"),
    (b"\x00\x00\x01\xb3", "video/mpeg"),
)
PACKAGES = ((b"PK\x03\x04", "application/zip"), (b"{\\rtf", "application/rtf"))

SOUND_BRANDS = (b"M4A ", b"M4B ", b"M4P ")
MPEG_SYNC = (0xFFE0, 0xFFE0)
"""Eleven bits that begin a frame of MPEG audio."""

OCTETS = "application/octet-stream"
MARKUP = ("<?xml", "<svg", "<!doctype", "<html", "<head", "<body", "<script", "<!--", "<rss", "<feed")
"""Beginnings of texts that a browser might take for a document of its own."""


@dataclass(frozen=True, slots=True)
class MediaType:
    """A media type, and whether it may be shown in place; one that can script is saved to disk instead."""

    name: str
    inline: bool


def media_type_of(head: bytes) -> MediaType:
    """Return the media type of a file that begins so; `HEAD` bytes are enough."""
    image = image_format(head)
    seen = IMAGES.get(image, OCTETS) if image else None if is_pdf(head) else _container(head)
    if seen is not None:
        return MediaType(seen, inline=True)
    package = "application/pdf" if is_pdf(head) else None
    package = package or next((name for magic, name in PACKAGES if head.startswith(magic)), None)
    if package is not None:
        return MediaType(package, inline=False)
    return _text(head) if is_text(head) else MediaType(OCTETS, inline=False)


def _container(head: bytes) -> str | None:  # noqa: PLR0911 - one a container
    """Return the type of a container of sound or moving pictures."""
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide"):
        if head[8:12] in SOUND_BRANDS:
            return "audio/mp4"
        return "video/quicktime" if head[8:12] == b"qt  " or head[4:8] != b"ftyp" else "video/mp4"
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "video/webm" if b"webm" in head[:64] else "video/x-matroska"
    if head.startswith(b"OggS"):
        return "video/ogg" if b"theora" in head[:256] else "audio/ogg"
    if head.startswith((b"RIFF", b"RF64")):
        return {b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}.get(head[8:12])
    if head.startswith(b"FORM") and head[8:12] in (b"AIFF", b"AIFC"):
        return "audio/aiff"
    known = next((name for magic, name in SOUNDS if head.startswith(magic)), None)
    # A mark of byte order, as of UTF-16, is all ones too.
    return known or (None if marked_encoding(head) else _mpeg(head))


def _mpeg(head: bytes) -> str | None:
    """Return the type of MPEG audio without a tag, AAC in its own frames, or a transport stream."""
    mask, value = MPEG_SYNC
    if len(head) > 2 and int.from_bytes(head[:2], "big") & mask == value:
        return "audio/aac" if head[1] & 0x06 == 0 else "audio/mpeg"
    return "video/mp2t" if head[:1] == b"G" and head[188:189] == b"G" and head[376:377] == b"G" else None


def _text(head: bytes) -> MediaType:
    encoding = marked_encoding(head) or "utf-8"
    start = head[:4096].decode(encoding, "ignore").lstrip("\ufeff \t\r\n").lower()
    if text_format(start, "") == "html" or start.startswith(("<html", "<!doctype html")):
        return MediaType("text/html", inline=False)
    if "<svg" in start[:2048] and start.startswith("<"):
        return MediaType("image/svg+xml", inline=False)
    if start.startswith(MARKUP):
        return MediaType("application/xml", inline=False)
    return MediaType("text/plain; charset=utf-8", inline="<script" not in start)

"""File type detection: what a file is, from its first bytes; names and extensions are never asked.

Containers of audio and video have no common signature: they are whatever libav can open, and are tried last.
"""

from __future__ import annotations

import re

from sonolux.media.texts.encodings import CONTROLS, has_text_bytes, marked_encoding, unmarked_encoding
from sonolux.media.texts.subtitles import subtitle_format

HEAD = 65536
"""Bytes of the beginning of a file that the functions here want to see."""

IMAGES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"II+\x00", "TIFF"),
    (b"MM\x00+", "TIFF"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "JPEG2000"),
    (b"\xff\x4f\xff\x51", "JPEG2000"),
    (b"8BPS\x00\x01", "PSD"),
)
"""First bytes and Pillow's names of formats that they are enough for."""

RAW = "RAW"
"""Name of camera raw files, which Pillow does not know; most begin as TIFFs do (`sonolux.media.images.raw`)."""

RAWS = (b"FUJIFILMCCD-RAW", b"IIU\x00", b"IIRO", b"IIRS", b"MMOR", b"FOVb", b"\x00MRM")
CANON_BRAND = b"crx "

UNREAD = (
    (b"\xff\x0a", "JPEG XL"),
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "JPEG XL"),
    (b"II\xbc\x01", "JPEG XR"),
    (b"#?RADIANCE", "Radiance HDR"),
    (b"v/1\x01", "OpenEXR"),
    (b"%!PS", "PostScript"),
    (b"\xc5\xd0\xd3\xc6", "PostScript"),
)
"""First bytes of images that are not read, and what people call them."""

NETPBM = re.compile(rb"P([1-6])(?:\s+(?:#[^\n]{0,500}\n\s*)*\d{1,6}){2}\s")
"""Beginning of the formats of Netpbm, which data sets of faces and signs still come in: kind, width, height."""

HDR_COLOURS = re.compile(rb"colrnclx(.{4})|\x00\x00\x00\x04cICP(..)", re.DOTALL)
"""Box of HEIF and AVIF (ISO 23008-12), chunk of PNG (third edition, 11.3.2.6)."""

HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
AVIF_BRANDS = (b"avif", b"avis")
BMP_HEADER_SIZES = (12, 16, 40, 52, 56, 64, 108, 124)

CONTAINERS = (
    *(b"OggS", b"fLaC", b"RIFF", b"RF64", b"riff", b"FORM", b"caff", b".snd"),
    *(b"ID3", b"FLV\x01", b"wvpk", b"MAC ", b"#!AMR"),
    *(b"\x1aE\xdf\xa3", b"0&\xb2u\x8ef\xcf\x11", b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3"),
)
"""First bytes of common containers of audio and video; MP4 and its kin have a name four bytes on."""

ISO_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")

ZIP = b"PK\x03\x04"
RTF = b"{\\rtf"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""What begins packages of XML, rich text, and the documents of Office before 2007 and those under a password."""

EMAIL_FIELD = re.compile(
    rb"(from|to|subject|date|message-id|mime-version|received|return-path|delivered-to|content-type):[ \t]",
    re.IGNORECASE,
)
"""Names of header fields; what begins with lines of three of them is a message."""

HTML_START = re.compile(
    r"\s*(<\?xml[^>]*>\s*)?(<!--((?!-->).)*-->\s*)*<(!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)


SVG_START = re.compile(
    r"\s*(<\?xml[^>]*>\s*)?((<!--((?!-->).)*-->|<!doctype\s+svg[^\[>]*(\[[^\]]*\])?\s*>)\s*)*<(svg:)?svg\b",
    re.IGNORECASE | re.DOTALL,
)


def image_format(head: bytes) -> str | None:
    """Return Pillow's name of the image format that begins so, or `RAW`, None for anything else."""
    for magic, name in IMAGES:
        if head.startswith(magic):
            return name
    if head.startswith(RAWS):
        return RAW
    if head[4:8] == b"ftyp":
        return RAW if head[8:12] == CANON_BRAND else _iso_image_format(head)
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "WEBP"
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in BMP_HEADER_SIZES:
        return "BMP"
    return "PPM" if _is_netpbm(head) else None


def _is_netpbm(head: bytes) -> bool:
    """Tell whether an image of Netpbm begins so; in the first three kinds the pixels are numbers to read."""
    found = NETPBM.match(head)
    return found is not None and (found[1] > b"3" or not head[found.end() :].translate(None, b"0123456789 \t\r\n"))


def unread_format(head: bytes) -> str | None:
    """Return the name of a format of images that is not read, None for anything else."""
    return next((name for magic, name in UNREAD if head.startswith(magic)), None)


def hdr_colours(head: bytes) -> tuple[int, int] | None:
    """Return primaries and transfer function, as H.273 numbers them, that a HEIF, AVIF or PNG names; None for none."""
    found = HDR_COLOURS.search(head)
    if found is None:
        return None
    wide = found[1] or found[2]
    return (wide[1], wide[3]) if found[1] else (wide[0], wide[1])


def _iso_image_format(head: bytes) -> str | None:
    size = min(int.from_bytes(head[:4], "big"), 256)
    brands = [head[8:12], *(head[i : i + 4] for i in range(16, size, 4))]
    if brands[0] not in HEIF_BRANDS + AVIF_BRANDS:
        return None
    return "AVIF" if any(brand in AVIF_BRANDS for brand in brands) else "HEIF"


def is_container(head: bytes) -> bool:
    """Tell whether a common container of audio or video begins here; there are many others."""
    return head.startswith(CONTAINERS) or head[4:8] in ISO_BOXES


def is_pdf(head: bytes) -> bool:
    """Tell whether a PDF begins here; the standard lets junk precede its header."""
    return b"%PDF-" in head[:1024]


def is_email(head: bytes) -> bool:
    """Tell whether the header of an e-mail begins here."""
    lines = head.replace(b"\r\n", b"\n").partition(b"\n\n")[0].split(b"\n")
    fields = [line for line in lines if not line.startswith((b" ", b"\t"))]
    if not all(re.match(rb"[A-Za-z][A-Za-z0-9-]*:", field) for field in fields):
        return False
    return len({match[1].lower() for field in fields if (match := EMAIL_FIELD.match(field))}) >= 3


def is_text(head: bytes) -> bool:
    """Tell whether these bytes could be text: marked, UTF-16 without a mark, or hardly any controls.

    Sound that is nearly silent can have hardly any controls too: what begins like its container must have none.
    """
    if marked_encoding(head) is not None:
        return True
    if is_container(head):
        return len(head.translate(None, CONTROLS)) == len(head)
    return has_text_bytes(head) or unmarked_encoding(head) is not None


def text_format(start: str, name: str) -> str:
    """Return ``html``, ``svg``, ``md`` or ``txt`` for a text that starts so, or the format of subtitles.

    Only Markdown, which is plain text by design, is told from plain text by its name.
    """
    subtitles = subtitle_format(start)
    if subtitles is not None:
        return subtitles
    if HTML_START.match(start):
        return "html"
    if SVG_START.match(start):
        return "svg"
    return "md" if name.lower().endswith((".md", ".markdown")) else "txt"

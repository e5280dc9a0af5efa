"""Text of tags: bytes to characters, and what cameras and programs write where people's words belong.

Source: CIPA DC-008 calls EXIF text ASCII; what people's programs write is UTF-8 (Guidelines for Handling Image
Metadata 2.0, Metadata Working Group, 2010, 4.1.2), else the code page of their machine.
"""

from __future__ import annotations

import codecs
import re

from sonolux.media.texts.text_decoding import decode_legacy

LONGEST_TEXT = 100_000
"""Bytes of a text that are looked at."""

FACTORY = re.compile(
    r"""(?-i:(?:[A-Z]+\ ){0,3}DIGITAL\ CAMERA) | (?:\w+\ )?(?:minolta|kodak|casio|samsung)\ digital\ (?:still\ ?)?camera
    | (?:sony|nikon|(?:konica\ )?minolta)\ dsc | dcim(?:[\\/].*)? | default | exif[_ -]?jpeg.* | screenshot\.png
    | <?\s*(?:kenox|digimax)\b.* | <.*\bsamsung\b.*> | samsung | (?:hp|hewlett-packard)\ photosmart.* | pentax\ image
    | cof | oz?nor | (?:oz)?(?:edf|mde) | r?hdr | sdr | dav | rbt | fbt | ptr | binary\ comment | untitled | [\s*._-]*
    """,
    re.IGNORECASE | re.VERBOSE,
)
"""What cameras and phones write into titles and descriptions: their own kind, a folder, the name of a mode."""

PROGRAM = re.compile(
    r"""(creator:\ ?gd-jpeg | created\ (with|by)\ (the\ )?(gimp|dcraw|ufraw|imagej) | file\ written\ by\ adobe | lavc\d
    | optimized\ by\ jpeg | compressed\ (by|with) | intel\(r\)\ jpeg | applemark | lead\ technologies | jpeg\ encoder
    | handmade\ software | u-lead\ systems | processed\ (by|with) | xv\ version | edited\ (with|by) | ascii\b
    | software:\ | \*{3} | imagej= | \{"shape": | <\?xml\b | <ome\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)
"""How comments begin in which programs speak of themselves."""

NOT_TEXT = 0.1
"""Share of characters that no text has, above which what stands there is no text."""


def tag_text(value: object) -> str:
    """Return the text of a tag, up to its first NUL, "" for what is none.

    Parameters
    ----------
    value : object
        Bytes, or a str as Pillow makes one of the bytes of EXIF: each byte the character of that number.
    """
    raw = value
    if isinstance(value, str):
        try:
            raw = value.encode("latin-1")
        except UnicodeEncodeError:
            return value
    if not isinstance(raw, bytes):
        return ""
    data = raw[:LONGEST_TEXT].partition(b"\0")[0].strip()
    return decode_legacy(data.removeprefix(codecs.BOM_UTF8))


def own_words(text: str) -> str:
    """Return the text, or "" where it is no text, or not of a person: the name of a camera, a program, a mode."""
    text = text.strip(" \t\r\n\0")
    strange = sum(not c.isprintable() and not c.isspace() for c in text[:1000])
    if strange > NOT_TEXT * len(text[:1000]) or FACTORY.fullmatch(text) or PROGRAM.match(text):
        return ""
    return text

"""Description of an image: what its EXIF, XMP, IPTC and texts say together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PIL.Image import Image as Picture

from sonolux.media.descriptions.carriers import blocks_of
from sonolux.media.descriptions.exif import exif_statements
from sonolux.media.descriptions.iptc import IIM, iptc_statements, is_newer_than_xmp, resources
from sonolux.media.descriptions.statements import TAKEN, WRITTEN, Statements, combined, without_blanks
from sonolux.media.descriptions.xmp import xmp_statements

KEYWORDS = {
    "title": ("title", "headline"),
    "description": ("description", "caption"),
    "artist": ("author", "artist", "creator"),
    "words": ("comment", "subject", "parameters", "usercomment", "disclaimer"),
    "keywords": ("keywords",),
}
"""Kinds of statements, and the keywords of PNG texts that make them, in lower case."""

DATES = {
    "creation time": TAKEN,
    "exif:datetimeoriginal": TAKEN,
    "date": TAKEN,
    "datetime": TAKEN,
    "time": WRITTEN,
}


def image_metadata(image: Picture) -> dict[str, Any]:
    """Return what an opened image says, as found: `sonolux.media.metadata.cleaned` makes it safe.

    ``words``, a list, holds more texts that find the image; its size is not told.
    """
    blocks = blocks_of(image)
    found = resources(blocks.resources)
    xmp = [xmp_statements(packet) for packet in blocks.xmp]
    iptc = [iptc_statements(data) for data in (blocks.iptc, found.get(IIM, b"")) if data]
    others = [*iptc, *xmp] if is_newer_than_xmp(found) else [*xmp, *iptc]
    said = combined([exif_statements(blocks.exif), *others, _text_statements(blocks.texts)])
    return said


def _text_statements(texts: Iterable[tuple[str, str]]) -> Statements:
    """Return what the texts of a PNG and comments say."""
    by_keyword: dict[str, list[str]] = {}
    for keyword, text in texts:
        by_keyword.setdefault(keyword, []).append(text)
    said = {kind: [text for name in names for text in by_keyword.get(name, ())] for kind, names in KEYWORDS.items()}
    dates = [(rank, text) for keyword, rank in DATES.items() for text in by_keyword.get(keyword, ())]
    return without_blanks({**said, "date": dates})

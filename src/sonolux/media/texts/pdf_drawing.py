"""PDF rendering, through PDFium: pages as images of a bounded size, and which of them are scans."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from sonolux.errors import MediaError
from sonolux.media.errors import decoding
from sonolux.media.safe_open import open_file
from sonolux.media.segment import Image

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage

FINEST = 200 / 72
"""Pixels a point, at most: 200 dots an inch, at which the capitals of small print are 15 pixels high."""

FEW_WORDS = 30
"""Words of a page whose picture may say more: those of a stamp or a heading over a scan."""

MOSTLY = 0.5
"""Of a page, that pictures cover where it is a scan."""

MOST_OBJECTS = 10_000
"""Of a page, that are looked at for pictures."""


@contextmanager
def open_drawing(path: str) -> Iterator[PdfDocument]:
    """Open a PDF for `draw_page`, and translate every error met until it is closed.

    Raises
    ------
    MediaError
        For a damaged document, and one under a password.
    """
    import pypdfium2

    with open_file(path) as file, decoding("PDF"):
        try:
            document = pypdfium2.PdfDocument(file)
        except pypdfium2.PdfiumError as error:
            if "password" in str(error).lower():
                raise MediaError("is a PDF under a password: save a copy without it") from None
            raise
        try:
            yield document
        finally:
            document.close()


def draw_page(document: PdfDocument, number: int, side: int) -> Image:
    """Draw a page, as large as it is at 200 dots an inch, or with its longer side of so many pixels if that is less.

    Parameters
    ----------
    document : PdfDocument
        Of `open_drawing`.
    number : int
        From 0; the last page stands for those beyond.
    side : int
        Pixels of the longer side, at most.
    """
    page = document[min(number, len(document) - 1)]
    try:
        return _drawn(page, side)
    finally:
        page.close()


def draw_scan(document: PdfDocument, number: int, text: str, side: int) -> Image | None:
    """Draw a page that is a scan; None for one whose text says what it shows, and for an empty one.

    A scan has no text, or few words over pictures that cover most of it.

    Parameters
    ----------
    document, number, side
        As for `draw_page`.
    text : str
        Of the page.
    """
    page = document[number]
    try:
        if text.strip() and (len(text.split()) > FEW_WORDS or _pictured(page) < MOSTLY):
            return None
        image = _drawn(page, side)
        return None if (image.pixels == image.pixels[:1, :1]).all() else image
    finally:
        page.close()


def _drawn(page: PdfPage, side: int) -> Image:
    # The size of a page is what a stranger wrote: the scale follows from it, not the size of the image.
    longer = max(*page.get_size(), 1.0)
    # PDFium rounds up to whole pixels.
    bitmap = page.render(scale=min(side / longer, FINEST) * (1 - 1e-6), rev_byteorder=True)
    try:
        return Image(np.ascontiguousarray(bitmap.to_numpy()[:, :, :3]))
    finally:
        bitmap.close()


def _pictured(page: PdfPage) -> float:
    """Return how much of a page its pictures cover, from 0; those that overlap count each."""
    from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

    width, height = page.get_size()
    covered = 0.0
    for number, thing in enumerate(page.get_objects(max_depth=3)):
        if number >= MOST_OBJECTS:
            break
        if thing.type == FPDF_PAGEOBJ_IMAGE:
            left, lower, right, upper = thing.get_bounds()
            covered += max(right - left, 0.0) * max(upper - lower, 0.0)
    return float(covered / max(width * height, 1.0))

"""Readers of text: passages of plain text, marked-up pages and subtitles, and of PDF documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sonolux.errors import MediaError
from sonolux.media.metadata import cleaned
from sonolux.media.options import ReadOptions
from sonolux.media.readers.base import MediaReader, spanned_segments, whole_if_single
from sonolux.media.segment import Decoded, Probe, ReadEvent, Segment
from sonolux.media.signatures import HEAD, is_pdf, is_text, text_format
from sonolux.types import Modality

NAMED_PAGES = 10


class TextReader(MediaReader):
    """Text in any encoding: plain, Markdown, HTML and subtitles."""

    def claims(self, path: str, head: bytes) -> bool:
        """Tell whether a file begins like text."""
        return is_text(head)

    def read(self, path: str, head: bytes, options: ReadOptions) -> Iterator[ReadEvent]:
        """Yield the probe, for which only the beginning is decoded, then passages."""
        from sonolux.media.texts.markup import markdown_title, parse_page
        from sonolux.media.texts.text_decoding import decode_text

        start = decode_text(head, partial=len(head) == HEAD)
        name = text_format(start, path)
        found: dict[str, Any] = {}
        if name == "html":
            page = parse_page(start)
            found = {"title": page.title, "language": page.language}
        if name == "md":
            found = {"title": markdown_title(start)}
        yield Probe(Modality.TEXT, name, cleaned(found))
        yield from read_segments(path, name, options)


class PdfReader(MediaReader):
    """PDF documents, as far as they hold text."""

    def claims(self, path: str, head: bytes) -> bool:
        """Tell whether a file begins like a PDF document."""
        return is_pdf(head)

    def read(self, path: str, head: bytes, options: ReadOptions) -> Iterator[ReadEvent]:
        """Yield the probe, then passages."""
        from sonolux.media.texts.document import pdf_metadata

        yield Probe(Modality.TEXT, "pdf", cleaned(pdf_metadata(path)))
        yield from read_segments(path, "pdf", options)


def read_segments(path: str, name: str, options: ReadOptions) -> Iterator[Segment | Decoded]:
    """Yield the passages of a text, then what could not be read of it; MediaError where it holds none."""
    from sonolux.media.texts.subtitles import TIMED
    from sonolux.media.texts.text import read_passages

    empty = True
    unread: list[str] = []
    found = read_passages(path, name, options.passage_chars, options.max_text, unread)
    # Subtitles are places in time, however few: a short one is no whole.
    timed = name in TIMED
    for segment in spanned_segments("passage", found) if timed else whole_if_single("passage", found, "characters"):
        empty = False
        yield segment
    if empty:
        scan = " (is it a scan?)" if name == "pdf" else ""
        raise MediaError(f"holds no text{scan}")
    if unread:
        named = ", ".join(unread[:NAMED_PAGES]) + (", ..." if len(unread) > NAMED_PAGES else "")
        yield Decoded(missing=f"could not be read: {named}")

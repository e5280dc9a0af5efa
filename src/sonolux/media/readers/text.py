"""Readers of text: passages of plain text, marked-up pages and subtitles, and of PDF documents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import chain, pairwise
from typing import Any

from sonolux.errors import MediaError
from sonolux.media.metadata import cleaned
from sonolux.media.options import ReadOptions
from sonolux.media.readers.base import MediaReader, spanned_segments, whole_if_single
from sonolux.media.segment import Decoded, Probe, ReadEvent, Segment
from sonolux.media.signatures import HEAD, is_pdf, is_text, text_format
from sonolux.types import Modality, Span

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
        if name in ("html", "svg"):
            page = parse_page(start, name)
            found = {"title": page.title, "language": page.language}
        if name == "md":
            found = {"title": markdown_title(start)}
        yield Probe(Modality.TEXT, name, cleaned(found))
        yield from read_segments(path, name, options)


class PdfReader(MediaReader):
    """PDF documents: the passages of their pages, and the pages that are scans as images."""

    def claims(self, path: str, head: bytes) -> bool:
        """Tell whether a file begins like a PDF document."""
        return is_pdf(head)

    def read(self, path: str, head: bytes, options: ReadOptions) -> Iterator[ReadEvent]:
        """Yield the probe, then passages and scans, page by page, then what could not be read."""
        from sonolux.media.texts.document import pdf_metadata

        yield Probe(Modality.TEXT, "pdf", cleaned(pdf_metadata(path)))
        missing: list[str] = []
        pages = _pdf_pages(path, options, missing)
        first, second = next(pages, []), next(pages, None)
        if second is None and [segment.kind for segment in first] == ["passage"]:
            yield Segment("passage", first[0].content)
            return
        empty = True
        for page in chain([first, second or []], pages):
            for segment in page:
                empty = False
                yield segment
        if empty:
            raise MediaError("holds no text, and its pages are empty")
        if missing:
            yield Decoded(missing="; ".join(missing))


def _pdf_pages(path: str, options: ReadOptions, missing: list[str]) -> Iterator[list[Segment]]:
    """Yield the segments of each page of a PDF, none for an empty one; `missing` gets what could not be read."""
    from sonolux.media.images.frames import MOST_PAGES
    from sonolux.media.texts.document import pdf_pages
    from sonolux.media.texts.pdf_drawing import draw_scan, open_drawing
    from sonolux.media.texts.text import bounded, passages

    unread: list[str] = []
    scans, left_out = 0, 0
    with ExitStack() as stack:
        document = None
        for number, text in enumerate(bounded(pdf_pages(path, unread), options.max_text)):
            found = _page_passages(number, list(passages(text, options.passage_chars)))
            damaged = f"page {number + 1}"
            try:
                if damaged not in unread[-1:]:
                    document = document or stack.enter_context(open_drawing(path))
                    if scans < MOST_PAGES:
                        image = draw_scan(document, number, text, options.image_side)
                        found += [] if image is None else [Segment("page", image, Span(number, number + 1, "pages"))]
                        scans += image is not None
                    elif not text.strip():
                        left_out += 1
            except MemoryError:
                raise
            except Exception:  # of damaged content PDFium raises anything; the text of the page is there
                if not text.strip():
                    unread.append(damaged)
            yield found
    missing += _unread(unread)
    missing += [f"has more than {MOST_PAGES:,} scanned pages: the rest is not looked at"] if left_out else []


def _page_passages(number: int, found: Sequence[tuple[int, int, str]]) -> list[Segment]:
    """Return the passages of a page, each with the part of the page that it is, from one whole number to the next."""
    if not found:
        return []
    last = found[-1][1]
    starts = [number, *(round(number + start / last, 4) for start, _, _ in found[1:]), number + 1]
    return [
        Segment("passage", passage, Span(start, end, "pages"))
        for (_, _, passage), (start, end) in zip(found, pairwise(starts), strict=True)
    ]


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
        raise MediaError("is an SVG drawing without words: save a copy as PNG" if name == "svg" else "holds no text")
    for missing in _unread(unread):
        yield Decoded(missing=missing)


def _unread(named: list[str]) -> list[str]:
    """Say which pages could not be read, in one line; nothing where all could."""
    more = ", ..." if len(named) > NAMED_PAGES else ""
    return [f"could not be read: {', '.join(named[:NAMED_PAGES])}{more}"] if named else []

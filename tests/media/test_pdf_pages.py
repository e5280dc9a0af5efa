"""Pages of PDFs: passages with their page, scans as images, and pages that are drawn, whatever a stranger wrote."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from media.specimens import pdf
from sonolux.errors import MediaError
from sonolux.media.images.thumbnail import View, view_of
from sonolux.media.probing import probe
from sonolux.media.reading import ReadOptions, read
from sonolux.media.segment import Decoded, Image, Segment
from sonolux.media.texts.pdf_drawing import draw_page, open_drawing
from sonolux.presentation.wording import span_in_words
from sonolux.types import Span
from writing import written

LOCKED = "under a password"


def segments(path: Path, **options: int) -> list[Segment]:
    return [event for event in read(str(path), ReadOptions(**options)) if isinstance(event, Segment)]


def scan(path: Path, *pages: list[str]) -> Path:
    """Write pages that are pictures of lines, as a scanner does; a page without lines is empty."""
    first, *others = [written(lines, size=(850, 1100)) for lines in pages]
    first.save(path, "PDF", save_all=True, append_images=others)
    return path


def mixed(path: Path, words: str) -> Path:
    """Write a PDF of one page: a picture over all of it, and words of its own."""
    import pypdf

    picture = io.BytesIO()
    written(["scanned body"], size=(850, 1100)).save(picture, "PDF")
    writer = pypdf.PdfWriter(clone_from=pypdf.PdfReader(io.BytesIO(pdf(words))))
    writer.pages[0].merge_page(pypdf.PdfReader(picture).pages[0], over=False)
    with path.open("wb") as file:
        writer.write(file)
    return path


def test_passages_say_their_page(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf("The tide is high.", "", "The tide is low. " * 20))
    found = segments(path, passage_chars=200)
    assert {segment.kind for segment in found} == {"passage"}
    first, *others = [segment.span for segment in found]
    assert first == Span(0, 1, "pages")
    assert len(others) > 1
    assert [span_in_words(span) for span in others if span] == ["page 3"] * len(others)
    assert all(before.end == after.start for before, after in pairwise(others))  # type: ignore[union-attr]
    assert (others[0].start, others[-1].end) == (2, 3)  # type: ignore[union-attr]


def test_a_page_alone_is_the_whole_file_and_one_among_empty_ones_is_not(tmp_path: Path) -> None:
    alone, among = tmp_path / "a.pdf", tmp_path / "b.pdf"
    alone.write_bytes(pdf("The tide."))
    among.write_bytes(pdf("", "The tide."))
    assert [segment.span for segment in segments(alone)] == [None]
    assert [segment.span for segment in segments(among)] == [Span(1, 2, "pages")]


def test_scanned_pages_are_images_and_empty_ones_nothing(tmp_path: Path) -> None:
    found = segments(scan(tmp_path / "scan.pdf", ["first"], [], ["third"]), image_side=300)
    assert [(segment.kind, segment.span) for segment in found] == [
        ("page", Span(0, 1, "pages")),
        ("page", Span(2, 3, "pages")),
    ]
    for segment in found:
        assert isinstance(segment.content, Image)
        assert max(segment.content.pixels.shape) == 300
        assert segment.content.pixels.min() < 100


def test_a_heading_over_a_scan_does_not_hide_it(tmp_path: Path) -> None:
    # paperless-ngx#13859, pymupdf4llm#467: pages with a little text of their own were taken for read.
    assert [segment.kind for segment in segments(mixed(tmp_path / "a.pdf", "Received in May"))] == ["passage", "page"]


def test_a_picture_behind_a_page_of_text_is_no_scan(tmp_path: Path) -> None:
    (found,) = segments(mixed(tmp_path / "a.pdf", "word " * 40))
    assert found.kind == "passage"


def test_more_scans_than_are_looked_at_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sonolux.media.images import frames

    monkeypatch.setattr(frames, "MOST_PAGES", 2)
    path = scan(tmp_path / "scan.pdf", ["one"], ["two"], ["three"])
    *events, last = read(str(path), ReadOptions())
    assert len(events) == 3
    assert last == Decoded(missing="has more than 2 scanned pages: the rest is not looked at")


@pytest.mark.parametrize("number", [0, 2, 99])
def test_a_page_is_drawn_upright_and_in_its_colours(number: int, tmp_path: Path) -> None:
    import PIL.Image

    sheets = [PIL.Image.new("RGB", (200, 400), colour) for colour in ("red", "lime", "blue")]
    sheets[0].save(tmp_path / "a.pdf", save_all=True, append_images=sheets[1:])
    with open_drawing(str(tmp_path / "a.pdf")) as document:
        pixels = draw_page(document, number, 100).pixels
    assert pixels.shape == (100, 50, 3)
    assert pixels[50, 25].argmax() == min(number, 2)


@pytest.mark.parametrize("box", ["0 0 100000000 100000000", "0 0 1 200000", "0 0 14400 1", "0 0 0 0", "5 5 -5 -5"])
@pytest.mark.parametrize("side", [64, 4096])
def test_pages_of_any_size_are_drawn_in_bounds(box: str, side: int, tmp_path: Path) -> None:
    # pdfium-render#80: a page of great length; paperless-ngx#4270: one of 1,994,056,098 pixels.
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf("The tide.").replace(b"0 0 612 792", box.encode()))
    with open_drawing(str(path)) as document:
        assert max(draw_page(document, 0, side).pixels.shape[:2]) <= side


def test_a_thumbnail_shows_the_page_of_its_span(tmp_path: Path) -> None:
    path = str(scan(tmp_path / "scan.pdf", ["first"], []))
    found = probe(path)
    first, second = (view_of(View(path, span, side=80), found, 10**8) for span in (None, Span(1, 2, "pages")))
    assert isinstance(first, Image) and isinstance(second, Image)
    assert first.pixels.shape == second.pixels.shape == (80, 62, 3)
    assert first.pixels.min() < 200 < second.pixels.min()


def test_a_thumbnail_of_a_passage_in_characters_is_the_first_page(tmp_path: Path) -> None:
    # As libraries hold that an earlier version wrote.
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf("The tide."))
    seen = view_of(View(str(path), Span(300, 400, "characters"), side=80), probe(str(path)), 10**8)
    assert isinstance(seen, Image)


def test_locked_and_broken_documents_are_one_line(tmp_path: Path) -> None:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf("The tide."))))
    writer.encrypt("secret", algorithm="AES-256")
    locked, broken = tmp_path / "locked.pdf", tmp_path / "broken.pdf"
    with locked.open("wb") as file:
        writer.write(file)
    broken.write_bytes(b"%PDF-1.4\nnothing\n")
    for path, reason in ((locked, LOCKED), (broken, "damaged PDF")):
        with pytest.raises(MediaError, match=reason) as refusal, open_drawing(str(path)):
            pass
        assert "\n" not in str(refusal.value)
        with pytest.raises(MediaError, match=reason):
            segments(path)


@pytest.mark.parametrize("seed", range(30))
def test_spoiled_scans_are_read_or_refused_in_one_line(seed: int, tmp_path: Path) -> None:
    whole = bytearray(scan(tmp_path / "scan.pdf", ["first"], ["second"]).read_bytes())
    random = np.random.default_rng(seed)
    for place in random.integers(0, len(whole), 30):
        whole[place] = random.integers(256)
    (tmp_path / "spoiled.pdf").write_bytes(whole[: random.integers(len(whole) // 2, len(whole))])
    try:
        assert all(segment.kind in ("page", "passage") for segment in segments(tmp_path / "spoiled.pdf"))
    except MediaError as error:
        assert "\n" not in str(error)

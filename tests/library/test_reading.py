"""What is written in pictures and scans is kept with them, found and filtered by, and lost with them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from media.specimens import pdf
from media.test_pdf_pages import scan
from sonolux.annotators import Annotator
from sonolux.errors import QueryError
from sonolux.library import Library
from sonolux.types import Annotation, Modality, Region, Span
from writing import SIGN, written


class Reads(Annotator):
    """Says what stands in pictures of a known width, as a reader of text does."""

    name = spec = "reads"
    digest = "1"
    modality = Modality.IMAGE
    ordered = True
    image_side = 2000
    lines: dict[int, Sequence[str]] = {640: SIGN, 850: ("Donau-", "dampfschiff 7")}  # noqa: RUF012

    def annotate_batch(self, batch: Sequence[np.ndarray]) -> list[list[Annotation]]:
        return [self._said(pixels) for pixels in batch]

    def _said(self, pixels: np.ndarray) -> list[Annotation]:
        # Pages are drawn at 200 dots an inch at most: those of 850 points are 2,000 pixels high.
        width = 850 if pixels.shape[0] == 2000 else pixels.shape[1]
        lines = self.lines.get(width, ())
        return [
            Annotation(self.name, line, 0.8 + number / 10, region=Region(0.1, 0.1, 0.9, 0.2), kind="text")
            for number, line in enumerate(lines)
        ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "media"
    made.mkdir()
    written().save(made / "sign.png")
    written(size=(300, 300)).save(made / "other.png")
    scan(made / "scan.pdf", ["a"], [], ["b"])
    (made / "born.pdf").write_bytes(pdf("The steamer of the Danube.", "Open on Sundays."))
    (made / "notes.txt").write_text("open the harbour")
    return made


@pytest.fixture
def library(folder: Path, tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "l.sonolux") as opened:
        assert not opened.add(folder, spaces=["bm25", "colour-layout"]).failed
        assert opened.annotate(Reads()).annotated == 3
        yield opened


def names(found: Sequence[object]) -> list[str]:
    return sorted(Path(one.path).name for one in found)  # type: ignore[attr-defined]


def test_words_find_the_picture_and_the_page(library: Library) -> None:
    first = library.search("harbour street", spaces=["bm25"])[0]
    assert (Path(first.path).name, first.text) == ("sign.png", "\n".join(SIGN))
    hits = library.search("dampfschiff", spaces=["bm25"], spans=True)
    assert {(Path(hit.path).name, hit.kind, hit.span) for hit in hits if hit.span} == {
        ("scan.pdf", "page", Span(0, 1, "pages")),
        ("scan.pdf", "page", Span(2, 3, "pages")),
    }


def test_a_word_that_is_broken_at_the_end_of_a_line_is_whole(library: Library) -> None:
    assert names(library.search("Donaudampfschiff", spaces=["bm25"])) == ["scan.pdf"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("harbour", ["notes.txt", "sign.png"]),
        ("HARBOUR street", ["sign.png"]),
        ("open", ["born.pdf", "notes.txt", "sign.png"]),
        ("dampfschiff", ["scan.pdf"]),
        ("harbours", []),
    ],
)
def test_words_filter_what_was_read_and_what_is_text(library: Library, words: str, found: list[str]) -> None:
    kept = library.items({"text": f"~{words}"}, spans=True)
    assert sorted({Path(item.path).name for item in kept}) == found


def test_a_born_document_says_the_page(library: Library) -> None:
    (hit,) = library.search("sundays", spaces=["bm25"])
    assert hit.span == Span(1, 2, "pages")


def test_lines_are_kept_in_their_order_with_their_places(library: Library, folder: Path) -> None:
    said = library.annotations(folder / "sign.png")
    assert [one.label for one in said] == list(SIGN)
    assert {one.kind for one in said} == {"text"}
    pages = library.annotations(folder / "scan.pdf")
    assert [one.span for one in pages] == [Span(0, 1, "pages")] * 2 + [Span(2, 3, "pages")] * 2


def test_only_what_came_since_is_read(library: Library, folder: Path) -> None:
    again = library.annotate(Reads())
    assert (again.annotated, again.unchanged, again.failed) == (0, 3, [])
    assert library.annotate(Reads(), folder / "scan.pdf").unchanged == 1
    written().save(folder / "late.png")
    library.add(folder)
    assert library.annotate(Reads()).annotated == 1


def test_what_was_read_moves_with_its_file(library: Library, folder: Path) -> None:
    shutil.move(folder / "sign.png", folder / "moved.png")
    library.add(folder)
    (hit,) = library.search("harbour street", spaces=["bm25"], where={"modality": "image"})
    assert (Path(hit.path).name, hit.text) == ("moved.png", "\n".join(SIGN))


def test_what_was_read_is_forgotten_and_goes_with_a_change(library: Library, folder: Path) -> None:
    written(size=(500, 500)).save(folder / "sign.png")
    library.add(folder)
    assert not library.search("harbour street", spaces=["bm25"], where={"modality": "image"})
    assert library.forget("reads") == 2
    assert not library.search("dampfschiff", spaces=["bm25"])
    assert not list(library.items({"text": "~dampfschiff"}, spans=True))
    assert len(list(library.items({"text": "~steamer"}, spans=True))) == 1


def test_a_space_that_comes_later_keeps_what_was_read(library: Library, folder: Path) -> None:
    library.add(folder, spaces=["hog"])
    (hit,) = library.search("harbour street", spaces=["bm25"], where={"modality": "image"})
    assert hit.text == "\n".join(SIGN)


def test_words_of_no_text_are_refused(library: Library) -> None:
    with pytest.raises(QueryError, match="text~WORDS"):
        library.search("x", where={"text": "harbour"})

"""Which frame stands for an animation, and the pages of a TIFF."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import tifffile

from media.specimens import photo
from sonolux.encoders.classical.colour_layout import ColourLayout
from sonolux.library import Library
from sonolux.media.images import frames
from sonolux.media.images.image import decode_image
from sonolux.media.images.thumbnail import View, view_of
from sonolux.media.reading import ReadOptions, read
from sonolux.media.segment import Decoded, Image, Probe, Segment
from sonolux.presentation.wording import span_in_words
from sonolux.types import Span

LIMIT = 200_000_000


def photos(count: int) -> list[PIL.Image.Image]:
    return [photo(96, 64).rotate(90 * turn, expand=True).resize((96, 64)) for turn in range(count)]


def animated(pictures: list[PIL.Image.Image], form: str, **options: Any) -> bytes:
    out = io.BytesIO()
    lossless = {"lossless": True} if form == "WEBP" else {"quality": 95} if form == "AVIF" else {}
    pictures[0].save(out, form, save_all=True, append_images=pictures[1:], duration=100, **lossless, **options)
    return out.getvalue()


def is_photo(content: bytes, turn: int = 0, within: float = 12) -> bool:
    wanted = np.asarray(photos(turn + 1)[turn]).astype(int)
    return bool(np.abs(decode_image(content, 512, LIMIT).pixels - wanted).mean() < within)


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("empty", ["black", "white", "#fe0203"])
def test_the_first_frame_that_shows_something(form: str, empty: str) -> None:
    blank = PIL.Image.new("RGB", (96, 64), empty)
    assert is_photo(animated([blank, *photos(1)], form))
    assert is_photo(animated([*photos(2), blank], form))


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP"])
def test_a_transparent_frame_shows_nothing(form: str) -> None:
    clear = PIL.Image.new("RGBA", (96, 64), (0, 0, 0, 0))
    assert is_photo(animated([clear, clear, photo().convert("RGBA")], form, disposal=2) if form == "GIF"
                    else animated([clear, clear, photo().convert("RGBA")], form))  # fmt: skip


def test_a_fade_is_shown_when_half_of_it_is_there() -> None:
    fade = [photo().point(lambda value, level=level: value * level // 10) for level in range(11)]
    pixels = decode_image(animated(fade, "PNG"), 512, LIMIT).pixels
    assert pixels.max() == pytest.approx(127, abs=30)


def test_where_no_frame_shows_anything_the_first_does() -> None:
    blanks = [PIL.Image.new("RGB", (96, 64), colour) for colour in ("red", "blue")]
    for form in ("GIF", "WEBP", "PNG"):
        assert (decode_image(animated(blanks, form), 512, LIMIT).pixels[9, 9] > 250).tolist() == [True, False, False]


def test_damage_behind_the_first_frame_costs_nothing() -> None:
    for form in ("GIF", "PNG"):
        content = animated(photos(4), form)
        assert is_photo(content[: len(content) * 3 // 4])


def test_endless_animations_are_looked_at_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    blanks = [PIL.Image.new("RGB", (96, 64), (level, level, level)) for level in range(3)]
    content = animated([*blanks, *photos(1)], "WEBP")
    assert is_photo(content)
    monkeypatch.setattr(frames, "LOOKED_AT", 2)
    assert decode_image(content, 512, LIMIT).pixels.max() < 9
    assert decode_image(content, 512, 96 * 64).pixels.max() < 9


def test_cases_show_their_picture(cases: Path) -> None:
    folder = cases / "first-frame-only"
    still = decode_image(str(folder / "still_62.jpg"), 512, LIMIT).pixels.astype(int)
    for name in ("black_first.gif", "black_first_apng.png"):
        assert np.abs(decode_image(str(folder / name), 512, LIMIT).pixels - still).mean() < 10


def tiff(path: Path, pictures: list[PIL.Image.Image], **options: Any) -> Path:
    pictures[0].save(path, "TIFF", save_all=True, append_images=pictures[1:], **options)
    return path


def test_pages_are_spans(tmp_path: Path) -> None:
    blank = PIL.Image.new("RGB", (96, 64), "white")
    path = tiff(tmp_path / "scan.tif", [blank, *photos(2)], compression="tiff_lzw")
    found, *pages = read(str(path), ReadOptions())
    assert isinstance(found, Probe) and found.metadata["frames"] == 3
    assert [page.span for page in pages if isinstance(page, Segment) and page.kind == "page"] == [
        Span(0, 1, "pages"), Span(1, 2, "pages"), Span(2, 3, "pages"),
    ]  # fmt: skip
    assert (decode_image(str(path), 512, LIMIT).pixels == np.asarray(photos(1)[0])).all()
    assert (decode_image(str(path), 512, LIMIT, page=2).pixels == np.asarray(photos(2)[1])).all()
    for span, turn in ((None, 0), (Span(2, 3, "pages"), 1)):
        seen = view_of(View(str(path), span=span), found, LIMIT)
        assert isinstance(seen, Image) and (seen.pixels == np.asarray(photos(2)[turn])).all()
    assert span_in_words(Span(2, 3, "pages")) == "page 3"


def test_smaller_copies_are_no_pages(tmp_path: Path) -> None:
    pixels = np.asarray(photo())
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(pixels, photometric="rgb")
        writer.write(pixels[::2, ::2], photometric="rgb", subfiletype=1)
    [_, image] = read(str(tmp_path / "a.tif"), ReadOptions())
    assert isinstance(image, Segment) and image.kind == "image" and image.span is None


def test_a_damaged_page_costs_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as writer:
        for turn in range(3):
            writer.write(np.asarray(photos(3)[turn]), photometric="rgb", compression="zlib")
    with tifffile.TiffFile(path) as opened:
        start = opened.pages[1].dataoffsets[0]
    content = bytearray(path.read_bytes())
    content[start : start + 8] = b"\xff" * 8
    path.write_bytes(content)
    _, *pages, end = read(str(path), ReadOptions())
    assert [page.span for page in pages if isinstance(page, Segment)] == [Span(0, 1, "pages"), Span(2, 3, "pages")]
    assert isinstance(end, Decoded) and end.missing.startswith("page 2: damaged page")


def endless_tiff(path: Path, pages: int) -> Path:
    """Write pages of one pixel, which all share it."""
    entries = [(256, 1), (257, 1), (258, 8), (262, 1), (273, 8), (277, 1), (278, 1), (279, 1)]
    page = struct.pack("<H", len(entries)) + b"".join(
        struct.pack("<HHIHH", tag, 3, 1, value, 0) for tag, value in entries
    )
    body = b"".join(page + struct.pack("<I", 10 + (n + 1) * (len(page) + 4)) for n in range(pages))
    path.write_bytes(b"II*\0" + struct.pack("<I", 10) + b"\x80\0" + body[:-4] + bytes(4))
    return path


def test_pages_without_end_are_read_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "MOST_PAGES", 5)
    found, *pages, end = read(str(endless_tiff(tmp_path / "a.tif", 50)), ReadOptions())
    assert isinstance(found, Probe)
    assert len(pages) == 5 and "frames" not in found.metadata
    assert isinstance(end, Decoded) and end.missing == "has more than 5 pages: the rest is not read"
    loop = tmp_path / "loop.tif"
    content = bytearray(endless_tiff(loop, 3).read_bytes())
    content[-4:] = struct.pack("<I", 10)
    loop.write_bytes(content)
    assert 1 <= sum(isinstance(event, Segment) for event in read(str(loop), ReadOptions())) <= 5


def test_each_page_is_found(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    tiff(tmp_path / "in" / "scan.tif", photos(3))
    photo(64, 96).convert("L").save(tmp_path / "in" / "other.png")
    photos(3)[2].save(tmp_path / "asked.png")
    with Library(tmp_path / "a.sonolux") as library:
        library.create([ColourLayout()])
        library.add(tmp_path / "in")
        hit = library.search(image=tmp_path / "asked.png", k=1, spaces="colour-layout")[0]
        assert hit.kind == "page" and hit.span == Span(2, 3, "pages")
        assert library.search(image=tmp_path / "in" / "scan.tif", k=1)[0].path.endswith("scan.tif")

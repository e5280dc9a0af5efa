"""Text in images is read however it lies; each test that names a report rebuilds what people complained of."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
import pytest

pytest.importorskip("rapidocr", reason="reading needs the extra ocr")

from sonolux.annotators import resolve
from sonolux.annotators.text_lines import TextLines
from sonolux.errors import ModelError, SonoluxError
from writing import SIGN, pixels, turned, written


@pytest.fixture(scope="module")
def reader() -> TextLines:
    return TextLines()


def said(reader: TextLines, image: PIL.Image.Image) -> list[str]:
    return [annotation.label for annotation in reader.annotate_one(pixels(image))]


@pytest.mark.parametrize("degrees", [0, 90, 180, 270, 7, -7, 97, 187])
def test_both_lines_of_a_turned_sign_are_read_in_their_order(reader: TextLines, degrees: float) -> None:
    # JaidedAI/EasyOCR#168 and #435, immich#31500: turned pictures are read badly, or lose lines.
    assert said(reader, turned(written(), degrees)) == list(SIGN)


def test_lines_have_boxes_and_confidence(reader: TextLines) -> None:
    first, second = reader.annotate_one(pixels(written()))
    assert (first.kind, first.annotator, first.span) == ("text", "ocr", None)
    assert first.probability > 0.9
    assert first.box is not None and second.box is not None
    ink = np.argwhere(pixels(written()).min(axis=2) < 128)
    (upper, left), (lower, right) = ink.min(axis=0) / (300, 640), ink.max(axis=0) / (300, 640)
    assert first.box[:2] == pytest.approx((left, upper), abs=0.03)
    assert (max(first.box[2], second.box[2]), second.box[3]) == pytest.approx((right, lower), abs=0.03)


def test_the_order_is_that_of_reading_not_of_confidence(reader: TextLines) -> None:
    assert reader.ordered
    lines = ["one of many", "two of many", "three of many", "four of many"]
    assert said(reader, written(lines, size=(640, 500))) == lines


def test_cells_of_a_row_are_read_from_its_beginning(reader: TextLines) -> None:
    # JaidedAI/EasyOCR#1274: a cell that stands a little higher came before the one that it follows.
    page = written(["Education:", "Born:"], size=(900, 260))
    page.paste(written(["BA in Psychology", "in Leipzig"], size=(500, 240), left=0), (400, 0))
    assert said(reader, page) == ["Education:", "BA in Psychology", "Born:", "in Leipzig"]


@pytest.mark.parametrize(
    ("ink", "paper"),
    [("white", "black"), ("white", (120, 120, 120)), ((128,) * 3, (140,) * 3), ((60, 20, 20), (70, 30, 24))],
    ids=["white on black", "white on grey", "faint", "dark on dark"],
)
def test_light_on_dark_and_faint_text(
    reader: TextLines, ink: str | tuple[int, ...], paper: str | tuple[int, ...]
) -> None:
    # ocrmypdf#1061: white text on grey; PaddleOCR#5105: black on grey.
    lines = said(reader, written(ink=ink, paper=paper))
    # A space between a word and a number may be lost.
    assert [line.replace(" ", "") for line in lines] == [line.replace(" ", "") for line in SIGN]


def test_small_letters(reader: TextLines) -> None:
    # PaddleOCR#4515: clear letters of a small picture.
    assert said(reader, written(letters=10, size=(300, 120))) == list(SIGN)


def test_small_letters_of_a_large_picture(reader: TextLines) -> None:
    page = PIL.Image.new("RGB", (4096, 3000), "white")
    page.paste(written(letters=30, size=(400, 200)), (3000, 2500))
    assert said(reader, page) == list(SIGN)


@pytest.mark.parametrize("degrees", [0, 90])
def test_a_line_in_a_slim_strip(reader: TextLines, degrees: int) -> None:
    # PaddleOCR#5021 and #15597: subtitles cut out of a film, enlarged until nothing fits.
    strip = written(["we talk about the middle lane"], size=(3000, 110), letters=28)
    assert said(reader, turned(strip, degrees)) == ["we talk about the middle lane"]


def test_every_line_of_a_long_screenshot_once(reader: TextLines) -> None:
    lines = [f"message number {number}" for number in range(50)]
    assert said(reader, written(lines, size=(560, 4096), letters=30)) == lines


def test_a_single_digit_is_not_laid_on_its_side(reader: TextLines) -> None:
    # RapidOCR#259: a tall character was turned by 90 degrees and read as another.
    assert said(reader, written(["7"], size=(300, 300), letters=90)) == ["7"]


def test_the_same_line_twice_is_two_lines(reader: TextLines) -> None:
    assert said(reader, written(["ticket", "ticket"])) == ["ticket", "ticket"]


def test_accents_are_kept(reader: TextLines) -> None:
    mpl = pytest.importorskip("matplotlib")
    font = PIL.ImageFont.truetype(f"{mpl.get_data_path()}/fonts/ttf/DejaVuSans.ttf", 40)
    image = PIL.Image.new("RGB", (640, 120), "white")
    PIL.ImageDraw.Draw(image).text((40, 40), "Café Größe señor", font=font, fill="black")
    assert said(reader, image) == ["Café Größe señor"]


@pytest.mark.parametrize("colour", ["white", "black", "#aa3311"])
def test_one_colour_says_nothing(reader: TextLines, colour: str) -> None:
    # tess4j#208: words where there are none.
    assert said(reader, PIL.Image.new("RGB", (500, 300), colour)) == []


@pytest.mark.parametrize("size", [(1, 1), (2, 900), (900, 2), (5, 5), (31, 29)])
def test_tiny_pictures_are_no_error(reader: TextLines, size: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (*size, 3), dtype=np.uint8)
    assert isinstance(reader.annotate_one(noise), list)


def test_noise_says_nothing(reader: TextLines) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (300, 400, 3), dtype=np.uint8)
    assert reader.annotate_one(noise) == []


def test_the_largest_picture_takes_bounded_time(reader: TextLines) -> None:
    page = written(size=(4096, 4096), letters=60)
    started = time.perf_counter()
    assert said(reader, page) == list(SIGN)
    assert time.perf_counter() - started < 60


def test_it_is_resolved_by_name_and_loads_nothing_before() -> None:
    annotator = resolve("ocr")
    assert isinstance(annotator, TextLines)
    assert annotator.licence == "Apache-2.0"
    assert not annotator._engine.done


@pytest.mark.parametrize("gone", ["rapidocr", "onnxruntime"])
def test_a_missing_extra_is_one_line(gone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib import metadata, util

    from sonolux import extras
    from sonolux.encoders.packaged import package

    def distribution(name: str) -> metadata.Distribution:
        if name == gone:
            raise metadata.PackageNotFoundError(name)
        return metadata.distribution(name)

    monkeypatch.setattr(package, "distribution", distribution)
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name == gone else util.find_spec(name))
    with pytest.raises(SonoluxError, match=r"^reading the text in pictures needs .*pip install 'sonolux\[ocr\]'$"):
        TextLines().annotate_one(pixels(written()))


def test_changed_weights_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from sonolux.encoders.packaged import package

    monkeypatch.setattr(package, "kept_sha256", lambda path: "0" * 64)
    with pytest.raises(ModelError, match=r"PP-OCRv6.* is damaged or was changed"):
        TextLines().annotate_one(pixels(written()))


def test_nothing_is_downloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def refuse(*_: object) -> None:
        raise AssertionError("reading asks the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert said(TextLines(), written()) == list(SIGN)


@pytest.mark.data
def test_plates_are_read_in_whole_photographs(reader: TextLines, data: Path) -> None:
    from sonolux.media.images.image import decode_image

    for name, plate in {"eu4": "BIMMIAN", "test_010": "RK248AH", "test_012": "RK291AT"}.items():
        image = decode_image(str(data / "plates" / f"{name}.jpg"), 4096, 10**8)
        lines = [one.label for one in reader.annotate_one(image.pixels)]
        assert plate in ["".join(filter(str.isalnum, line)) for line in lines]


def test_importing_it_loads_no_engine() -> None:
    heavy = ["rapidocr", "cv2", "onnxruntime"]
    code = f"import sys, sonolux.annotators.text_lines; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_threads_may_share_it(reader: TextLines) -> None:
    signs = [written([f"gate {number}", "please wait"], size=(400, 240)) for number in (3, 4, 5, 8)]
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda sign: said(reader, sign), signs))
    assert [lines[0] for lines in found] == ["gate 3", "gate 4", "gate 5", "gate 8"]

"""Reading protocols: number plates in photographs, and sentences that are drawn in many ways.

Plates: the 55 photographs of the set, each with the text of its plate; a plate is read where its letters and digits
stand in a line that was read, whatever signs are between them. Drawn: sentences of people who describe pictures, in
five typefaces, a few on a page, under conditions that each change one thing.
"""

from __future__ import annotations

import gzip
import io
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import SonoluxError
from sonolux.media.images.image import decode_image
from sonolux.metrics.edit_distance import edit_distance

TYPEFACES = ("DejaVuSans", "DejaVuSerif", "DejaVuSansMono", "STIXGeneral", "cmr10")
"""Files of matplotlib."""

LINES = 6
"""Of a page."""

LONGEST = 38
"""Characters of a line, at most."""

SIZE = 760, 400
"""Width and height of a page in pixels."""

LineReader = Callable[[NDArray[np.uint8]], Sequence[str]]
"""Lines of an image (h, w, 3), in the order of reading."""


@dataclass(frozen=True, slots=True)
class Plate:
    """A photograph with a number plate: its box in pixels (left, upper, width, height), and its letters and digits."""

    path: Path
    box: tuple[int, int, int, int]
    text: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """How a page is drawn: pixels of the letters, grey levels, turn against the clock in degrees, quality as JPEG."""

    name: str
    letters: int = 24
    ink: int = 0
    paper: int = 255
    turned: float = 0
    quality: int = 95


DRAWINGS = (
    Drawing("upright"),
    Drawing("turned by 90°", turned=90),
    Drawing("turned by 180°", turned=180),
    Drawing("turned by 270°", turned=270),
    Drawing("askew by 7°", turned=7),
    Drawing("askew by -7°", turned=-7),
    Drawing("small, 10 pixels", letters=10),
    Drawing("white on black", ink=255, paper=0),
    Drawing("faint, 12 of 255", ink=128, paper=140),
    Drawing("JPEG, quality 10", quality=10),
)


def read_plates(data: Path) -> list[Plate]:
    """Return the photographs of the set of plates, in the order of their names.

    Raises
    ------
    SonoluxError
        Where the set is not there.
    """
    plates = []
    for file in sorted((data / "plates").glob("*.txt")):
        name, *box, text = file.read_text(encoding="utf-8").split("\t")
        left, upper, width, height = map(int, box)
        plates.append(Plate(file.parent / name, (left, upper, width, height), text.strip()))
    if not plates:
        raise SonoluxError(f"there are no plates in {data}: name the folder of the data sets")
    return plates


def plate_pixels(plate: Plate, *, cropped: bool) -> NDArray[np.uint8]:
    """Return the pixels of a photograph, or those of the box of its plate alone."""
    pixels = decode_image(str(plate.path), 10_000, 200_000_000).pixels
    left, upper, width, height = plate.box
    return np.ascontiguousarray(pixels[upper : upper + height, left : left + width]) if cropped else pixels


def wrong_letters(plate: str, lines: Iterable[str]) -> int:
    """Return how many letters of a plate are wrong in the line that has most of them right; all where there is none."""
    least = len(plate)
    for line in lines:
        said = "".join(filter(str.isalnum, line)).upper()
        for length in range(len(plate) - 1, len(plate) + 2):
            windows = [said[start : start + length] for start in range(max(1, len(said) - length + 1))]
            least = min([least, *(edit_distance(window, plate) for window in windows)])
    return least


def read_sentences(data: Path) -> list[str]:
    """Return English sentences that fit into a line, from the test set of Multi30K.

    Raises
    ------
    SonoluxError
        Where the set is not there.
    """
    file = data / "multi30k" / "test_2016_flickr.en.gz"
    if not file.is_file():
        raise SonoluxError(f"there are no sentences in {data}: name the folder of the data sets")
    said = [line.strip() for line in gzip.decompress(file.read_bytes()).decode().splitlines()]
    return [line for line in said if 12 <= len(line) <= LONGEST and line.isascii()]


def draw_pages(
    sentences: Sequence[str], drawing: Drawing, pages: int, seed: int = 0
) -> Iterator[tuple[NDArray[np.uint8], list[str]]]:
    """Yield pages as pixels, with their lines: so many in each typeface, the same sentences under every drawing.

    Raises
    ------
    SonoluxError
        Where matplotlib, which brings the typefaces, is not installed.
    """
    from sonolux.extras import require

    require("drawing text", "matplotlib")
    import matplotlib as mpl

    fonts = Path(mpl.get_data_path()) / "fonts" / "ttf"
    chosen = random.Random(seed)
    for typeface in TYPEFACES:
        for _ in range(pages):
            lines = chosen.sample(sentences, LINES)
            yield _drawn(lines, drawing, fonts / f"{typeface}.ttf"), lines


def _drawn(lines: Sequence[str], drawing: Drawing, font: Path) -> NDArray[np.uint8]:
    from PIL import Image, ImageDraw, ImageFont

    paper = (drawing.paper,) * 3
    page = Image.new("RGB", SIZE, paper)
    pen, letters = ImageDraw.Draw(page), ImageFont.truetype(str(font), drawing.letters)
    for number, line in enumerate(lines):
        pen.text((40, 40 + number * 54), line, font=letters, fill=(drawing.ink,) * 3)
    if drawing.turned:
        page = page.rotate(drawing.turned, Image.Resampling.BICUBIC, expand=True, fillcolor=paper)
    stored = io.BytesIO()
    page.save(stored, "JPEG", quality=drawing.quality)
    return np.asarray(Image.open(stored), np.uint8)

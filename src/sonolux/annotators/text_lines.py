"""Optical character recognition (OCR): the lines of text in an image, where they are, and how surely they were read.

A detector finds where text may be, a recogniser reads each line out of the image as it was decoded, so that small
letters are read at their full size. A line that is not read surely is read turned too, and all lines of an image
agree on which way up it is. Images that are large, or much longer than wide, are looked at in tiles as well.

References
----------
The networks are PP-OCRv6 (small), run by RapidOCR 3.10.0. Detection: M. Liao, Z. Wan, C. Yao, K. Chen and X. Bai,
"Real-time scene text detection with differentiable binarization", AAAI 2020. Their alphabet: Latin letters with all
their accents, digits, Greek letters, Chinese and Japanese; no Cyrillic, Arabic, Hebrew, Hangul, Thai or Indic script.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.annotators.base import Annotator
from sonolux.checkpoints.digest import digest_of
from sonolux.checkpoints.loading import LoadedOnce
from sonolux.decoding.text_lines import (
    TextLine,
    edges_of,
    in_reading_order,
    join_pieces,
    likely_turns,
    reading_direction,
    turns_along,
    without_doubles,
)
from sonolux.encoders.packaged.packages import OCR, OCR_MODELS
from sonolux.extras import require
from sonolux.types import Annotation, Modality, Region

DETECTOR = f"{OCR}PP-OCRv6_det_small.onnx"
RECOGNISER = f"{OCR}PP-OCRv6_rec_small.onnx"

LEAST_SURE = 0.75
"""Confidence of a line that is kept, at least; docs/benchmarks.md says how both were measured."""

LEAST_SURE_ALONE = 0.95
"""That of a single character: leaves, wheels and fur are often taken for one."""

SURE = 0.9
"""Confidence of a line that is not read turned as well."""

WITH_THE_OTHERS = 0.1
"""Confidence by which a line must be surer the other way up to be read against most of the text."""

LONGEST = 2000
"""Pixels of the longer side of an image, as the detector looks at all of it."""

SMALL = 1000
"""Pixels of the longer side of the small tiles in which it looks again."""

FINEST = 3000
"""Pixels of the longer side of an image that is cut into small tiles; a larger one is reduced to that."""

SMALLEST = 184
"""Pixels of the shorter side, at least: the detector enlarges it four times then."""

EDGE = 8
"""Pixels of a margin, at least."""

SLIMMEST = 4
"""Times as long as wide, at most, is what the detector looks at: it enlarges the shorter side to 736 pixels."""

OVERLAP = 0.15
"""Of a tile, that the next one shows again: more than a line is high, so that each is whole in one, or in pieces that
overlap."""

FAINT = 64
"""Of 255: an image whose lightest and darkest pixels differ by less is given more contrast."""

HEIGHT = 48
"""Pixels of a line of text, as the recogniser wants them."""

LONGEST_LINE = 4800
"""Pixels of a line at that height, at most; a longer one, of some 200 letters, is squeezed."""

MOST_LINES = 1000
"""Of an image; the largest come first."""


class TextLines(Annotator):
    """The lines of text in images, in the order of reading, by the networks that the package rapidocr carries."""

    name = spec = "ocr"
    modality = Modality.IMAGE
    licence = OCR_MODELS.licence
    image_side = 4096
    batch_size = 1
    ordered = True

    def __init__(self) -> None:
        sure = (LEAST_SURE, LEAST_SURE_ALONE, SURE, WITH_THE_OTHERS)
        tiles = (self.image_side, LONGEST, SMALL, FINEST, SMALLEST, SLIMMEST, OVERLAP, FAINT)
        self.digest = digest_of("text lines", 1, OCR_MODELS.digest, *sure, *tiles)
        self._engine = LoadedOnce(_loaded)
        self._asking = Lock()

    def annotate_batch(self, batch: Sequence[NDArray[np.uint8]]) -> list[list[Annotation]]:
        """Return the lines of text in images (h, w, 3), each a region with its words.

        Raises
        ------
        ModelError
            Where rapidocr is not installed, or its weights are not those that were looked at.
        """
        return [self._annotated(pixels) for pixels in batch]

    def _annotated(self, pixels: NDArray[np.uint8]) -> list[Annotation]:
        height, width = pixels.shape[:2]
        said = []
        for line in self.read(pixels):
            if line.confidence >= (LEAST_SURE if len(line.text) > 1 else LEAST_SURE_ALONE):
                region = Region.in_pixels(*line.box, width=width, height=height)
                said.append(Annotation(self.name, line.text, line.confidence, region=region, kind="text"))
        return said

    def read(self, pixels: NDArray[np.uint8]) -> list[TextLine]:
        """Return all lines of text in an image (h, w, 3), in the order of reading, however unsure they are."""
        # The networks were trained on blue, green, red.
        image = _stretched(np.ascontiguousarray(pixels[:, :, ::-1])) if pixels.size else None
        if image is None:
            return []
        height, width = image.shape[:2]
        found = join_pieces(corners for tile in _tiles(height, width) for corners in self._detected(image, tile))
        found.sort(key=lambda corners: -np.prod(edges_of(corners)))
        lines = [self._read_line(image, corners) for corners in found[:MOST_LINES]]
        along = reading_direction(lines)
        agreed = [self._agreeing(image, line, along) for line in lines]
        return in_reading_order(without_doubles([line for line in agreed if any(map(str.isalnum, line.text))]))

    def _detected(self, image: NDArray[np.uint8], tile: Tile) -> Iterator[NDArray[np.float64]]:
        """Yield the corners of what may be text in a tile of an image, in pixels of the image."""
        import cv2

        shown = image[tile.upper : tile.lower, tile.left : tile.right]
        height, width = shown.shape[:2]
        scale = min(1.0, tile.longest / max(height, width))
        if scale < 1:
            size = (max(1, round(width * scale)), max(1, round(height * scale)))
            shown = np.asarray(cv2.resize(shown, size, interpolation=cv2.INTER_AREA), np.uint8)
        # Text at the very edge is missed, what is slim would be enlarged beyond all bounds, and what is small so much
        # that its letters are too large to be seen: all get a margin.
        least = max(max(shown.shape[:2]) / SLIMMEST, SMALLEST)
        slim = [max(EDGE, ceil((least - edge) / 2)) for edge in shown.shape[:2]]
        colour = [int(value) for value in np.median(_edge(shown), axis=0)]
        framed = cv2.copyMakeBorder(shown, slim[0], slim[0], slim[1], slim[1], cv2.BORDER_CONSTANT, value=colour)
        found = self._ask(np.asarray(framed, np.uint8), detect=True)
        for corners in () if found.boxes is None else found.boxes:
            inner = (np.asarray(corners, float) - (slim[1], slim[0])) / scale
            placed = np.clip(inner, 0, (width, height)) + np.array([tile.left, tile.upper])
            if min(edges_of(placed)) >= 2:
                yield placed

    def _ask(self, image: NDArray[np.uint8], *, detect: bool) -> Any:
        """Have lines detected in an image, or one read; the engine notes what is asked, so one asks at a time."""
        engine = self._engine()
        with self._asking:
            return engine(image, use_det=detect, use_cls=False, use_rec=not detect)

    def _read_line(self, image: NDArray[np.uint8], corners: NDArray[np.float64]) -> TextLine:
        """Read a line as it probably lies, and turned where that is not sure."""
        best: TextLine | None = None
        for turns in likely_turns(corners):
            line = self._recognised(image, corners, turns)
            if best is None or line.confidence > best.confidence:
                best = line
            if best.confidence >= SURE:
                break
        assert best is not None
        return best

    def _agreeing(self, image: NDArray[np.uint8], line: TextLine, along: NDArray[np.float64]) -> TextLine:
        """Read a line along the direction of most of the text, unless it is clearly surer as it was."""
        turns = turns_along(line.corners, along)
        if turns == line.turns or turns not in likely_turns(line.corners):
            return line
        other = self._recognised(image, line.corners, turns)
        return other if other.confidence >= line.confidence - WITH_THE_OTHERS else line

    def _recognised(self, image: NDArray[np.uint8], corners: NDArray[np.float64], turns: int) -> TextLine:
        strip = _strip(image, corners, turns)
        read = self._ask(strip, detect=False)
        text, confidence = (read.txts[0], read.scores[0]) if read.txts else ("", 0.0)
        return TextLine(" ".join(text.split()), float(min(max(confidence, 0.0), 1.0)), corners, turns)


def _stretched(image: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Return an image, with all the contrast there can be where it has little; None for one of a single colour."""
    darkest, lightest = (int(level) for level in np.percentile(image[:: max(1, image.shape[0] // 1000)], (0.1, 99.9)))
    if darkest == lightest:
        darkest, lightest = int(image.min()), int(image.max())
    if darkest == lightest or (image == image[:1, :1]).all():
        return None
    if lightest - darkest >= FAINT:
        return image
    levels = (np.arange(256) - darkest) * (255 / (lightest - darkest))
    return np.asarray(np.clip(levels, 0, 255).astype(np.uint8)[image])


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of an image that the detector looks at, in pixels, and how long its longer side is made for that."""

    left: int
    upper: int
    right: int
    lower: int
    longest: int


def _tiles(height: int, width: int) -> Iterator[Tile]:
    """Yield the tiles of an image: all of it, or pieces along a slim one; then, of a large one, small ones.

    A screenshot of a long page, made as small as the detector wants it, would not be readable. And it finds few small
    letters on a large empty page, as if it looked at the page as a whole: it finds them in small tiles.
    """
    longer, shorter = max(height, width), min(height, width)
    length = longer if longer <= 1.2 * max(2 * shorter, LONGEST) else max(2 * shorter, LONGEST)
    for upper, lower in _steps(height, length):
        for left, right in _steps(width, length):
            yield Tile(left, upper, right, lower, LONGEST)
    side = ceil(SMALL * max(1.0, longer / FINEST))
    if longer > side:
        for upper, lower in _steps(height, side):
            for left, right in _steps(width, side):
                yield Tile(left, upper, right, lower, SMALL)


def _steps(size: int, length: int) -> Iterator[tuple[int, int]]:
    """Yield the first pixel of each piece of an edge, and the one after its last; neighbours overlap."""
    if size <= length:
        yield 0, size
        return
    count = ceil((size - OVERLAP * length) / ((1 - OVERLAP) * length))
    for start in np.linspace(0, size - length, count).round().astype(int):
        yield int(start), int(start) + length


def _edge(tile: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the pixels (n, 3) around a tile."""
    return np.concatenate([tile[0], tile[-1], tile[:, 0], tile[:, -1]])


def _strip(image: NDArray[np.uint8], corners: NDArray[np.float64], turns: int) -> NDArray[np.uint8]:
    """Cut a line out of an image, upright after so many turns, as high as the recogniser wants it."""
    import cv2

    across, down = edges_of(corners)
    width, height = (across, down) if turns % 2 == 0 else (down, across)
    length = min(max(round(width * HEIGHT / max(height, 1.0)), 1), LONGEST_LINE)
    # A line that is made much smaller must not lose its thin strokes: it is cut out at up to four times the size.
    fine = min(max(round(height / HEIGHT), 1), 4)
    target = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32) * (fine * length, fine * HEIGHT)
    matrix = cv2.getPerspectiveTransform(np.roll(corners, -turns, axis=0).astype(np.float32), target.astype(np.float32))
    strip = cv2.warpPerspective(
        image, matrix, (fine * length, fine * HEIGHT), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    if fine > 1:
        strip = cv2.resize(strip, (length, HEIGHT), interpolation=cv2.INTER_AREA)
    return np.asarray(strip, np.uint8)


def _loaded() -> Any:
    """Return RapidOCR with the networks whose content was looked at; it downloads nothing."""
    OCR_MODELS.require()
    require(OCR_MODELS.gives, "rapidocr", "onnxruntime")
    from rapidocr import RapidOCR

    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.text_score": 0.0,
            "Global.use_cls": False,
            "Global.use_preprocess_img": False,
            "Global.use_vertical_padding": False,
            "Det.model_path": str(OCR_MODELS.path(DETECTOR)),
            "Rec.model_path": str(OCR_MODELS.path(RECOGNISER)),
            "EngineConfig.onnxruntime.intra_op_num_threads": int(os.environ.get("OMP_NUM_THREADS") or -1),
        }
    )

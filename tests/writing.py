"""Images of text, drawn by Pillow in the typeface that it brings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont

SIGN = ("Harbour Street 42", "open from 9 to 17")


def written(
    lines: Sequence[str] = SIGN,
    *,
    size: tuple[int, int] = (640, 300),
    letters: float = 36,
    ink: str | tuple[int, ...] = "black",
    paper: str | tuple[int, ...] = "white",
    left: int = 40,
) -> PIL.Image.Image:
    image = PIL.Image.new("RGB", size, paper)
    pen, font = PIL.ImageDraw.Draw(image), PIL.ImageFont.load_default(letters)
    for number, line in enumerate(lines):
        pen.text((left, 40 + number * round(2.4 * letters)), line, font=font, fill=ink)
    return image


def turned(image: PIL.Image.Image, degrees: float) -> PIL.Image.Image:
    return image.rotate(degrees, PIL.Image.Resampling.BICUBIC, expand=True, fillcolor="white")


def pixels(image: PIL.Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB"), np.uint8)

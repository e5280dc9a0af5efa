"""Altered copies: photos, and what people and programs make of them; the truth for the detection of copies.

Photos are drawn from two sets, half of them to choose thresholds on and half to be scored; no photo is in both halves.
Of some photos of each half every alteration is made; all others are there to be mistaken for one another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
from PIL import ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps
from PIL.Image import Image as Picture
from PIL.Image import Resampling, Transpose

ALTERED = 40
"""Photos of each half of which copies are made."""

SEED = 0

SEPIA = (0.393, 0.769, 0.189, 0, 0.349, 0.686, 0.168, 0, 0.272, 0.534, 0.131, 0)


@dataclass(frozen=True, slots=True)
class Half:
    """Half of the photos: all of them, and copies as (photo, alteration, file)."""

    photos: list[Path]
    copies: list[tuple[Path, str, Path]]


def split_halves(photos: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Return the photos to choose on and those to score, each in a fixed random order."""
    order = np.random.default_rng(SEED).permutation(len(photos))
    shuffled = [sorted(photos)[i] for i in order]
    return shuffled[::2], shuffled[1::2]


def make_copies(photos: Sequence[Path], folder: Path, altered: int = ALTERED) -> Half:
    """Write every alteration of the first photos into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for photo in photos[:altered]:
        with PIL.Image.open(photo) as opened:
            picture = opened.convert("RGB")
        for name, alter in ALTERATIONS.items():
            ending, options = SAVED.get(name, (".jpg", {"quality": 80}))
            file = folder / f"{photo.stem}--{name.replace(' ', '-').replace('%', '')}{ending}"
            alter(picture).save(file, **options)
            made.append((photo, name, file))
    return Half(list(photos), made)


def _same(picture: Picture) -> Picture:
    return picture


def _resized(share: float, stretch: float = 1.0) -> Callable[[Picture], Picture]:
    def alter(picture: Picture) -> Picture:
        width, height = picture.size
        return picture.resize((round(width * share * stretch), round(height * share)), Resampling.LANCZOS)

    return alter


def _cropped(share: float) -> Callable[[Picture], Picture]:
    """Keep so much of each edge, off the middle."""

    def alter(picture: Picture) -> Picture:
        width, height = picture.size
        left, upper = round(width * (1 - share) * 0.3), round(height * (1 - share) * 0.6)
        return picture.crop((left, upper, left + round(width * share), upper + round(height * share)))

    return alter


def _noisy(picture: Picture) -> Picture:
    noise = np.random.default_rng(SEED).normal(0, 12, (picture.height, picture.width, 3))
    return PIL.Image.fromarray(np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8))


def _letterboxed(picture: Picture) -> Picture:
    bar = picture.height // 6
    return ImageOps.expand(picture, (0, bar, 0, bar), "black")


def _with_logo(picture: Picture) -> Picture:
    """Cover the lower right with a quarter of each edge, and a disc in the upper left."""
    picture = picture.copy()
    width, height = picture.size
    draw = ImageDraw.Draw(picture)
    draw.rectangle((width * 0.7, height * 0.7, width * 0.97, height * 0.95), fill=(200, 20, 40))
    draw.ellipse((width * 0.05, height * 0.05, width * 0.2, height * 0.25), fill=(250, 250, 250))
    draw.text((width * 0.72, height * 0.78), "SALE", fill="white", font=ImageFont.load_default(height * 0.1))
    return picture


def _with_text(picture: Picture) -> Picture:
    """Write two lines over it, as memes have them."""
    picture = picture.copy()
    width, height = picture.size
    draw = ImageDraw.Draw(picture)
    for line, y in (("WHEN YOU SEE IT", 0.03), ("AND IT IS MONDAY", 0.84)):
        font = ImageFont.load_default(height * 0.12)
        draw.text((width / 2, y * height), line, "white", font, anchor="ma", stroke_width=2, stroke_fill="black")
    return picture


def _screenshot(picture: Picture) -> Picture:
    """Show it in a window of a telephone, with bars, a title and lines of text."""
    width, height = picture.size
    page = PIL.Image.new("RGB", (round(width * 1.15), round(height * 1.9)), (245, 245, 248))
    draw = ImageDraw.Draw(page)
    draw.rectangle((0, 0, page.width, height * 0.15), fill=(40, 60, 120))
    font = ImageFont.load_default(height * 0.07)
    draw.text((width * 0.06, height * 0.04), "9:41   Messages", fill="white", font=font)
    page.paste(picture, (round(width * 0.075), round(height * 0.3)))
    for line in range(3):
        draw.text((width * 0.08, height * (1.4 + 0.13 * line)), "look at this one, it is from", fill="black", font=font)
    return page


def _toned(picture: Picture) -> Picture:
    return picture.convert("RGB", matrix=SEPIA)


ALTERATIONS: Mapping[str, Callable[[Picture], Picture]] = {
    "lossless": _same,
    "JPEG 90": _same,
    "JPEG 50": _same,
    "JPEG 20": _same,
    "WebP 50": _same,
    "half size": _resized(0.5),
    "quarter size": _resized(0.25),
    "enlarged": _resized(1.6),
    "stretched": _resized(1.0, 1.3),
    "blurred": lambda picture: picture.filter(ImageFilter.GaussianBlur(2)),
    "sharpened": lambda picture: picture.filter(ImageFilter.UnsharpMask(2, 150)),
    "noise": _noisy,
    "brighter": lambda picture: ImageEnhance.Brightness(picture).enhance(1.4),
    "contrast": lambda picture: ImageEnhance.Contrast(picture).enhance(1.6),
    "grey": lambda picture: picture.convert("L").convert("RGB"),
    "sepia": _toned,
    "turned 90": lambda picture: picture.transpose(Transpose.ROTATE_90),
    "turned 180": lambda picture: picture.transpose(Transpose.ROTATE_180),
    "mirrored": lambda picture: picture.transpose(Transpose.FLIP_LEFT_RIGHT),
    "crop 90 %": _cropped(0.9),
    "crop 75 %": _cropped(0.75),
    "crop 60 %": _cropped(0.6),
    "border": lambda picture: ImageOps.expand(picture, picture.width // 10, "white"),
    "bars": _letterboxed,
    "logo": _with_logo,
    "text": _with_text,
    "screenshot": _screenshot,
    "crop, mirrored": lambda picture: _cropped(0.85)(picture).transpose(Transpose.FLIP_LEFT_RIGHT),
}
"""By name; what comes out is saved as JPEG of quality 80 unless `SAVED` says otherwise."""

SAVED: Mapping[str, tuple[str, dict[str, Any]]] = {
    "lossless": (".png", {}),
    "JPEG 90": (".jpg", {"quality": 90}),
    "JPEG 50": (".jpg", {"quality": 50}),
    "JPEG 20": (".jpg", {"quality": 20}),
    "WebP 50": (".webp", {"quality": 50}),
}
"""Ending and options of files."""

"""Grounds of transparent pictures, and grey of any depth."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import tifffile
from PIL import ImageDraw

from media.specimens import photo
from sonolux.media.images.image import decode_image
from sonolux.media.readers.image import ImageReader
from sonolux.media.reading import ReadOptions, read
from sonolux.media.segment import Probe

LIMIT = 200_000_000


def encoded(picture: PIL.Image.Image, form: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def pixels_of(picture: PIL.Image.Image, form: str = "PNG", **options: Any) -> np.ndarray:
    return decode_image(encoded(picture, form, **options), 512, LIMIT).pixels


def logo(colour: tuple[int, ...], shape: str = "ellipse") -> PIL.Image.Image:
    picture = PIL.Image.new("RGBA", (128, 128), (*colour[:3], 0))
    draw = ImageDraw.Draw(picture)
    (draw.ellipse if shape == "ellipse" else draw.rectangle)((24, 24, 103, 103), fill=colour)
    return picture


def ground(pixels: np.ndarray) -> int:
    return int(pixels[2, 2].mean())


LIGHT = [(255, 255, 255, 255), (245, 245, 240, 255), (230, 240, 255, 255), (255, 255, 255, 90)]
DARK = [(0, 0, 0, 255), (40, 40, 90, 255), (128, 128, 128, 255), (220, 30, 30, 255), (60, 60, 60, 90)]


@pytest.mark.parametrize("colour", LIGHT)
def test_light_art_has_a_ground_that_shows_it(colour: tuple[int, ...]) -> None:
    for picture in (logo(colour), logo(colour).convert("LA"), logo(colour).resize((700, 700))):
        pixels = pixels_of(picture)
        assert ground(pixels) == 0
        assert pixels.std() > 30


@pytest.mark.parametrize("colour", DARK)
def test_dark_art_stays_on_white(colour: tuple[int, ...]) -> None:
    assert ground(pixels_of(logo(colour))) == 255


def test_pictures_with_tones_of_their_own_stay_on_white() -> None:
    """A window of a screen with round corners, and a badge with white letters."""
    window = PIL.Image.new("RGBA", (128, 96), (0, 0, 0, 0))
    ImageDraw.Draw(window).rounded_rectangle((0, 0, 127, 95), 8, fill=(250, 250, 250, 255))
    ImageDraw.Draw(window).text((30, 40), "what a window says", fill=(20, 20, 20, 255))
    badge = logo((200, 40, 40, 255))
    ImageDraw.Draw(badge).rectangle((40, 40, 90, 90), fill=(255, 255, 255, 255))
    for picture in (window, badge):
        assert ground(pixels_of(picture)) == 255


@pytest.mark.parametrize("form", ["GIF", "WEBP", "TIFF", "PNG"])
def test_palettes_and_other_formats(form: str) -> None:
    picture = logo((255, 255, 255, 255))
    options: dict[str, Any] = {"lossless": True} if form == "WEBP" else {}
    if form == "PNG":
        picture = picture.quantize(4)
    assert ground(pixels_of(picture, form, **options)) == 0


def test_what_is_all_transparent_is_white() -> None:
    assert (pixels_of(PIL.Image.new("RGBA", (9, 9), (200, 20, 20, 0))) == 255).all()


def test_cases_differ_and_are_no_blank_pages(cases: Path) -> None:
    cross, star = (
        decode_image(str(cases / "white-on-transparent" / f"white_logo_{name}.png"), 512, LIMIT).pixels.astype(int)
        for name in ("cross", "star")
    )
    assert min(cross.std(), star.std()) > 60
    assert np.abs(cross - star).mean() > 10


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("form", ["PNG", "TIFF", "big"])
def test_grey_of_any_depth_uses_its_own_white(bits: int, form: str, tmp_path: Path) -> None:
    ramp = np.linspace(0, 2**bits - 1, 256).round().astype(np.uint16)[None].repeat(64, axis=0)
    if form == "big":
        tifffile.imwrite(tmp_path / "a.tif", ramp, byteorder=">")
        content = (tmp_path / "a.tif").read_bytes()
    else:
        content = encoded(PIL.Image.fromarray(ramp), form)
    shown = decode_image(content, 512, LIMIT).pixels[0, :, 0].astype(int)
    assert np.abs(shown - np.arange(256)).max() <= 1


@pytest.mark.parametrize("bits", [12, 14, 16])
def test_colours_of_any_depth_use_their_own_white(bits: int, tmp_path: Path) -> None:
    deep = np.asarray(photo()).astype(np.uint16) << (bits - 8)
    tifffile.imwrite(tmp_path / "a.tif", deep, photometric="rgb")
    shown = decode_image(str(tmp_path / "a.tif"), 512, LIMIT).pixels.astype(int)
    assert np.abs(shown - np.asarray(photo())).mean() < 5


def test_single_hot_pixels_say_nothing_of_the_depth() -> None:
    grey = np.linspace(0, 4095, 256 * 256).round().astype(np.uint16).reshape(256, 256)
    grey[17, 31] = 65535
    shown = pixels_of(PIL.Image.fromarray(grey))
    assert shown.mean() == pytest.approx(127, abs=2)


def test_dark_pictures_of_sixteen_bits_keep_their_tone_while_they_use_a_quarter() -> None:
    ramp = np.linspace(0, 20_000, 256).astype(np.uint16)[None].repeat(64, axis=0)
    assert pixels_of(PIL.Image.fromarray(ramp)).max() == pytest.approx(255 * 20_000 / 65_535, abs=1)
    assert pixels_of(PIL.Image.fromarray(np.zeros((4, 4), np.uint16))).max() == 0


@pytest.mark.parametrize("kind", [np.int16, np.float32, np.int32])
def test_signed_and_floating_tiffs_show_something(kind: type, tmp_path: Path) -> None:
    """Hounsfield units, heights, and light brighter than white."""
    for low, high in ((-1024, 3071), (0, 1.5), (0, 3000), (-50, 90)):
        if kind is not np.float32 and high < 2:
            continue
        tifffile.imwrite(tmp_path / "a.tif", np.linspace(low, high, 4096).reshape(64, 64).astype(kind))
        shown = decode_image(str(tmp_path / "a.tif"), 512, LIMIT).pixels
        assert shown.min() == 0 and shown.max() > 180


def test_white_is_zero(tmp_path: Path) -> None:
    ramp = np.linspace(0, 4095, 256).astype(np.uint16)[None].repeat(64, axis=0)
    tifffile.imwrite(tmp_path / "a.tif", ramp, photometric="miniswhite")
    shown = decode_image(str(tmp_path / "a.tif"), 512, LIMIT).pixels[0, :, 0]
    assert shown[0] == 255 and shown[-1] == 0


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("form", ["TIFF", "JPEG", "PNG", "WEBP"])
def test_width_and_height_are_those_that_are_shown(form: str, orientation: int, tmp_path: Path) -> None:
    exif = PIL.Image.Exif()
    exif[0x112] = orientation
    path = tmp_path / "a"
    path.write_bytes(encoded(photo(), form, exif=exif))
    found = next(read(str(path), ReadOptions()))
    assert isinstance(found, Probe)
    shown = decode_image(str(path), 512, LIMIT).pixels.shape
    assert (found.metadata["height"], found.metadata["width"]) == shown[:2]
    assert shown[:2] == ((96, 64) if orientation in (6, 8) else (64, 96))


def test_the_reader_claims_by_content() -> None:
    assert ImageReader().claims("a.txt", encoded(photo()))

"""Image decoding: a file to uint8 pixels (height, width, 3), sRGB, upright, the first frame, alpha over white.

Work is done small: JPEG is scaled while it is decoded, other formats before colours are converted.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import BinaryIO

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from PIL import ImageCms
from PIL.Image import Image as Picture
from PIL.Image import Resampling, Transpose

from sonolux.errors import MediaError
from sonolux.media.descriptions.exif import ORIENTATION, exif_of
from sonolux.media.errors import decoding
from sonolux.media.safe_open import open_file
from sonolux.media.segment import Image
from sonolux.media.signatures import HEAD, image_format

UPRIGHT = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
"""What turns an image upright, by EXIF orientation (CIPA DC-008, table 6)."""

ICC_SPACES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
"""Colour space named in an ICC profile, to Pillow's mode."""


def decode_image(source: str | bytes, side: int, max_pixels: int) -> Image:
    """Decode an image, scaled down until its longer side is at most ``side``.

    Parameters
    ----------
    source : str or bytes
        Path of the file, or its content.
    side : int
        Pixels of the longer side; smaller images keep their size.
    max_pixels : int
        Larger images are refused from their header, before they are decoded.

    Returns
    -------
    Image
        Pixels uint8 (height, width, 3).

    Raises
    ------
    MediaError
        For images that are truncated, damaged, too large, or no images.
    """
    with open_image(source) as image:
        refuse_bomb(image.size, max_pixels)
        image.draft(None, fit_size(image.size, side))
        image.load()
        upright = UPRIGHT.get(exif_of(image).get(ORIENTATION, 1))
        small = _shrunk(image, side)
        if upright is not None:
            small = small.transpose(upright)
        return Image(np.array(_on_white(small, image.info.get("icc_profile")), dtype=np.uint8))


@contextmanager
def open_image(source: str | bytes) -> Iterator[Picture]:
    """Open an image by its content, without decoding it, and translate every error met until it is closed.

    Pillow's own ``open`` tries every format it knows and holds a bomb limit that is global to the process; the
    signature has already told the format, and the limit is the caller's.
    """
    file: BinaryIO = io.BytesIO(source) if isinstance(source, bytes) else open_file(source)
    with file:
        name = image_format(file.read(HEAD))
        if name is None:
            raise MediaError("not a picture that can be decoded")
        file.seek(0)
        _register_formats()
        with decoding(f"{name} picture"), PIL.Image.OPEN[name][0](file, "") as image:
            yield image


@lru_cache(maxsize=1)
def _register_formats() -> None:
    from pillow_heif import register_heif_opener

    PIL.Image.init()
    register_heif_opener()


def refuse_bomb(size: tuple[int, int], max_pixels: int) -> None:
    """Raise `MediaError` for an image with more pixels than the limit."""
    width, height = size
    if width * height > max_pixels:
        raise MediaError(f"has {width} x {height} pixels: more than the limit of {max_pixels} (SONOLUX_MAX_PIXELS)")


def fit_size(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Return width and height scaled down so that the longer is at most ``side``, none below 1."""
    scale = min(1.0, side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _shrunk(image: Picture, side: int) -> Picture:
    """Scale down, in a mode that can be averaged: palette and 1-bit pixels cannot."""
    size = fit_size(image.size, side)
    if image.mode.startswith("I;16"):
        return _eight_bits(image.convert("I").resize(size, Resampling.BOX), full=65535.0)
    if image.mode in ("I", "F"):
        return _eight_bits(image.resize(size, Resampling.BOX), full=None)
    if image.mode == "1":
        image = image.convert("L")
    if image.mode in ("P", "PA") or "transparency" in image.info:
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    if size == image.size:
        return image
    return image.resize(size, Resampling.LANCZOS, reducing_gap=2.0)


def _eight_bits(image: Picture, full: float | None) -> Picture:
    """Bring deep grey values to 0-255: by the full scale where it is known, else by the range that is there."""
    values: NDArray[np.float64] = np.nan_to_num(np.asarray(image, dtype=np.float64))
    low, high = 0.0, full
    if high is None:
        low, high = min(0.0, float(values.min())), float(values.max())
        # Floats of scientific and HDR images are within [0, 1] by custom, integers within 16 bits.
        high = next((top for top in (1.0, 255.0, 65535.0) if low == 0.0 and high <= top), high)
    scaled = (values - low) * (255.0 / max(high - low, 1e-12))
    return PIL.Image.fromarray(np.clip(np.rint(scaled), 0, 255).astype(np.uint8))


def _on_white(image: Picture, profile: object) -> Picture:
    """Convert to sRGB, transparent parts over white."""
    if not image.has_transparency_data:
        return _srgb(image, profile)
    image = image.convert("RGBA")
    alpha = image.getchannel("A")
    colours = _srgb(image.convert("RGB"), profile)
    white = PIL.Image.new("RGB", image.size, "white")
    white.paste(colours, mask=alpha)
    return white


def _srgb(image: Picture, profile: object) -> Picture:
    transform = _transform(profile, image.mode) if isinstance(profile, bytes) else None
    if image.mode == "LAB":
        transform = _lab_transform()
    if transform is None:
        return image.convert("RGB")
    return ImageCms.applyTransform(image, transform) or image.convert("RGB")


@lru_cache(maxsize=8)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Return the transform of a profile to sRGB, None where it is broken or for another kind of pixels."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if ICC_SPACES.get(source.profile.xcolor_space.strip()) != mode:
            return None
        return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        # A broken profile says nothing of the colours: like a missing one, it means sRGB.
        return None


@lru_cache(maxsize=1)
def _lab_transform() -> ImageCms.ImageCmsTransform:
    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    return ImageCms.buildTransform(lab, srgb, "LAB", "RGB")

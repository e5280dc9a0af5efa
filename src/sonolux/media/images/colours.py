"""Colour management of images: any mode and profile to 8-bit sRGB, grey of any depth, light art over a dark ground."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Any

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from PIL import ImageCms
from PIL.Image import Image as Picture

ICC_SPACES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
"""Colour space named in an ICC profile, to Pillow's mode."""

DEEP_TOPS = (1.0, 255.0, 1023.0, 4095.0, 16383.0, 65535.0)
"""White, in floats within [0, 1] and in counts of 8, 10, 12, 14 and 16 bits."""

BRIGHTEST = 99.9
"""Percentile of the values that counts as their greatest: single hot pixels say nothing of the depth."""

LEAST_USED = 0.25
"""Share of the range of its white that a picture uses; the white of one that uses less is its own greatest value."""

GROUND_SIDE = 128
"""Pixels of the longer side at which grounds are compared."""

LOST = 0.25
"""Share of the contrast over black below which a picture over white counts as lost."""


def to_srgb(image: Picture, profile: object) -> Picture:
    """Convert an 8-bit image to RGB in sRGB, transparent parts over a ground on which it shows.

    Parameters
    ----------
    image : PIL.Image.Image
    profile : bytes or None
        ICC profile of its colours; a broken one means sRGB.
    """
    if not image.has_transparency_data:
        return _srgb(image, profile)
    image = image.convert("RGBA")
    alpha = image.getchannel("A")
    colours = _srgb(image.convert("RGB"), profile)
    ground = PIL.Image.new("RGB", image.size, _ground(colours, alpha))
    ground.paste(colours, mask=alpha)
    return ground


def _ground(colours: Picture, alpha: Picture) -> str:
    """Choose white, as paper is, or black for light art, which white would swallow.

    Contrast is the standard deviation of the grey of the whole picture.
    """
    size = colours.size if max(colours.size) <= GROUND_SIDE else _within(colours.size, GROUND_SIDE)
    opaque = np.asarray(alpha.resize(size, PIL.Image.Resampling.BOX), np.float32) / 255
    if not opaque.any():
        return "white"
    grey = np.asarray(colours.convert("L").resize(size, PIL.Image.Resampling.BOX), np.float32)
    over_black = grey * opaque
    over_white = over_black + 255 * (1 - opaque)
    return "black" if float(over_white.std()) < LOST * float(over_black.std()) else "white"


def _within(size: tuple[int, int], side: int) -> tuple[int, int]:
    scale = side / max(size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def eight_bits(image: Picture, *, whole: bool = False, inverted: bool = False) -> Picture:
    """Bring deep grey values to 0-255: white is that of the least depth that holds them.

    Sensors count in 10, 12 or 14 bits, which files of 16 bits hold as they are: shown on the scale of 16, they would
    be black. A picture of 16 bits whose brightest parts are darker than a quarter is brightened by the same rule.

    Parameters
    ----------
    image : PIL.Image.Image
        Of one channel of integers or floats.
    whole : bool
        Whether the values are counts, whose black is 0 and whose white is that of a depth in bits.
    inverted : bool
        Whether 0 means white.
    """
    values: NDArray[np.float64] = np.nan_to_num(np.asarray(image, dtype=np.float64), posinf=0.0, neginf=0.0)
    low, high = min(0.0, float(values.min())), float(np.percentile(values, BRIGHTEST))
    if low == 0.0:
        top = next((top for top in DEEP_TOPS[1 if whole else 0 :] if high <= top), high)
        high = top if whole or high >= LEAST_USED * top else high
    else:
        high = float(values.max())
    scaled = (values - low) * (255.0 / max(high - low, 1e-12))
    shown = np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
    return PIL.Image.fromarray(255 - shown if inverted else shown)


def brightened(image: Picture) -> Picture:
    """Bring colours of 10 to 14 bits that a file of 16 holds to 0-255; of 16 bits, Pillow keeps the upper 8."""
    pixels = np.asarray(image)
    greatest = np.percentile(pixels, BRIGHTEST)
    top = next((int(top) >> 8 for top in DEEP_TOPS[2:] if greatest <= int(top) >> 8), 255)
    return PIL.Image.fromarray(np.minimum(pixels * (255.0 / top), 255).astype(np.uint8)) if top < 255 else image


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
        source: Any = ImageCms.ImageCmsProfile(io.BytesIO(profile))
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

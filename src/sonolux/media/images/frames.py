"""Frames of an image file: the one that stands for an animation, and the pages of a TIFF."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image as Picture

ANIMATIONS = ("GIF", "PNG", "WEBP", "AVIF")

LOOKED_AT = 100
"""Frames of an animation that are looked at, at most."""

SHOWS = 16.0
"""Contrast from which on a first frame stands for its animation unasked."""

OF_THE_BEST = 0.5
"""Share of the greatest contrast among the frames that one which shows something has."""

MOST_PAGES = 1000
"""Pages of a TIFF that are read, at most."""

SUBFILE_TYPE, OLD_SUBFILE_TYPE = 254, 255
REDUCED_OR_MASK, OLD_REDUCED = 0b101, 2
"""What is no page of its own: a smaller copy, or a mask, of another (TIFF 6.0, NewSubfileType and SubfileType)."""


def seek_telling(image: Picture, frames: Sequence[int], max_pixels: int, seen: Callable[[], NDArray[np.uint8]]) -> None:
    """Go to the first of some frames that shows something; where none does, to the first.

    Parameters
    ----------
    image : PIL.Image.Image
        Opened.
    frames : sequence of int
        In rising order; those of `frames_of`.
    max_pixels : int
        Pixels that are decoded for it, at most.
    seen : callable
        Returns what the frame at hand shows, small.
    """
    if len(frames) < 2:
        image.seek(frames[0])
        return
    contrasts: list[float] = []
    for frame in frames[: max(1, min(LOOKED_AT, max_pixels // (image.width * image.height)))]:
        try:
            image.seek(frame)
            contrasts.append(contrast(seen()))
        except (EOFError, OSError, SyntaxError, ValueError):
            if not contrasts:
                raise
            break  # its end, or damage behind frames that are whole
        if contrasts[0] >= SHOWS:
            return
    least = OF_THE_BEST * max(contrasts)
    image.seek(frames[next(place for place, found in enumerate(contrasts) if found >= least)])


def contrast(pixels: NDArray[np.uint8]) -> float:
    """Return the standard deviation of the channel (h, w, 3) that varies most, in levels of 255."""
    return float(pixels.reshape(-1, pixels.shape[-1]).std(axis=0).max())


def frames_of(image: Any) -> Sequence[int]:
    """Return the frames of which an image file is made: those of an animation, or the pages of a TIFF.

    Of a TIFF, smaller copies and masks of other pages are left out, and one more than `MOST_PAGES` means that there are
    more. Any other image has one frame, its first.
    """
    if image.format in ANIMATIONS and getattr(image, "is_animated", False):
        return range(LOOKED_AT)
    if image.format != "TIFF":
        return (0,)
    pages: list[int] = []
    for frame in range(4 * MOST_PAGES):
        try:
            image.seek(frame)
        except EOFError:
            break
        except (OSError, SyntaxError, ValueError, TypeError, KeyError):
            break  # the chain of pages breaks off
        if not _is_copy(image.tag_v2):
            pages.append(frame)
        if len(pages) > MOST_PAGES:
            break
    image.seek(0)
    return pages or (0,)


def _is_copy(tags: Any) -> bool:
    kind, old_kind = tags.get(SUBFILE_TYPE), tags.get(OLD_SUBFILE_TYPE)
    return old_kind == OLD_REDUCED or (isinstance(kind, int) and bool(kind & REDUCED_OR_MASK))

"""The image made small, the common first step of descriptors that look at large structures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def reduced(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return the image as a square, each new pixel the mean of those it covers; proportions are not kept.

    Parameters
    ----------
    pixels : ndarray
        uint8 (h, w, 3); a square of that side stays as it is.
    side : int
        Of the result, in pixels.

    Returns
    -------
    ndarray
        uint8 (side, side, 3).
    """
    if pixels.shape[:2] == (side, side):
        return pixels
    return np.asarray(Image.fromarray(pixels).resize((side, side), Image.Resampling.BOX))

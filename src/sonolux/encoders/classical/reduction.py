"""The picture made small, the common first step of descriptors that look at large structures."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def reduced(pixels: NDArray[np.uint8], width: int, height: int, mode: Literal["L", "RGB"] = "RGB") -> NDArray[np.uint8]:
    """Return the picture at a fixed size, each new pixel the mean of those it covers; proportions are not kept.

    Parameters
    ----------
    pixels : ndarray
        uint8 (h, w, 3).
    width, height : int
        Of the result, in pixels.
    mode : {"L", "RGB"}
        Grey, ITU-R 601 luma, or colour.

    Returns
    -------
    ndarray
        uint8 (height, width) for grey, (height, width, 3) for colour.
    """
    picture = Image.fromarray(pixels)
    if mode == "L":
        picture = picture.convert("L")
    return np.asarray(picture.resize((width, height), Image.Resampling.BOX))

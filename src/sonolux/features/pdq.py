"""PDQ, a perceptual hash of images: 256 bits, of which few differ between copies and half between strangers.

The hash says of each of the 16 x 16 lowest spatial frequencies of luma, but for the mean, whether it is above their
median. It comes with a quality from 0 to 100, the strength of the gradients: where there is little to see, the bits are
noise. Codes are packed, first bit highest: uint8 (32,); bit ``16 i + j`` is vertical frequency ``16 - i``,
horizontal frequency ``16 - j``.

The image is reduced to 64 x 64 first, each new pixel a mean of those it covers, so that its size does not matter; PDQ
itself takes single pixels of its smoothed image.

References
----------
"The TMK+PDQF video-hashing algorithm and the PDQ image-hashing algorithm", Facebook 2019.
"""

from __future__ import annotations

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from PIL.Image import Resampling

BITS = 256

WORTH = 50
"""Quality from which a hash tells images apart, as its makers advise."""

SIDE = 64
"""Pixels a side of the image that PDQ transforms."""

TURNS = (
    "as it is",
    "turned left",
    "upside down",
    "turned right",
    "mirrored",
    "mirrored and turned left",
    "flipped",
    "mirrored and turned right",
)
"""The eight ways to lay a picture on a square, by number: from 4 on a mirror changes left and right, then
``n % 4`` quarter turns to the left follow."""


def pdq_hash(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], int]:
    """Return the hash of an image (h, w, 3), uint8 (32,), and its quality."""
    import pdqhash

    small = PIL.Image.fromarray(pixels).resize((SIDE, SIDE), Resampling.HAMMING)
    bits, quality = pdqhash.compute(np.asarray(small))
    return np.packbits(bits), int(quality)


def turned_hashes(codes: NDArray[np.uint8], turn: int) -> NDArray[np.uint8]:
    """Return what the hashes (n, 32) would be, were their images turned.

    A mirror changes the sign of every second frequency, and a quarter turn swaps the two axes as well. As the median of
    what is turned may be a little another, so may some of its bits be: on photos 7 of 256, on average.

    Parameters
    ----------
    codes : ndarray of uint8, shape (n, 32)
    turn : int
        See `TURNS`.
    """
    bits = np.unpackbits(codes, axis=1).reshape(-1, 16, 16).astype(bool)
    odd = np.arange(16) % 2 == 1  # bit 15 is frequency 1
    if turn >= 4:
        bits = bits ^ odd
    for _ in range(turn % 4):  # to the left: the axes are swapped, then up and down
        bits = bits.transpose(0, 2, 1) ^ odd[:, None]
    return np.packbits(bits.reshape(-1, BITS), axis=1)


def turned_image(pixels: NDArray[np.uint8], turn: int) -> NDArray[np.uint8]:
    """Return the pixels (h, w, ...) turned, see `TURNS`."""
    mirrored = pixels[:, ::-1] if turn >= 4 else pixels
    return np.ascontiguousarray(np.rot90(mirrored, turn % 4))

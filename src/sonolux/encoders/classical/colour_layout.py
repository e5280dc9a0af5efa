"""Colour layout: which colours are where, coarsely.

The image becomes 8 x 8 mean colours; each of luma (Y), blue difference (Cb) and red difference (Cr) is turned into
spatial frequencies, and only the lowest are kept, in zigzag order. Mid-grey is the origin.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn

from sonolux.checkpoints.digest import digest_of
from sonolux.encoders.base import Encoder
from sonolux.encoders.resize import reduced
from sonolux.types import Modality

SIDE = 8
REDUCED = 40  # the image is made so small first, in pixels a side: as small as HOG wants it
KEPT = (21, 10, 10)  # coefficients of Y, Cb, Cr: whole diagonals of the zigzag
FIRST_WEIGHTS = ((2.0, 2.0, 2.0), (2.0, 1.0, 1.0), (4.0, 2.0, 2.0))  # the others weigh 1

RGB_TO_YCBCR = np.array(
    [
        [0.299, 0.587, 0.114],
        [-0.168736, -0.331264, 0.5],
        [0.5, -0.418688, -0.081312],
    ]
)


class ColourLayout(Encoder):
    """The colour layout descriptor of MPEG-7, unquantised: 21 numbers of luma and 10 of each colour difference.

    The standard compares by a weighted Euclidean distance a channel; here the square roots of its weights are in the
    descriptor, and the cosine compares all channels at once, which makes the contrast of an image not matter.

    References
    ----------
    E. Kasutani and A. Yamada, "The MPEG-7 color layout descriptor", ICIP 2001; weights of the MPEG-7 reference
    software (eXperimentation Model).
    """

    name = spec = space = "colour-layout"
    weight = 0.01
    modality = Modality.IMAGE
    side = REDUCED
    dim = sum(KEPT)

    def __init__(self) -> None:
        self.digest = digest_of(self.name, 2, REDUCED, SIDE, KEPT, FIRST_WEIGHTS)

    def encode_batch(self, batch: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Encode images (h, w, 3) into rows (n, 41): Y, Cb, Cr, each from the lowest frequency up."""
        tiny = np.stack([reduced(reduced(pixels, REDUCED), SIDE) for pixels in batch]).astype(np.float64)
        channels = (tiny - 128) @ RGB_TO_YCBCR.T
        frequencies = dctn(channels, axes=(1, 2), norm="ortho")
        rows, columns = zigzag(SIDE)
        ordered = frequencies[:, rows, columns]
        kept = []
        for channel, count in enumerate(KEPT):
            weights = np.ones(count)
            weights[:3] = FIRST_WEIGHTS[channel]
            kept.append(ordered[:, :count, channel] * np.sqrt(weights))
        return np.concatenate(kept, axis=1).astype(np.float32)


def zigzag(side: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return row and column of each cell in the order of JPEG: along diagonals, turning at each end."""
    row, column = np.indices((side, side)).reshape(2, -1)
    diagonal = row + column
    order = np.lexsort((np.where(diagonal % 2, row, column), diagonal))  # the last key sorts first
    return row[order], column[order]

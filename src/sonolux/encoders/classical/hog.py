"""Histogram of oriented gradients: which way the edges run, and where, whatever the colours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sonolux.encoders.base import Encoder
from sonolux.encoders.classical.reduction import reduced
from sonolux.encoders.digest import digest_of
from sonolux.types import Modality

SIDE = 40  # the picture is made so small, in pixels: five cells a side
CELL = 8  # pixels a side of a cell
ORIENTATIONS = 9  # over half a turn: an edge and its reverse are the same


class Hog(Encoder):
    """Oriented gradients of the whole picture, made 40 x 40: 576 numbers.

    References
    ----------
    N. Dalal and B. Triggs, "Histograms of oriented gradients for human detection", CVPR 2005.
    """

    name = spec = space = "hog"
    modality = Modality.IMAGE
    dim = 576  # 4 x 4 blocks of 2 x 2 cells of 9 orientations

    def __init__(self) -> None:
        self.digest = digest_of(self.name, 1, SIDE, CELL, ORIENTATIONS)

    def encode_batch(self, batch: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Encode pictures (h, w, 3) into rows."""
        from skimage.feature import hog

        return np.stack(
            [
                hog(
                    reduced(pixels, SIDE, SIDE, "L"),
                    orientations=ORIENTATIONS,
                    pixels_per_cell=(CELL, CELL),
                    cells_per_block=(2, 2),
                    block_norm="L2-Hys",
                )
                for pixels in batch
            ]
        ).astype(np.float32)

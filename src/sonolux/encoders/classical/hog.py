"""Histogram of oriented gradients: which way the edges run, and where, whatever the colours.

A whole batch is computed at once: images are small here, and most of an image's time would go into calls.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sonolux.checkpoints.digest import digest_of
from sonolux.encoders.base import Encoder
from sonolux.encoders.resize import reduced
from sonolux.types import Modality

SIDE = 40  # the image is made so small, in pixels: five cells a side
CELL = 8  # pixels a side of a cell
CELLS = SIDE // CELL
ORIENTATIONS = 9  # over half a turn: an edge and its reverse are the same
CLIPPED = 0.2  # no gradient counts for more of a block than this
LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # of red, green and blue (ITU-R BT.601)
EPSILON = 1e-5  # added to the length of a block, so that a flat one stays flat


class Hog(Encoder):
    """Oriented gradients of the whole image, made 40 x 40: 576 numbers.

    References
    ----------
    N. Dalal and B. Triggs, "Histograms of oriented gradients for human detection", CVPR 2005.
    """

    name = spec = space = "hog"
    weight = 0.01
    modality = Modality.IMAGE
    side = SIDE
    dim = (CELLS - 1) ** 2 * 4 * ORIENTATIONS  # blocks of 2 x 2 cells

    def __init__(self) -> None:
        self.digest = digest_of(self.name, 2, SIDE, CELL, ORIENTATIONS)

    def encode_batch(self, batch: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Encode images (h, w, 3) into rows."""
        greys = np.stack([reduced(pixels, SIDE) for pixels in batch]) @ LUMA
        return block_histograms(greys).reshape(len(batch), -1)


def block_histograms(greys: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how much gradient of each orientation each cell of each block holds.

    A block is 2 x 2 cells; it is scaled to length 1, clipped, and scaled again.

    Parameters
    ----------
    greys : ndarray, shape (n, SIDE, SIDE)

    Returns
    -------
    histograms : ndarray, shape (n, CELLS - 1, CELLS - 1, 2, 2, ORIENTATIONS)
        Orientations from 0 degrees up, in equal bins over 180.
    """
    down, across = np.zeros_like(greys), np.zeros_like(greys)
    down[:, 1:-1] = greys[:, 2:] - greys[:, :-2]
    across[:, :, 1:-1] = greys[:, :, 2:] - greys[:, :, :-2]
    turns = np.arctan2(down, across) * (ORIENTATIONS / np.pi) % ORIENTATIONS
    # Rounding can take an angle just below half a turn onto it.
    orientations = turns.astype(np.intp) % ORIENTATIONS
    cells = np.arange(len(greys) * CELLS**2).reshape(-1, CELLS, 1, CELLS, 1)
    places = cells * ORIENTATIONS + orientations.reshape(-1, CELLS, CELL, CELLS, CELL)
    totals = np.bincount(places.ravel(), np.hypot(down, across).ravel(), cells.size * ORIENTATIONS)
    histograms = (totals / CELL**2).reshape(-1, CELLS, CELLS, ORIENTATIONS).astype(np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(histograms, (2, 2), axis=(1, 2))
    blocks = np.moveaxis(windows, 3, -1)
    return _scaled(np.minimum(_scaled(blocks), CLIPPED))


def _scaled(blocks: NDArray[np.float32]) -> NDArray[np.float32]:
    squares = (blocks**2).sum(axis=(-3, -2, -1), keepdims=True)
    return np.asarray(blocks / np.sqrt(squares + EPSILON**2))

"""The colour histogram: how much of each colour there is, wherever it is in the image.

Colours are counted in a cone of hue, saturation and value: black is one bin, each grey is one bin, and only saturated
colours have a hue, because the hue of a grey and the saturation of black are noise. A colour between two bins counts
for both in proportion, so that re-compression, which moves every colour a little, moves the histogram a little.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from sonolux.checkpoints.digest import digest_of
from sonolux.encoders.base import Encoder
from sonolux.types import Modality

LEVELS = 32  # of each of red, green and blue, before hue, saturation and value are told
HUES, SATURATIONS, VALUES = 16, 3, 3  # above grey, above black
BINS = 1 + VALUES + VALUES * SATURATIONS * HUES
PLACES = np.array([LEVELS**2, LEVELS, 1], np.float32)  # of red, green and blue in the number of a colour
SAMPLED = 2**13  # pixels of an image that are counted, about, where it has more


class ColourHistogram(Encoder):
    """Square root of the histogram of hue, saturation and value, 148 bins.

    The rows have length 1, and their scalar product is the Bhattacharyya coefficient of the two histograms: 1 for the
    same colours in the same amounts, 0 for no colour in common.

    References
    ----------
    M. J. Swain and D. H. Ballard, "Color indexing", IJCV 7(1), 1991. A. Bhattacharyya, "On a measure of divergence
    between two multinomial populations", Sankhya 7(4), 1946.
    """

    name = spec = space = "colour-histogram"
    weight = 0.12
    modality = Modality.IMAGE
    dim = BINS

    def __init__(self) -> None:
        self.digest = digest_of(self.name, 2, SAMPLED, LEVELS, HUES, SATURATIONS, VALUES)

    def encode_batch(self, batch: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Encode images (h, w, 3) into rows (n, 148)."""
        histograms = (colour_counts(batch) @ memberships()).toarray()
        histograms /= histograms.sum(axis=1, keepdims=True)
        rows: NDArray[np.float32] = np.sqrt(histograms).astype(np.float32)
        return rows


def colour_counts(batch: Sequence[NDArray[np.uint8]]) -> csr_array:
    """Count the pixels of each of the 32 x 32 x 32 colours, red the slowest, in each image: sparse, (n, 32768)."""
    # Of all colours an image has few: what follows takes a fraction of the time.
    found, counts = [], []
    for pixels in batch:
        colours = pixels.reshape(-1, 3)
        # An odd step meets every phase of a dither or a stripe, whose periods are even.
        counted = colours[:: len(colours) // SAMPLED | 1]
        numbers = ((counted >> 3).astype(np.float32) @ PLACES).astype(np.intp)
        of_each = np.bincount(numbers, minlength=LEVELS**3)
        found.append(np.flatnonzero(of_each != 0))
        counts.append(of_each[found[-1]])
    ends = np.cumsum([0, *map(len, found)])
    entries = (np.concatenate(counts).astype(np.float32), np.concatenate(found), ends)
    return csr_array(entries, shape=(len(batch), LEVELS**3))


@lru_cache(maxsize=1)
def memberships() -> csr_array:
    """Return the share of each colour in each bin, (32768, 148); every row sums to 1."""
    grid = np.indices((LEVELS,) * 3).reshape(3, -1).T / (LEVELS - 1)
    hue, saturation, value = hsv(grid)
    colours, bins, shares = [], [], []
    for h, h_share in _neighbours(hue * HUES):
        for s, s_share in _neighbours(saturation * SATURATIONS):
            for v, v_share in _neighbours(value * VALUES):
                # A level past the last has share 0; clipping keeps its bin valid.
                s_bin, v_bin = np.minimum(s, SATURATIONS), np.minimum(v, VALUES)
                coloured = 1 + VALUES + ((v_bin - 1) * SATURATIONS + s_bin - 1) * HUES + h % HUES
                grey_or_coloured = np.where(s_bin == 0, v_bin, coloured)
                colours.append(np.arange(LEVELS**3))
                bins.append(np.where(v_bin == 0, 0, grey_or_coloured))
                shares.append(h_share * s_share * v_share)
    entries = (np.concatenate(shares), (np.concatenate(colours), np.concatenate(bins)))
    table = csr_array(entries, shape=(LEVELS**3, BINS), dtype=np.float32)
    table.eliminate_zeros()
    return table


def hsv(rgb: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Return hue, saturation and value, each (n,) in [0, 1], of colours (n, 3) in [0, 1].

    Source: A. R. Smith, "Color gamut transform pairs", SIGGRAPH 1978. The hue of a grey and the saturation of black
    are 0.
    """
    value = rgb.max(axis=1)
    chroma = value - rgb.min(axis=1)
    saturation = np.divide(chroma, value, out=np.zeros_like(value), where=value > 0)
    red, green, blue = np.divide(rgb, chroma[:, None], out=np.zeros_like(rgb), where=chroma[:, None] > 0).T
    brightest = rgb.argmax(axis=1)
    sextant = np.choose(brightest, [green - blue, blue - red + 2, red - green + 4])
    return (sextant / 6) % 1, saturation, value


def _neighbours(position: NDArray[np.float64]) -> list[tuple[NDArray[np.intp], NDArray[np.float64]]]:
    lower = np.floor(position).astype(np.intp)
    share = position - lower
    return [(lower, 1 - share), (lower + 1, share)]

"""HOG: scikit-image is the oracle of the whole chain, and edges of known direction that of its meaning."""

from __future__ import annotations

import numpy as np
from PIL import Image
from skimage.feature import hog
from skimage.transform import resize_local_mean

from sonolux.encoders.classical.hog import Hog, block_histograms


def stripes(vertical: bool) -> np.ndarray:
    wave = (127 + 127 * np.sin(np.arange(80) / 3)).astype(np.uint8)
    image = np.broadcast_to(wave, (80, 80))
    return np.stack([image if vertical else image.T] * 3, axis=-1)


def test_agrees_with_scikit_image_from_pixels_to_descriptor() -> None:
    rng = np.random.default_rng(0)
    coarse = Image.fromarray(rng.integers(0, 256, (9, 12, 3), dtype=np.uint8))
    image = np.asarray(coarse.resize((320, 240), Image.Resampling.BICUBIC))
    luma = image @ np.array([0.299, 0.587, 0.114])
    grey = resize_local_mean(luma, (40, 40))
    expected = hog(grey, orientations=9, pixels_per_cell=(8, 8), cells_per_block=(2, 2))
    row = Hog().encode([image])[0]
    assert row @ expected / np.linalg.norm(expected) > 0.995


def test_gradients_cells_and_blocks_are_those_of_scikit_image() -> None:
    greys = np.random.default_rng(1).integers(0, 256, (5, 40, 40), dtype=np.uint8)
    greys[0] = 0  # nothing at all
    greys[1] = np.arange(40, dtype=np.uint8)  # upright edges: orientation 0, the seam of half a turn
    greys[2] = greys[1].T
    expected = [hog(grey, orientations=9, pixels_per_cell=(8, 8), cells_per_block=(2, 2)) for grey in greys]
    rows = block_histograms(greys.astype(np.float32)).reshape(5, -1)
    np.testing.assert_allclose(rows, expected, atol=1e-5)


def test_the_direction_of_edges_decides() -> None:
    rows = Hog().encode([stripes(vertical=True), stripes(vertical=False), 255 - stripes(vertical=True)])
    assert rows[0] @ rows[1] < 0.1
    assert rows[0] @ rows[2] > 0.99


def test_brightness_and_colour_do_not() -> None:
    image = stripes(vertical=True)
    tinted = (image * [0.9, 0.5, 0.6]).astype(np.uint8)
    rows = Hog().encode([image, tinted])
    assert rows[0] @ rows[1] > 0.98

"""HOG: scikit-image is the oracle of the whole chain, and edges of known direction that of its meaning."""

from __future__ import annotations

import numpy as np
from PIL import Image
from skimage.feature import hog
from skimage.transform import resize_local_mean

from sonolux.encoders.classical.hog import Hog


def stripes(vertical: bool) -> np.ndarray:
    wave = (127 + 127 * np.sin(np.arange(80) / 3)).astype(np.uint8)
    picture = np.broadcast_to(wave, (80, 80))
    return np.stack([picture if vertical else picture.T] * 3, axis=-1)


def test_agrees_with_scikit_image_from_pixels_to_descriptor() -> None:
    rng = np.random.default_rng(0)
    coarse = Image.fromarray(rng.integers(0, 256, (9, 12, 3), dtype=np.uint8))
    picture = np.asarray(coarse.resize((320, 240), Image.Resampling.BICUBIC))
    luma = picture @ np.array([0.299, 0.587, 0.114])
    grey = resize_local_mean(luma, (40, 40))
    expected = hog(grey, orientations=9, pixels_per_cell=(8, 8), cells_per_block=(2, 2))
    row = Hog().encode([picture])[0]
    assert row @ expected / np.linalg.norm(expected) > 0.995


def test_the_direction_of_edges_decides() -> None:
    rows = Hog().encode([stripes(vertical=True), stripes(vertical=False), 255 - stripes(vertical=True)])
    assert rows[0] @ rows[1] < 0.1
    assert rows[0] @ rows[2] > 0.99


def test_brightness_and_colour_do_not() -> None:
    picture = stripes(vertical=True)
    tinted = (picture * [0.9, 0.5, 0.6]).astype(np.uint8)
    rows = Hog().encode([picture, tinted])
    assert rows[0] @ rows[1] > 0.98

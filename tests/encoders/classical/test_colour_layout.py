"""Colour layout against a slow, obvious cosine transform."""

from __future__ import annotations

import math

import numpy as np

from sonolux.encoders.classical.colour_layout import ColourLayout, zigzag

JPEG_ZIGZAG = [0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6]


def slow_dct(block: np.ndarray) -> np.ndarray:
    """Sum over every pixel for every frequency, as in the JPEG standard (ITU-T T.81, A.3.3)."""
    out = np.zeros((8, 8))
    for u in range(8):
        for v in range(8):
            total = 0.0
            for i in range(8):
                for j in range(8):
                    wave = math.cos((2 * i + 1) * u * math.pi / 16) * math.cos((2 * j + 1) * v * math.pi / 16)
                    total += block[i, j] * wave
            scale = (math.sqrt(0.5) if u == 0 else 1) * (math.sqrt(0.5) if v == 0 else 1)
            out[u, v] = total * scale / 4
    return out


def test_zigzag_is_that_of_jpeg() -> None:
    rows, columns = zigzag(8)
    assert (rows * 8 + columns)[:28].tolist() == JPEG_ZIGZAG


def test_agrees_with_the_slow_transform() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    red, green, blue = np.moveaxis(pixels.astype(float), -1, 0)
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    planes = [luma - 128, (blue - luma) / 1.772, (red - luma) / 1.402]
    expected = []
    for plane, count, weights in zip(planes, (21, 10, 10), ([2, 2, 2], [2, 1, 1], [4, 2, 2]), strict=True):
        ordered = slow_dct(plane).ravel()[JPEG_ZIGZAG[:count]]
        ordered[:3] *= np.sqrt(weights)
        expected.append(ordered)
    row = ColourLayout().encode_batch([pixels])[0]
    np.testing.assert_allclose(row, np.concatenate(expected), atol=2e-3)


def test_a_flat_image_has_only_mean_colours() -> None:
    row = ColourLayout().encode_batch([np.full((50, 70, 3), (10, 200, 90), np.uint8)])[0]
    assert np.flatnonzero(np.abs(row) > 1e-3).tolist() == [0, 21, 31]


def test_mid_grey_has_no_direction() -> None:
    assert not ColourLayout().encode([np.full((20, 20, 3), 128, np.uint8)]).any()


def test_left_and_right_differ() -> None:
    pixels = np.zeros((32, 32, 3), np.uint8)
    pixels[:, :16] = 255
    rows = ColourLayout().encode([pixels, pixels[:, ::-1]])
    assert rows[0] @ rows[1] < 0

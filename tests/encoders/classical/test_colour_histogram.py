"""The colour histogram against counting by hand and against the standard library's own HSV."""

from __future__ import annotations

import colorsys
from random import Random

import numpy as np
import pytest
import skimage.data
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sonolux.encoders.classical import colour_histogram
from sonolux.encoders.classical.colour_histogram import BINS, ColourHistogram, hsv, memberships

SIZES = st.tuples(st.integers(1, 12), st.integers(1, 12), st.just(3))
IMAGES = arrays(np.uint8, SIZES)


def row(pixels: np.ndarray) -> np.ndarray:
    return ColourHistogram().encode([pixels])[0]


def flat(*colour: int) -> np.ndarray:
    return np.full((9, 7, 3), colour, np.uint8)


def test_black_white_and_red_by_hand() -> None:
    assert row(flat(0, 0, 0)).nonzero()[0].tolist() == [0]
    assert row(flat(255, 255, 255)).nonzero()[0].tolist() == [3]  # the brightest of three greys
    # Red: brightest value (third block of 48), full saturation (third row of 16), hue 0.
    assert row(flat(255, 0, 0)).nonzero()[0].tolist() == [4 + 2 * 48 + 2 * 16]


def test_half_black_half_white_is_the_root_of_one_half_each() -> None:
    half = flat(255, 255, 255)[:8]
    half[:4] = 0
    expected = np.zeros(BINS)
    expected[[0, 3]] = np.sqrt(0.5)
    np.testing.assert_allclose(row(half), expected, atol=1e-6)


def test_the_product_is_the_bhattacharyya_coefficient() -> None:
    mixed = np.zeros((10, 10, 3), np.uint8)
    mixed[:3] = 255  # 30 % white
    other = np.zeros((10, 10, 3), np.uint8)
    other[:6] = 255  # 60 % white
    expected = np.sqrt(0.3 * 0.6) + np.sqrt(0.7 * 0.4)
    np.testing.assert_allclose(row(mixed) @ row(other), expected, atol=1e-6)


def test_hsv_agrees_with_colorsys() -> None:
    colours = np.random.default_rng(0).random((500, 3))
    expected = np.array([colorsys.rgb_to_hsv(*colour) for colour in colours])
    np.testing.assert_allclose(np.stack(hsv(colours), axis=1), expected, atol=1e-12)


def test_every_colour_is_shared_out_whole() -> None:
    np.testing.assert_allclose(memberships().sum(axis=1), 1, atol=1e-6)


@given(IMAGES, st.randoms(use_true_random=False))
def test_where_a_pixel_is_does_not_matter(pixels: np.ndarray, random: Random) -> None:
    order = list(range(pixels.shape[0] * pixels.shape[1]))
    random.shuffle(order)
    shuffled = pixels.reshape(-1, 3)[order].reshape(pixels.shape)
    np.testing.assert_allclose(row(shuffled), row(pixels), atol=1e-6)


@given(IMAGES, st.integers(2, 4))
def test_size_does_not_matter(pixels: np.ndarray, times: int) -> None:
    larger = pixels.repeat(times, axis=0).repeat(times, axis=1)
    np.testing.assert_allclose(row(larger), row(pixels), atol=1e-5)


@pytest.mark.parametrize("period", [2, 4, 8, 16])
@pytest.mark.parametrize("pattern", ["upright stripes", "level stripes", "squares"])
def test_the_counted_share_of_a_large_image_meets_every_colour_of_a_pattern(period: int, pattern: str) -> None:
    y, x = np.indices((384, 512)) % period * 2 // period
    first = {"upright stripes": x, "level stripes": y, "squares": x ^ y}[pattern].astype(bool)
    image = np.where(first[..., None], np.uint8([200, 30, 30]), np.uint8([20, 60, 220]))
    both = np.uint8([[[200, 30, 30], [20, 60, 220]]])
    assert row(image) @ row(both) > 0.999


@pytest.mark.parametrize("name", ["astronaut", "coffee", "rocket"])
def test_a_share_of_a_photo_has_the_colours_of_all_of_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = getattr(skimage.data, name)()
    counted = row(photo)
    monkeypatch.setattr(colour_histogram, "SAMPLED", photo.size)
    assert 0.995 < counted @ row(photo) < 1 - 1e-6


@pytest.mark.parametrize("fixed", [(40, 90), (200, 200), (0, 0)])
def test_a_small_change_of_colour_is_a_small_change(fixed: tuple[int, int]) -> None:
    rows = ColourHistogram().encode([flat(red, *fixed) for red in range(0, 256, 8)])
    neighbours = (rows[:-1] * rows[1:]).sum(axis=1)
    assert neighbours.min() > 0.7

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage import data as pictures

from sonolux.features.pdq import BITS, TURNS, WORTH, pdq_hash, turned_hashes, turned_image

PHOTOS = [pictures.astronaut(), pictures.coffee(), pictures.chelsea(), pictures.rocket()]


def apart(one: np.ndarray, other: np.ndarray) -> int:
    return int(np.bitwise_count(one ^ other).sum())


@pytest.mark.parametrize("turn", range(8), ids=TURNS)
def test_hash_of_a_turned_image_is_the_turned_hash(turn: int) -> None:
    for photo in PHOTOS:
        code, _ = pdq_hash(photo)
        assert apart(turned_hashes(code[None], turn)[0], pdq_hash(turned_image(photo, turn))[0]) <= 24


def test_strangers_differ_in_about_half_of_all_bits() -> None:
    codes = [pdq_hash(photo)[0] for photo in PHOTOS]
    between = [apart(one, other) for i, one in enumerate(codes) for other in codes[:i]]
    assert min(between) > 90 and np.mean(between) == pytest.approx(BITS / 2, abs=12)


def test_size_and_brightness_hardly_matter() -> None:
    for photo in PHOTOS:
        code, quality = pdq_hash(photo)
        small = np.ascontiguousarray(photo[::2, ::2])
        assert quality >= WORTH and apart(code, pdq_hash(small)[0]) <= 16
        assert apart(code, pdq_hash((photo * 0.7).astype(np.uint8))[0]) <= 16


@given(st.integers(0, 255), st.integers(1, 40), st.integers(1, 40))
def test_images_of_one_colour_are_of_no_worth(value: int, height: int, width: int) -> None:
    _, quality = pdq_hash(np.full((height, width, 3), value, np.uint8))
    assert quality < WORTH


@given(st.integers(0, 7), st.integers(0, 2**32 - 1))
def test_turning_back_gives_the_hash_again(turn: int, seed: int) -> None:
    codes = np.random.default_rng(seed).integers(0, 256, (3, 32), np.uint8)
    back = turn if turn >= 4 else -turn % 4
    assert np.array_equal(turned_hashes(turned_hashes(codes, turn), back), codes)

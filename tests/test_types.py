"""Boxes and masks: what is one, and what is refused."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from sonolux.types import MASK_PIXELS, Annotation, Mask, Region


@pytest.mark.parametrize(
    "box",
    [
        (0.5, 0, 0.5, 1),  # empty
        (0.6, 0, 0.5, 1),  # left and right changed
        (0, 0.9, 1, 0.1),
        (-0.1, 0, 1, 1),
        (0, 0, 1.01, 1),
        (12, 40, 300, 200),  # pixels
        (float("nan"), 0, 1, 1),
        (0, 0, float("inf"), 1),
    ],
)
def test_what_is_no_box_is_refused(box: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="shares of width and height"):
        Region(*box)


@pytest.mark.parametrize("time", [-1.0, float("nan"), float("inf")])
def test_what_is_no_time_is_refused(time: float) -> None:
    with pytest.raises(ValueError, match="seconds from the start"):
        Region(0, 0, 1, 1, time)


def test_numbers_of_numpy_become_pythons() -> None:
    region = Region(*np.array([0, 0.25, 0.5, 1], np.float32), np.float64(2))
    assert [type(number) for number in (*region.box, region.time)] == [float] * 5


def test_pixels_become_shares_and_are_cut_off_at_the_edges() -> None:
    assert Region.in_pixels(50, -3, 130, 50, width=100, height=200).box == (0.5, 0.0, 1.0, 0.25)
    with pytest.raises(ValueError, match="shares"):
        Region.in_pixels(120, 0, 130, 50, width=100, height=200)


@given(arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=12)))
def test_a_mask_is_its_bitmap(bitmap: np.ndarray) -> None:
    mask = Mask.from_bitmap(bitmap)
    np.testing.assert_array_equal(mask.bitmap(), bitmap)
    assert sum(mask.runs) == bitmap.size


def test_runs_begin_outside() -> None:
    assert Mask.from_bitmap(np.array([[1, 1], [0, 1]], bool)).runs == (0, 2, 1, 1)
    assert Mask.from_bitmap(np.zeros((2, 3), bool)).runs == (6,)


@pytest.mark.parametrize(
    ("mask", "why"),
    [
        ((2, 2, (1, 2)), "add up to 3"),
        ((2, 2, ()), "add up to 0"),
        ((2, 2, (1, 0, 3)), "1 pixel or longer"),
        ((2, 2, (-1, 5)), "1 pixel or longer"),
        ((0, 2, ()), "pixels"),
        ((MASK_PIXELS, 2, (2 * MASK_PIXELS,)), "65,536 pixels"),
        ((2, 2, (1.0, 3)), "whole numbers"),
    ],
)
def test_what_is_no_mask_is_refused(mask: tuple[int, int, tuple[int, ...]], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Mask(*mask)


@given(st.text(min_size=1))
def test_an_annotation_has_the_box_of_its_region(label: str) -> None:
    assert Annotation("a", label, 0.5).box is None
    assert Annotation("a", label, 0.5, region=Region(0, 0, 0.5, 1)).box == (0, 0, 0.5, 1)


def test_types_are_cheap() -> None:
    code = "import sys; import sonolux.types; print('numpy' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert ran.stdout == "False\n"

"""Which way lines of text lie, and in which order they are read."""

from __future__ import annotations

import math
import time
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonolux.decoding.text_lines import (
    TextLine,
    in_reading_order,
    join_pieces,
    likely_turns,
    reading_direction,
    turns_along,
    without_doubles,
)


def line(text: str, x: float, y: float, width: float = 0, height: float = 20, sure: float = 0.99) -> TextLine:
    across = width or 10.0 * len(text)
    corners = np.array([[x, y], [x + across, y], [x + across, y + height], [x, y + height]])
    return TextLine(text, sure, corners)


def rotated(one: TextLine, degrees: float) -> TextLine:
    """Turn a line about the origin, with the clock, and name its corners anew: from the upper left as they lie now."""
    angle = math.radians(degrees)
    matrix = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    corners = one.corners @ matrix
    first = int(np.argmin(np.round(corners.sum(axis=1), 6) if degrees % 90 else corners @ (1, 1.0001)))
    return TextLine(one.text, one.confidence, np.roll(corners, -first, axis=0), -first % 4)


PAGE = [
    line("Education:", 25, 215),
    line("BA in Psychology", 234, 208, height=26),
    line("Born:", 25, 300),
    line("in Leipzig", 234, 305),
    line("and a last line by itself", 25, 360),
]


@given(order=st.permutations(range(len(PAGE))), degrees=st.sampled_from([0, 5, -7, 12, 90, 97, 180, 173, 270, 264]))
def test_lines_are_read_row_by_row_however_the_page_lies(order: list[int], degrees: float) -> None:
    lines = [rotated(PAGE[number], degrees) for number in order]
    assert [one.text for one in in_reading_order(lines)] == [one.text for one in PAGE]


@given(degrees=st.sampled_from([0, 10, 90, 180, 270, 200]))
def test_the_direction_is_that_of_most_of_the_text(degrees: float) -> None:
    lines = [*(rotated(one, degrees) for one in PAGE), rotated(line("stray", 500, 500), degrees + 90)]
    angle = math.radians(degrees)
    np.testing.assert_allclose(reading_direction(lines), [math.cos(angle), math.sin(angle)], atol=1e-6)
    for one in lines[:-1]:
        assert turns_along(one.corners, reading_direction(lines)) == one.turns


def test_no_lines_have_an_order() -> None:
    assert in_reading_order([]) == []
    np.testing.assert_array_equal(reading_direction([]), [1, 0])


@pytest.mark.parametrize(
    ("width", "height", "turns"),
    [(200, 20, (0, 2)), (20, 200, (1, 3)), (20, 40, (1, 3, 0)), (30, 30, (0, 2, 1, 3))],
)
def test_a_tall_line_stands_on_its_end_unless_it_may_be_a_letter(
    width: float, height: float, turns: tuple[int, ...]
) -> None:
    assert likely_turns(line("x", 0, 0, width, height).corners) == turns


def test_a_line_found_twice_is_said_once_and_neighbours_stay() -> None:
    whole, part = line("Harbour Street", 10, 10), line("Harbour Str", 12, 11)
    below, beside = line("Harbour Street", 10, 34), line("Harbour", 152, 10)
    for lines in permutations([whole, part, below, beside]):
        assert {id(one) for one in without_doubles(lines)} == {id(whole), id(below), id(beside)}


def test_slanted_lines_whose_boxes_overlap_are_two() -> None:
    lines = [rotated(one, 45) for one in (line("Harbour Street 42", 0, 0), line("open from 9 to 17", 0, 40))]
    assert len(without_doubles(lines)) == 2


@pytest.mark.parametrize("degrees", [0, 7, 90])
def test_pieces_of_a_line_are_joined_in_any_order(degrees: float) -> None:
    pieces = [line("x", left, 10, 120) for left in (0, 100, 200)]
    apart = [line("x", 340, 10, 50), line("x", 0, 34, 300), line("x", 100, 0, 30, 90)]
    whole = rotated(line("x", 0, 10, 320), degrees).corners
    for order in permutations([*pieces, *apart]):
        found = join_pieces([rotated(one, degrees).corners for one in order])
        assert len(found) == 4
        assert any(np.allclose(sorted(map(tuple, one)), sorted(map(tuple, whole)), atol=1e-6) for one in found)


def test_thousands_of_boxes_are_joined_soon() -> None:
    random = np.random.default_rng(0)
    places = random.uniform(0, 4000, (8000, 2))
    started = time.perf_counter()
    found = join_pieces(line("x", x, y, 12, 8).corners for x, y in places)
    assert 4000 < len(found) <= 8000
    assert time.perf_counter() - started < 30

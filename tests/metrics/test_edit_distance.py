"""Edit distance, beside a slow reading of its definition."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonolux.metrics.edit_distance import edit_distance, error_rate

WORDS = st.lists(st.sampled_from("abc"), max_size=7)


def slow(first: tuple[str, ...], second: tuple[str, ...]) -> int:
    @cache
    def distance(i: int, j: int) -> int:
        if not i or not j:
            return i + j
        changed = distance(i - 1, j - 1) + (first[i - 1] != second[j - 1])
        return min(distance(i - 1, j) + 1, distance(i, j - 1) + 1, changed)

    return distance(len(first), len(second))


@given(WORDS, WORDS)
def test_it_is_the_least_number_of_changes(first: list[str], second: list[str]) -> None:
    assert edit_distance(first, second) == slow(tuple(first), tuple(second)) == edit_distance(second, first)


def test_the_word_error_rate_is_over_all_references_together() -> None:
    estimated, reference = [["go", "home"], []], [["go", "back", "home"], ["stop"]]
    assert error_rate(estimated, reference) == pytest.approx(2 / 4)
    with pytest.raises(ValueError, match="zip"):
        error_rate([["a"]], [])

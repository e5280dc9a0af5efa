"""The evidence of matches: a scale that all spaces share."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonolux.retrieval.evidence import TIE, absent_evidence, evidence_of, evidence_of_ranks, list_evidence
from sonolux.retrieval.tail import SMALLEST

chances = st.lists(st.floats(0, 1), min_size=1, max_size=30)


@given(chances)
def test_the_less_likely_has_the_more_evidence(given_chances: list[float]) -> None:
    ordered = sorted(given_chances)
    evidence = evidence_of(ordered)
    assert evidence == sorted(evidence, reverse=True)
    assert min(evidence) >= 0
    assert max(evidence) <= -math.log(SMALLEST)


@pytest.mark.parametrize("count", [1, 3, 1000])
def test_ranks_are_the_p_values_of_ranks(count: int) -> None:
    evidence = evidence_of_ranks(range(1, count + 1), count)
    assert evidence == sorted(evidence, reverse=True)
    assert all(math.exp(-each) == pytest.approx(r / (count + 1)) for r, each in enumerate(evidence, start=1))


def test_without_a_background_ranks_speak() -> None:
    assert list_evidence(None, [1, 2, 2], 3) == evidence_of_ranks([1, 2, 2], 3)


def test_of_least_chances_the_nearer_match_has_more_evidence_and_less_than_any_chance_would_give() -> None:
    first, second, third = list_evidence([SMALLEST, SMALLEST, 2 * SMALLEST], [1, 2, 3], 10)
    assert first > second > third
    assert first - second < TIE * 10 < second - third


def test_what_is_as_near_has_as_much() -> None:
    first, second = list_evidence([0.1, 0.1], [1, 1], 10)
    assert first == second


@pytest.mark.parametrize("least", [0.01, 0.5, 3.0, 20.0])
def test_what_is_absent_has_the_mean_evidence_of_what_is_below_the_list(least: float) -> None:
    p = np.linspace(math.exp(-least), 1, 1_000_001)
    assert absent_evidence(least) == pytest.approx(-np.log((p[1:] + p[:-1]) / 2).mean(), rel=1e-4)
    assert 0 <= absent_evidence(least) <= min(least, 1)


def test_a_list_that_knows_nothing_says_nothing() -> None:
    assert absent_evidence(0.0) == 0.0

"""Chances of wrong places: what was put in comes out, and copies of recordings do not count."""

from __future__ import annotations

import math
from bisect import bisect_left

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonolux.fingerprints.false_alarms import USUAL_LENGTHS, FalseAlarmModel, fit_false_alarms

Samples = tuple[tuple[float, float], ...]


def known(location: tuple[float, float], scale: tuple[float, float]) -> FalseAlarmModel:
    return FalseAlarmModel(location, scale, doubt=(0.0, 0.0, 0.0))


def score_of(chance: float, alarms: FalseAlarmModel, seconds: float) -> float:
    """Return what the best wrong place reaches with a chance, where the parameters are known."""
    longer = math.log(max(seconds, 1.0))
    standard = -math.log(-math.log1p(-chance))
    scale = math.exp(alarms.scale[0] + alarms.scale[1] * longer)
    return alarms.location[0] + alarms.location[1] * longer + standard * scale


def drawn(alarms: FalseAlarmModel, n: int, seed: int = 0) -> Samples:
    chances = np.random.default_rng(seed).uniform(size=n)
    lengths = [USUAL_LENGTHS[i % 3] for i in range(n)]
    return tuple((length, score_of(chance, alarms, length)) for length, chance in zip(lengths, chances, strict=True))


def test_without_samples_chances_are_the_usual() -> None:
    assert fit_false_alarms(()) == FalseAlarmModel()


@given(st.floats(1e-9, 0.99), st.floats(1, 60))
def test_where_nothing_is_in_doubt_chances_are_gumbels(chance: float, seconds: float) -> None:
    alarms = known((3.25, 0.5), (-1.05, 0.25))
    assert alarms.chance(score_of(chance, alarms, seconds), seconds) == pytest.approx(chance, rel=1e-6)


@given(st.floats(1e-9, 0.01), st.floats(1, 60))
def test_what_is_in_doubt_is_claimed_cautiously(chance: float, seconds: float) -> None:
    sure, unsure = known((3.25, 0.5), (-1.05, 0.25)), FalseAlarmModel((3.25, 0.5), (-1.05, 0.25), (0.04, 0.0, 0.0))
    assert unsure.chance(score_of(chance, sure, seconds), seconds) > chance


@pytest.mark.parametrize("n", [8, 24, 250])
def test_a_chance_is_right_on_the_average_over_catalogs_of_any_size(n: int) -> None:
    """The best wrong score of new questions reaches what was claimed to be reached once in a thousand that often."""
    truth = known((4.5, 0.5), (-0.9, 0.25))
    above = []
    for seed in range(60):
        fitted = fit_false_alarms(drawn(truth, n, seed))
        scores = np.linspace(0, 60, 6001).tolist()
        claimed = bisect_left(scores, -1e-3, key=lambda score: -fitted.chance(score, 5.0))  # chances fall
        above.append(truth.chance(scores[claimed], 5.0))
    assert 1e-4 < np.mean(above) < 2e-3


@given(st.floats(-1e6, 1e6), st.floats(0, 10), st.floats(0, 1e5))
def test_surer_scores_have_smaller_chances(score: float, more: float, seconds: float) -> None:
    alarms = FalseAlarmModel()
    assert 0 <= alarms.chance(score + more, seconds) <= alarms.chance(score, seconds) <= 1


@pytest.mark.parametrize(
    "truth", [known((4.5, 1.0), (-0.9, 0.4)), known((2.0, 0.2), (-1.5, 0.0)), known((8, 0), (0.5, 0))]
)
@pytest.mark.parametrize("seconds", USUAL_LENGTHS)
def test_claimed_chances_are_those_of_the_catalog(truth: FalseAlarmModel, seconds: float) -> None:
    fitted = fit_false_alarms(drawn(truth, 250))
    for chance in (0.1, 0.01):
        score = score_of(chance, truth, seconds)
        assert chance / 4 < fitted.chance(score, seconds) < 4 * chance


def test_recordings_that_are_there_twice_make_nothing_else_doubtful() -> None:
    truth = known((4.5, 1.0), (-0.9, 0.4))
    samples = drawn(truth, 250)
    copied = tuple((seconds, 40.0 + n % 7 if n % 4 == 0 else score) for n, (seconds, score) in enumerate(samples))
    clean, mixed = fit_false_alarms(samples), fit_false_alarms(copied)
    for score in (6.0, 8.0, 10.0):
        assert mixed.chance(score, 5.0) < 4 * clean.chance(score, 5.0)


@pytest.mark.parametrize("samples", [((5.0, 6.0),), ((5.0, 6.0),) * 256, ((0.5, -3.0), (10.0, 200.0))])
def test_few_or_equal_samples_leave_chances_in_order(samples: Samples) -> None:
    alarms = fit_false_alarms(samples)
    found = [alarms.chance(score, 5.0) for score in (2.0, 5.0, 8.0, 12.0)]
    assert found == sorted(found, reverse=True)
    assert all(0 <= chance <= 1 for chance in found)

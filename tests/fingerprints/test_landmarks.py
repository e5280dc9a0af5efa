"""Landmarks: as a slow obvious reference pairs them, and asked for at all speeds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sonolux.fingerprints.constellation import BANDS, PER_OCTAVE, Constellation
from sonolux.fingerprints.landmarks import (
    FAN_OUT,
    SPEEDS,
    TARGET_FARTHEST,
    TARGET_NEAREST,
    TARGET_WIDTH,
    pair_landmarks,
    query_landmarks,
)

stars = st.lists(st.tuples(st.integers(0, 300), st.integers(0, BANDS - 1)), max_size=60)


def sky(points: list[tuple[int, int]]) -> Constellation:
    ordered = sorted(points)
    return Constellation(
        np.array([time for time, _ in ordered], np.int64), np.array([band for _, band in ordered], np.float32)
    )


def paired(points: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return number and time of each landmark, one after the other."""
    ordered, found = sorted(points), []
    for place, (time, band) in enumerate(ordered):
        begun = 0
        for later, other in ordered[place + 1 :]:
            if (
                begun < FAN_OUT
                and TARGET_NEAREST <= later - time <= TARGET_FARTHEST
                and abs(other - band) <= TARGET_WIDTH
            ):
                begun += 1
                found.append(((band * 64 + other - band + 32) * 64 + later - time, time))
    return sorted(found)


@settings(deadline=None)
@given(stars)
def test_pairs_are_those_of_the_reference(points: list[tuple[int, int]]) -> None:
    hashes, times = pair_landmarks(sky(points))
    assert sorted(zip(hashes.tolist(), times.tolist(), strict=True)) == paired(points)
    assert np.all(hashes < 2**20)


@pytest.mark.parametrize("at_once", [1, 7, 100])
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(points=stars)
def test_segments_do_not_matter(monkeypatch: pytest.MonkeyPatch, at_once: int, points: list[tuple[int, int]]) -> None:
    monkeypatch.setattr("sonolux.fingerprints.landmarks.PAIRED_AT_ONCE", at_once)
    hashes, times = pair_landmarks(sky(points))
    assert sorted(zip(hashes.tolist(), times.tolist(), strict=True)) == paired(points)


@settings(deadline=None)
@given(stars, st.integers(0, 10_000))
def test_what_is_later_has_the_same_numbers(points: list[tuple[int, int]], shift: int) -> None:
    hashes, times = pair_landmarks(sky(points))
    later = pair_landmarks(sky([(time + shift, band) for time, band in points]))
    np.testing.assert_array_equal(later.hashes, hashes)
    np.testing.assert_array_equal(later.times, times + shift)


@settings(deadline=None)
@given(stars)
def test_a_question_finds_every_landmark_at_the_speed_of_the_recording(points: list[tuple[int, int]]) -> None:
    kept = pair_landmarks(sky(points))
    asked = query_landmarks(sky(points))
    assert np.all(np.diff(asked.hashes.astype(np.int64)) >= 0)
    assert np.isin(kept.hashes, asked.hashes[SPEEDS[asked.speeds] == 1]).all()


@pytest.mark.parametrize("number", range(len(SPEEDS)))
def test_a_question_finds_most_at_each_speed(number: int) -> None:
    draw = np.random.default_rng(number)
    points = list(zip(draw.integers(0, 600, 400).tolist(), draw.integers(10, BANDS - 10, 400).tolist(), strict=True))
    kept = pair_landmarks(sky(points))
    times, bands = sky(points)
    speed = SPEEDS[number]
    played = Constellation(np.rint(times / speed).astype(np.int64), bands + np.float32(PER_OCTAVE * np.log2(speed)))
    asked = query_landmarks(played)
    right = np.isin(kept.hashes, asked.hashes[asked.speeds == number])
    # Rounding times twice can cost a frame.
    assert right.mean() > 0.6

"""Where a hummed tune is in others, against the plain dynamic programme."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonolux.decoding import melody
from sonolux.decoding.melody import MISSED, NEAR, OTHER, SAME, in_tune, match_melody, without_repetitions

tunes = st.lists(st.integers(40, 80), max_size=12)
ODE = [64, 64, 65, 67, 67, 65, 64, 62, 60, 60, 62, 64, 64, 62, 62]
BROTHER = [60, 62, 64, 60, 60, 62, 64, 60, 64, 65, 67, 64, 65, 67]


def plainly(hummed: list[int], tune: list[int]) -> float:
    """Smith and Waterman's recursion, cell by cell, in each key."""
    asked, held = ([pitch for pitch, _ in without_repetitions(one)] for one in (hummed, tune))
    if not asked:
        return 0.0
    best = 0.0
    for key in range(12):
        table = np.zeros((len(asked) + 1, len(held) + 1))
        for i, a in enumerate(asked, 1):
            for j, b in enumerate(held, 1):
                apart = (a + key - b) % 12
                worth = {0: SAME, 1: NEAR, 11: NEAR}.get(apart, OTHER)
                table[i, j] = max(0, table[i - 1, j - 1] + worth, table[i - 1, j] - MISSED, table[i, j - 1] - MISSED)
        best = max(best, table.max())
    return float(best / len(asked))


@settings(deadline=None)
@given(tunes, st.lists(tunes, max_size=5))
def test_scores_are_those_of_the_plain_way(hummed: list[int], held: list[list[int]]) -> None:
    found = match_melody(hummed, held)
    assert [one.score for one in found] == pytest.approx([plainly(hummed, tune) for tune in held], abs=1e-5)


@settings(deadline=None)
@given(tunes.filter(bool), st.integers(-30, 30))
def test_key_octave_and_repetitions_do_not_count(tune: list[int], key: int) -> None:
    [match] = match_melody([pitch + key for pitch in tune for _ in range(2)], [tune])
    assert match.score == pytest.approx(1)


def test_the_place_is_that_of_the_last_note() -> None:
    tune = [*BROTHER, 50, 71, 50, *ODE, 53, 46]
    [match] = match_melody(ODE[4:12], [tune])
    assert match.end == len(BROTHER) + 3 + 11


def test_a_wrong_note_and_a_missing_one_cost_little() -> None:
    hummed = [pitch + 3 for pitch in ODE]
    hummed[7] += 1
    del hummed[10]
    right, wrong = match_melody(hummed, [ODE, BROTHER])
    assert right.score > 0.7 > wrong.score


def test_many_tunes_are_compared_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    held = [ODE, BROTHER, [], ODE[3:], [60]]
    whole = match_melody(ODE, held)
    monkeypatch.setattr(melody, "AT_ONCE", 1)
    assert match_melody(ODE, held) == whole


def test_nothing_matches_nothing() -> None:
    assert match_melody(ODE, []) == []
    assert [one.score for one in match_melody([], [ODE])] == [0.0]
    assert [one.score for one in match_melody(ODE, [[], []])] == [0.0, 0.0]


@pytest.mark.parametrize("offset", [-0.4, 0.0, 0.3, 0.49])
def test_who_is_always_a_little_sharp_means_the_notes(offset: float) -> None:
    random = np.random.default_rng(0)
    meant = np.array(in_tune([pitch + offset + random.normal(0, 0.08) for pitch in ODE]))
    assert len(set(meant - ODE)) == 1
    assert in_tune([]) == []

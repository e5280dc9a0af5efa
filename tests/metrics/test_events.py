"""Sound event detection metrics, beside scikit-learn and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from sonolux.metrics.events import Event, event_f1, segment_activity, segment_f1

EVENTS = st.lists(
    st.tuples(st.sampled_from("ab"), st.floats(0, 8), st.floats(0.1, 2)).map(lambda e: Event(e[0], e[1], e[1] + e[2])),
    max_size=5,
)


@given(st.lists(st.tuples(EVENTS, EVENTS), min_size=1, max_size=3))
def test_segment_f1_is_that_of_all_cells_together(recordings: list[tuple[list[Event], list[Event]]]) -> None:
    cells = [[segment_activity(events, 10, ("a", "b")) for events in pair] for pair in recordings]
    mine, theirs = (np.concatenate([pair[side].ravel() for pair in cells]) for side in (0, 1))
    assert segment_f1(recordings, 10, ("a", "b")) == pytest.approx(f1_score(theirs, mine, zero_division=1.0))


def test_an_event_is_found_once_and_within_its_collar() -> None:
    there = [Event("a", 1.0, 3.0), Event("b", 5.0, 5.5)]
    assert event_f1([(there, there)]) == 1
    assert event_f1([([Event("a", 1.19, 3.39)], there[:1])]) == 1
    assert event_f1([([Event("a", 1.21, 3.0)], there[:1])]) == 0
    assert event_f1([([Event("b", 1.0, 3.0)], there[:1])]) == 0
    assert event_f1([([there[0], Event("a", 1.1, 3.1)], there[:1])]) == pytest.approx(2 / 3)
    assert event_f1([([], [])]) == 1


def test_events_are_paired_so_that_as_many_as_can_be_are_found() -> None:
    # The first estimate fits both, the second only the first reference: a greedy pairing would find one.
    estimated = [Event("a", 1.1, 2.1), Event("a", 0.9, 1.9)]
    assert event_f1([(estimated, [Event("a", 1.0, 2.0), Event("a", 1.25, 2.25)])]) == 1

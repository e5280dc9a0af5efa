"""Frames become events, and events frames."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sonolux.decoding.events import FrameEvent, find_events, mark_frames


def test_a_run_over_the_threshold_is_an_event() -> None:
    chances = np.array([[0.1, 0.9], [0.6, 0.9], [0.8, 0.1], [0.2, 0.1]], np.float32)
    found = find_events(chances, 0.5, (0.5, 0.5), 1)
    assert [(event.label, event.start, event.end) for event in found] == [(1, 0.0, 1.0), (0, 0.5, 1.5)]
    np.testing.assert_allclose([event.probability for event in found], [0.9, 0.7])


def test_the_median_takes_out_what_is_short() -> None:
    chances = np.array([0, 1, 0, 0, 1, 1, 0, 1, 1, 0], np.float32)[:, None]
    assert [(e.start, e.end) for e in find_events(chances, 1, (0.5,), 3)] == [(4, 9)]


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 18), st.integers(1, 6)), max_size=6))
def test_there_and_back(drawn: list[tuple[int, int, int]]) -> None:
    events = [(label, start * 0.1, min(start + length, 20) * 0.1) for label, start, length in drawn]
    frames = mark_frames(events, 20, 3, 0.1)
    again = find_events(frames, 0.1, (0.5,) * 3, 1)
    assert np.array_equal(mark_frames([event[:3] for event in again], 20, 3, 0.1), frames)
    assert all(isinstance(event, FrameEvent) and event.probability == 1 for event in again)

"""Sound event detection metrics: segment-based and event-based F1; in [0, 1], higher is better.

By segments: in each second, which classes are active. By events: which events were found, with onset and offset at the
right times. Both are F1 over all classes and recordings together (micro-averaged).

Source: A. Mesaros, T. Heittola and T. Virtanen, "Metrics for polyphonic sound event detection", Applied Sciences 6(6),
2016.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from sonolux.metrics.classification import f1_of_counts

SEGMENT = 1.0
"""Seconds."""

COLLAR = 0.2
"""Seconds by which onsets may be off."""

LENIENT = 0.2
"""Share of an event's length by which its offset may be off, where that is more than the collar."""


@dataclass(frozen=True, slots=True)
class Event:
    """A sound in a scene: what it is, and from when to when, in seconds."""

    label: str
    start: float
    end: float


EventLists = tuple[Sequence[Event], Sequence[Event]]
"""Estimated and reference events of a recording."""


def segment_f1(recordings: Iterable[EventLists], seconds: float, classes: Sequence[str]) -> float:
    """Return F1 over segments of a second, of recordings that are so many seconds long."""
    true_positives = predicted = actual = 0
    for estimated, reference in recordings:
        mine, theirs = segment_activity(estimated, seconds, classes), segment_activity(reference, seconds, classes)
        true_positives += int((mine & theirs).sum())
        predicted, actual = predicted + int(mine.sum()), actual + int(theirs.sum())
    return f1_of_counts(true_positives, predicted, actual)


def event_f1(recordings: Iterable[EventLists]) -> float:
    """Return F1 over events; each reference event is found once at most."""
    true_positives = predicted = actual = 0
    for estimated, reference in recordings:
        true_positives += _count_matches(estimated, reference)
        predicted, actual = predicted + len(estimated), actual + len(reference)
    return f1_of_counts(true_positives, predicted, actual)


def segment_activity(events: Sequence[Event], seconds: float, classes: Sequence[str]) -> NDArray[np.bool_]:
    """Return which classes are active in which segments, (segments, classes)."""
    active = np.zeros((ceil(seconds / SEGMENT), len(classes)), bool)
    for event in events:
        active[int(event.start // SEGMENT) : ceil(event.end / SEGMENT), classes.index(event.label)] = True
    return active


def _count_matches(estimated: Sequence[Event], reference: Sequence[Event]) -> int:
    """Return how many events can be paired with a reference event, each once: the largest matching."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_bipartite_matching

    if not estimated or not reference:
        return 0
    fits = np.array([[_agree(mine, theirs) for theirs in reference] for mine in estimated])
    return int((maximum_bipartite_matching(csr_array(fits), perm_type="column") >= 0).sum())


def _agree(estimated: Event, reference: Event) -> bool:
    lenient = max(COLLAR, LENIENT * (reference.end - reference.start))
    near = abs(estimated.start - reference.start) <= COLLAR and abs(estimated.end - reference.end) <= lenient
    return estimated.label == reference.label and near

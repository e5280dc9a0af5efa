"""How well events are found, in numbers from 0 to 1; higher is better.

By segments: in each second, which classes sound. By events: which events were found, begun and ended at the right times
(A. Mesaros, T. Heittola and T. Virtanen, "Metrics for polyphonic sound event detection", Applied Sciences 6(6), 2016).
Both are F1 over all classes and recordings together: twice what is right, over what was said and what is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

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
"""Events found in a recording, and events that are there."""


def segment_f1(recordings: Iterable[EventLists], seconds: float, classes: Sequence[str]) -> float:
    """Return F1 over segments of a second, of recordings that are so many seconds long."""
    right = said = there = 0
    for found, true in recordings:
        mine, theirs = segments_of(found, seconds, classes), segments_of(true, seconds, classes)
        right += int((mine & theirs).sum())
        said, there = said + int(mine.sum()), there + int(theirs.sum())
    return f1(right, said, there)


def event_f1(recordings: Iterable[EventLists]) -> float:
    """Return F1 over events; each event that is there is found once at most."""
    right = said = there = 0
    for found, true in recordings:
        right += _matched(found, true)
        said, there = said + len(found), there + len(true)
    return f1(right, said, there)


def f1(right: int, said: int, there: int) -> float:
    """Return twice what is right over what was said and what is there; 1 where nothing was and nothing is."""
    return 2 * right / (said + there) if said + there else 1.0


def segments_of(events: Sequence[Event], seconds: float, classes: Sequence[str]) -> NDArray[np.bool_]:
    """Return which classes sound in which segments, (segments, classes)."""
    on = np.zeros((ceil(seconds / SEGMENT), len(classes)), bool)
    for event in events:
        on[int(event.start // SEGMENT) : ceil(event.end / SEGMENT), classes.index(event.label)] = True
    return on


def _matched(found: Sequence[Event], true: Sequence[Event]) -> int:
    """Return how many events can be paired with one that is there, each once: the largest matching."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_bipartite_matching

    if not found or not true:
        return 0
    fits = np.array([[_agree(mine, theirs) for theirs in true] for mine in found])
    return int((maximum_bipartite_matching(csr_array(fits), perm_type="column") >= 0).sum())


def _agree(found: Event, true: Event) -> bool:
    lenient = max(COLLAR, LENIENT * (true.end - true.start))
    near = abs(found.start - true.start) <= COLLAR and abs(found.end - true.end) <= lenient
    return found.label == true.label and near

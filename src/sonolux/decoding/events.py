"""Event decoding: smoothed frame probabilities over thresholds become events, and events become frames.

Probabilities are float (frames, classes), one row every `step` seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter


class FrameEvent(NamedTuple):
    """An event: number of its class, start and end in seconds, and the mean probability of its frames."""

    label: int
    start: float
    end: float
    probability: float


def find_events(
    probabilities: NDArray[np.floating], step: float, thresholds: Sequence[float], smoothed: int
) -> list[FrameEvent]:
    """Return the events in the probabilities of frames, in order of time.

    Parameters
    ----------
    probabilities : ndarray, shape (frames, classes)
    step : float
        Seconds.
    thresholds : sequence of float
        Of each class.
    smoothed : int
        Frames of the median filter, odd.
    """
    smooth = median_filter(probabilities, (smoothed, 1), mode="nearest")
    found = []
    for label, threshold in enumerate(thresholds):
        on = np.concatenate([[False], smooth[:, label] >= threshold, [False]])
        for start, end in np.flatnonzero(on[1:] != on[:-1]).reshape(-1, 2).tolist():
            found.append(FrameEvent(label, start * step, end * step, float(smooth[start:end, label].mean())))
    return sorted(found, key=lambda event: (event.start, event.label))


def mean_of_frames(rows: NDArray[np.floating], event: FrameEvent, step: float) -> NDArray[np.floating]:
    """Return the mean of what is told of the frames of an event: rows (frames, width), every `step` seconds."""
    first = min(round(event.start / step), len(rows) - 1)
    found: NDArray[np.floating] = rows[first : max(round(event.end / step), first + 1)].mean(axis=0)
    return found


def mark_frames(
    events: Sequence[tuple[int, float, float]], frames: int, classes: int, step: float
) -> NDArray[np.float32]:
    """Return which classes sound in which frames, 0 or 1, float32 (frames, classes).

    Parameters
    ----------
    events : sequence of (int, float, float)
        Number of the class, start and end in seconds; a frame counts that is at least half covered.
    """
    on = np.zeros((frames, classes), np.float32)
    for label, start, end in events:
        on[round(start / step) : max(round(end / step), round(start / step) + 1), label] = 1
    return on

"""Decision thresholds of sound events: chosen for each class, with a median filter, by what was held out."""

from __future__ import annotations

import numpy as np

from sonolux.metrics.classification import f1_of_counts
from sonolux.metrics.events import segment_activity
from sonolux.training.events.learner import SMOOTHED, THRESHOLD, EventLearner

THRESHOLDS = tuple(round(0.1 * tenth, 1) for tenth in range(2, 9))
"""That are tried for each class."""

MEDIANS = (1, 3, 5, 9)
"""Lengths of the median filter that are tried, in frames."""


def choose_thresholds(learner: EventLearner) -> tuple[tuple[float, ...], int, float]:
    """Return the threshold of each class, the frames of the filter, and the segment F1 of what is held out by these."""
    names = tuple(learner.numbers)
    if not all(isinstance(told, list) for told in learner.told):
        return (THRESHOLD,) * len(names), SMOOTHED, max(epoch.score for epoch in learner.history)
    best: tuple[tuple[float, ...], int, float] = ((), 1, -1.0)
    for smoothed in MEDIANS:
        counts = np.zeros((len(THRESHOLDS), 3, len(names)), int)
        for number, threshold in enumerate(THRESHOLDS):
            recordings = learner.recordings([threshold] * len(names), smoothed)
            for (found, true), frames in zip(recordings, learner.held_out, strict=True):
                mine, theirs = (segment_activity(part, learner.seconds(len(frames)), names) for part in (found, true))
                counts[number] += [(mine & theirs).sum(axis=0), mine.sum(axis=0), theirs.sum(axis=0)]
        each = 2 * counts[:, 0] / np.maximum(counts[:, 1] + counts[:, 2], 1)
        rows = each.argmax(axis=0)
        right, said, there = (int(counts[rows, part, range(len(names))].sum()) for part in range(3))
        reached = f1_of_counts(right, said, there)
        if reached > best[2]:
            best = tuple(THRESHOLDS[row] for row in rows), smoothed, reached
    return best

"""Novelty of events: where those of each class lie in what a network makes of their frames.

An event stands where the frames lie that the network takes for it, on average; how unlike learned ones others may be is
told by events of recordings and clips from which nothing was learned (`sonolux.checkpoints.familiarity`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from sonolux.checkpoints.familiarity import Familiarity
from sonolux.decoding.events import FrameEvent, find_events, mean_of_frames
from sonolux.training.data.events import EventData, SoundscapeData
from sonolux.training.events.learner import EventLearner, Told
from sonolux.training.loop.trained import KnownItems

LOOKED_AT = 300
"""Items learned from, of which it is told where their events lie, at most."""

FEWEST = 10
"""Events of what was left out, by which it can be told what is unlike them."""

COVERED = 0.5
"""Share of what is found that has to be the event."""


def known_events(
    learner: EventLearner, learned: EventData, chosen: EventData, thresholds: Sequence[float], smoothed: int
) -> KnownItems | None:
    """Return where learned events lie, and how unfamiliar those are that were left out.

    None where fewer than `FEWEST` are found of those: nothing can be told then.
    """
    rows, labels = _events_in(learner, learned, thresholds, smoothed, range(len(learner.numbers)))
    apart = [learner.numbers[name] for name in left_out_classes(learned, chosen)]
    others, other_labels = _events_in(learner, chosen, thresholds, smoothed, apart)
    present = np.unique(labels)
    others = others[np.isin(other_labels, present)]
    if len(others) < FEWEST or len(rows) < FEWEST:
        return None
    familiarity = Familiarity.of(rows, np.searchsorted(present, labels))
    return KnownItems(familiarity, tuple(np.sort(familiarity.unfamiliarity(others)).tolist()))


def left_out_classes(learned: EventData, chosen: EventData) -> list[str]:
    """Return the classes of which no clip is in both: of a few clips all are heard in all scenes."""
    if not isinstance(learned, SoundscapeData) or not isinstance(chosen, SoundscapeData):
        return list(learned.classes)
    return [
        name
        for name in learned.classes
        if not {id(clip) for clip in learned.scenes.clips[name]} & {id(clip) for clip in chosen.scenes.clips[name]}
    ]


@torch.no_grad()
def _events_in(
    learner: EventLearner, data: EventData, thresholds: Sequence[float], smoothed: int, classes: Collection[int]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return what stands for each event that is found and there, (n, width), and its class, (n,)."""
    network = learner.network.eval()
    rows, labels = [], []
    for number in np.linspace(0, len(data) - 1, min(len(data), LOOKED_AT)).astype(int).tolist():
        frames, told = data.item(number, 0)
        scores, described = network.described(learner.standardised(frames)[None].to(learner.device))  # type: ignore[operator]
        chances, features = scores[0].float().sigmoid().cpu().numpy(), described[0].float().cpu().numpy()
        step = learner.seconds(len(frames)) / len(chances)
        for event in find_events(chances, step, thresholds, smoothed):
            if event.label in classes and _is_there(event, told, learner.classes[event.label]):
                rows.append(mean_of_frames(features, event, step))
                labels.append(event.label)
    width = len(rows[0]) if rows else 0
    return np.array(rows, np.float64).reshape(len(rows), width), np.array(labels, np.int64)


def _is_there(event: FrameEvent, told: Told, name: str) -> bool:
    """Say whether what was found is an event of its class, or may be one, where times are not known."""
    if isinstance(told, set):
        return name in told
    same = [one for one in told if one.label == name]
    covered = sum(max(min(event.end, one.end) - max(event.start, one.start), 0.0) for one in same)
    return covered >= COVERED * (event.end - event.start)

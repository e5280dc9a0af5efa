"""Sound event detection learned: data split, network trained, thresholds chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sonolux.checkpoints.folder import Architecture
from sonolux.checkpoints.inputs import Sounds
from sonolux.checkpoints.outputs import Descriptor, Events
from sonolux.metrics.classification import f1_of_counts
from sonolux.metrics.intervals import bootstrap_interval
from sonolux.training.data.events import EventData, LabelledRecordings, SoundscapeData
from sonolux.training.data.splits import CHOOSE, LEARN, SCORE, Parts, draw_parts, split_parts
from sonolux.training.events.familiar import known_events
from sonolux.training.events.learner import EventLearner
from sonolux.training.events.recipe import EventsRecipe
from sonolux.training.events.thresholds import choose_thresholds
from sonolux.training.loop.fit import fit
from sonolux.training.loop.initial import build_network
from sonolux.training.loop.trained import Trained, TrainingProgress
from sonolux.training.scoring.descriptors import score_interval

SPARING = 4
"""Clips of a class from which some are heard in no scene that is learned from."""

HEARD = 50
"""Items from which mean and deviation of the levels are told."""


def learn_events(
    data: SoundscapeData | LabelledRecordings, recipe: EventsRecipe, folder: Path, progress: TrainingProgress | None
) -> Trained:
    """Train a network that hears events, and choose its thresholds; see `sonolux.training.methods.LearnMethod`."""
    parts = split_data(data, recipe)
    learned, held_out, scored = parts.learned, parts.chosen, parts.scored
    how = _standardised(learned)
    arguments = {"body": recipe.body, "bands": how.width, "classes": len(data.classes)} | recipe.arguments
    architecture = Architecture(name=recipe.architecture, arguments=arguments)
    learner = EventLearner(build_network(architecture, recipe), learned, held_out, recipe, how)
    fit(learner, folder, progress)
    thresholds, smoothed, _ = choose_thresholds(learner)
    known = known_events(learner, learned, held_out, thresholds, smoothed)
    learner.judge_by(scored)
    return Trained(
        learner.network,
        architecture,
        how,
        Descriptor(space=folder.name, dim=len(data.classes)),
        recipe,
        {
            "source": data.source,
            "items": len(learned),
            "chosen_by": len(held_out),
            "held_out": len(scored),
            "fingerprint": data.fingerprint(),
        },
        score_events(learner, thresholds, smoothed, recipe.seed, parts.groups) | learner.duration(),
        Events(names=data.classes, thresholds=thresholds, smoothed=smoothed),
        learner.history,
        known=known,
    )


def score_events(
    learner: EventLearner,
    thresholds: Sequence[float],
    smoothed: int,
    seed: int,
    groups: NDArray[np.integer] | None = None,
) -> dict[str, Any]:
    """Return the segment F1 of what chose nothing, and its interval."""
    counts = learner.counts(thresholds, smoothed)

    def reached(rows: NDArray[np.intp]) -> float:
        right, said, there = counts[rows].sum(axis=0).tolist()
        return f1_of_counts(right, said, there)

    everything = np.arange(len(counts))
    interval = bootstrap_interval(reached, len(counts), seed, groups=groups)
    return score_interval("segment-f1", reached(everything), interval, len(counts))


def split_data(data: SoundscapeData | LabelledRecordings, recipe: EventsRecipe) -> Parts[Any]:
    """Return what is learned from, what chooses and what scores: scenes of other clips, or parts of other recordings.

    A class of fewer than four clips, or of too few groups of them, is heard in all scenes: there are none to spare.
    """
    if not isinstance(data, SoundscapeData):
        return split_parts(data, recipe.validation, recipe.seed, fewest=1)
    scenes = replace(data.scenes, seconds=recipe.seconds or data.scenes.seconds)
    count = recipe.scenes or data.count
    few = max(1, round(recipe.validation * count))
    random = np.random.default_rng(recipe.seed)
    clips: tuple[dict[str, Any], ...] = ({}, {}, {})
    grouped = None if data.groups is None else _parts_of_groups(data, recipe)
    for name, own in sorted(data.scenes.clips.items()):
        order = random.permutation(len(own))
        spared = max(1, round(recipe.validation * len(own))) if len(own) >= SPARING else 0
        rows = order[2 * spared :], order[:spared], order[spared : 2 * spared]
        if grouped is not None:
            rows = tuple(order[grouped[name][order] == part] for part in (LEARN, CHOOSE, SCORE))
        enough = all(map(len, rows))
        for part, chosen in zip(clips, rows, strict=True):
            part[name] = [own[row] for row in (chosen if enough else order)]
    learned, choosing, scoring = (
        replace(data, scenes=replace(scenes, clips=part), count=number, seed=3 * recipe.seed + place)
        for place, (part, number) in enumerate(zip(clips, (count, few, few), strict=True))
    )
    return Parts(learned, choosing, scoring)


def _parts_of_groups(data: SoundscapeData, recipe: EventsRecipe) -> dict[str, NDArray[np.int64]]:
    """Return the part of each clip of a class, so that no group is in two of them."""
    assert data.groups is not None
    groups = np.concatenate([data.groups[name] for name in data.classes])
    counts = [len(data.groups[name]) for name in data.classes]
    labels = np.repeat(np.arange(len(counts)), counts)
    drawn = draw_parts(labels, groups, None, recipe.validation, recipe.seed)
    return dict(zip(data.classes, np.split(drawn, np.cumsum(counts)[:-1]), strict=True))


def _standardised(data: EventData) -> Sounds:
    heard = torch.cat([data.item(row, 0)[0].float().flatten() for row in range(min(len(data), HEARD))])
    changes = {"mean": round(float(heard.mean()), 4), "deviation": round(max(float(heard.std()), 1e-3), 4)}
    return data.how.model_copy(update=changes)

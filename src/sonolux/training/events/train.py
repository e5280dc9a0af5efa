"""One command to sound events: clips or labelled recordings in, a model folder that says what sounds when out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from sonolux.checkpoints.folder import Architecture
from sonolux.checkpoints.outputs import Descriptor, Events
from sonolux.training.data import sounds
from sonolux.training.data.events import EventData, LabelledRecordings, SoundscapeData
from sonolux.training.loop.initial import build_network
from sonolux.training.loop.workspace import check_free
from sonolux.training.recipe import Recipe

if TYPE_CHECKING:
    from sonolux.checkpoints.folder import ModelFolder
    from sonolux.checkpoints.inputs import Sounds
    from sonolux.training.events.learner import EventLearner
    from sonolux.training.loop.fit import TrainingProgress

THRESHOLDS = tuple(round(0.1 * tenth, 1) for tenth in range(2, 9))
"""That are tried for each class."""

MEDIANS = (1, 3, 5, 9)
"""Lengths of the median filter that are tried, in frames."""

HEARD = 50
"""Items from which mean and deviation of the levels are told."""


HOP_SECONDS = 0.02
"""From one frame to the next: events are found to within a few of them."""


def listening(rate: int) -> Sounds:
    """Return how sounds become inputs of a network that hears events, as fits a rate in hertz."""
    return sounds.listening(rate, hop=round(HOP_SECONDS * rate))


def train_events(
    data: SoundscapeData | LabelledRecordings,
    recipe: Recipe,
    folder: Path,
    licence: str = "",
    progress: TrainingProgress | None = None,
) -> ModelFolder:
    """Train a network that hears events, and write it as a model folder.

    A training that was stopped, however, goes on when it is called again with the same arguments.

    Parameters
    ----------
    data : MixedScenes or LabelledRecordings
    recipe : Recipe
        Options: ``body`` of the network, see `sonolux.models.sound_network`; ``views``; ``scenes`` of an epoch, and
        ``seconds`` of each. What is held out of clips is scenes that nothing was learned from, of the same clips.
    folder : Path
        Of the model; new, or holding an unfinished training.
    licence : str
        Of the weights; those of the sounds may bind it.
    progress : callable, optional
        See `sonolux.training.loop.fit.TrainingProgress`.

    Returns
    -------
    model : ModelFolder
        Its ``scores``: ``segment-f1`` of what is held out, by which thresholds were chosen.

    Raises
    ------
    TrainingError
        Where nothing can be learned from this, or the folder holds something else.
    """
    check_free(folder)
    learned, held_out = _parted(data, recipe)
    how = _standardised(learned)
    body = recipe.options.get("body", "crnn")
    arguments = {"body": body, "bands": how.width, "classes": len(data.classes)} | recipe.arguments
    architecture = Architecture(name=recipe.architecture, arguments=arguments)
    network = build_network(architecture, recipe)

    from sonolux.training.events.learner import EventLearner
    from sonolux.training.loop.fit import fit, remove_unfinished
    from sonolux.training.loop.save import Trained, write_model_folder

    learner = EventLearner(network, learned, held_out, recipe, how)
    fit(learner, folder, progress)
    thresholds, smoothed, reached = _chosen(learner)
    scores = {"segment-f1": round(reached, 4)} | learner.duration()
    trained = Trained(learner.network, architecture, learner.history, scores, how)
    descriptor = Descriptor(space=folder.name, dim=len(data.classes))
    told: dict[str, object] = {"source": data.source, "items": len(learned), "fingerprint": data.fingerprint()}
    meaning = Events(names=data.classes, thresholds=thresholds, smoothed=smoothed)
    saved = write_model_folder(trained, descriptor, recipe, told, folder, licence, events=meaning)
    remove_unfinished(folder)
    return saved


def _parted(data: SoundscapeData | LabelledRecordings, recipe: Recipe) -> tuple[EventData, EventData]:
    """Return what is learned from and what is held out: other scenes, or other parts of recordings."""
    if isinstance(data, SoundscapeData):
        scenes = replace(data.scenes, seconds=recipe.options.get("seconds", data.scenes.seconds))
        count = recipe.options.get("scenes", data.count)
        learned = replace(data, scenes=scenes, count=count, seed=2 * recipe.seed)
        return learned, replace(learned, count=max(1, round(recipe.held_out * count)), seed=2 * recipe.seed + 1)
    order = np.random.default_rng(recipe.seed).permutation(len(data))
    count = max(1, round(recipe.held_out * len(data)))
    return data.subset(np.sort(order[count:])), data.subset(np.sort(order[:count]))


def _standardised(data: EventData) -> Sounds:
    heard = torch.cat([data.item(row, 0)[0].float().flatten() for row in range(min(len(data), HEARD))])
    changes = {"mean": round(float(heard.mean()), 4), "deviation": round(max(float(heard.std()), 1e-3), 4)}
    return data.how.model_copy(update=changes)


def _chosen(learner: EventLearner) -> tuple[tuple[float, ...], int, float]:
    """Choose the threshold of each class and the length of the filter by what is held out; return what they reach."""
    from sonolux.metrics.classification import f1_of_counts
    from sonolux.metrics.events import segment_activity
    from sonolux.training.events.learner import SMOOTHED, THRESHOLD

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

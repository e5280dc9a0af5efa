"""Sound event detection learned: data split, network trained, thresholds chosen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from sonolux.checkpoints.folder import Architecture
from sonolux.checkpoints.inputs import Sounds
from sonolux.checkpoints.outputs import Descriptor, Events
from sonolux.training.data.events import EventData, LabelledRecordings, SoundscapeData
from sonolux.training.data.splits import split_unlabelled
from sonolux.training.events.learner import EventLearner
from sonolux.training.events.recipe import EventsRecipe
from sonolux.training.events.thresholds import choose_thresholds
from sonolux.training.loop.fit import fit
from sonolux.training.loop.initial import build_network
from sonolux.training.loop.trained import Trained, TrainingProgress

HEARD = 50
"""Items from which mean and deviation of the levels are told."""


def learn_events(
    data: SoundscapeData | LabelledRecordings, recipe: EventsRecipe, folder: Path, progress: TrainingProgress | None
) -> Trained:
    """Train a network that hears events, and choose its thresholds; see `sonolux.training.methods.LearnMethod`."""
    learned, held_out = split_data(data, recipe)
    how = _standardised(learned)
    arguments = {"body": recipe.body, "bands": how.width, "classes": len(data.classes)} | recipe.arguments
    architecture = Architecture(name=recipe.architecture, arguments=arguments)
    learner = EventLearner(build_network(architecture, recipe), learned, held_out, recipe, how)
    fit(learner, folder, progress)
    thresholds, smoothed, reached = choose_thresholds(learner)
    return Trained(
        learner.network,
        architecture,
        how,
        Descriptor(space=folder.name, dim=len(data.classes)),
        recipe,
        {"source": data.source, "items": len(learned), "fingerprint": data.fingerprint()},
        {"segment-f1": round(reached, 4)} | learner.duration(),
        Events(names=data.classes, thresholds=thresholds, smoothed=smoothed),
        learner.history,
    )


def split_data(data: SoundscapeData | LabelledRecordings, recipe: EventsRecipe) -> tuple[EventData, EventData]:
    """Return what is learned from and what is held out: other scenes, or other parts of recordings."""
    if isinstance(data, SoundscapeData):
        scenes = replace(data.scenes, seconds=recipe.seconds or data.scenes.seconds)
        count = recipe.scenes or data.count
        learned = replace(data, scenes=scenes, count=count, seed=2 * recipe.seed)
        return learned, replace(learned, count=max(1, round(recipe.validation * count)), seed=2 * recipe.seed + 1)
    return split_unlabelled(data, recipe.validation, recipe.seed, fewest=1)


def _standardised(data: EventData) -> Sounds:
    heard = torch.cat([data.item(row, 0)[0].float().flatten() for row in range(min(len(data), HEARD))])
    changes = {"mean": round(float(heard.mean()), 4), "deviation": round(max(float(heard.std()), 1e-3), 4)}
    return data.how.model_copy(update=changes)

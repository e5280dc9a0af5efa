"""Network beside classifiers of descriptors: trained where that may help, kept where it is better held out.

Both learn from the same part and are compared on the next; the third, which chose nothing, scores. It is tried where
there is enough to learn from, something to gain, and time: how long it would take is measured before it begins.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from sonolux.errors import TrainingError
from sonolux.training.classification.network import label_learner_of, learn_labels
from sonolux.training.classification.recipes import LabelsRecipe, SoundsRecipe
from sonolux.training.classification.sound_learner import learn_sounds, sound_learner_of
from sonolux.training.classification.sounds import with_enough_epochs
from sonolux.training.data.images import ImageSet, read_again
from sonolux.training.data.sounds import SoundSet
from sonolux.training.loop.learner import Learner
from sonolux.training.loop.trained import Trained, TrainingProgress
from sonolux.training.loop.workspace import NETWORK, UNFINISHED
from sonolux.training.recipes import make_recipe

BUDGET = 600.0
"""Seconds that a network may take before it is left to those who ask for it."""

MANY_IMAGES = 1_000
"""Images from which a network is tuned to them; of fewer, what it has learned already is hardly bettered."""

MANY_SOUNDS = 10
"""Sounds a class, on average, from which a network of their own is tried."""

ENOUGH = 0.98
"""Accuracy of the best other model from which there is nothing to gain."""

SCORING = 1.1
"""How much longer an epoch takes than its steps, because what chooses is looked at."""

TUNED = {"probe": True, "thawed": "blocks.11", "epochs": 4, "batch_size": 16, "learning_rate": 3e-4}
"""How the packaged network of photographs is tuned."""


@dataclass(frozen=True, slots=True)
class NetworkRival:
    """A network that may be trained.

    Attributes
    ----------
    name : str
    enough : str
        Why it is not tried, where there is too little to learn from; else empty.
    begin : callable
        Takes the share that chooses and scores and a seed; returns the learner, to measure a step, and what trains.
    command : str
        By which it is trained anyway.
    """

    name: str
    enough: str
    begin: Callable[[float, int], tuple[Learner, Callable[[Path, TrainingProgress | None], Trained]]]
    command: str

    def try_it(
        self, reached: float, share: float, seed: int, folder: Path, progress: TrainingProgress | None
    ) -> Trained | str:
        """Return the trained network, or why it was not tried; one that was stopped goes on.

        Parameters
        ----------
        reached : float
            Accuracy of the best other model.
        share : float
        seed : int
        folder : Path
            Of the model to be.
        progress : callable, or None
        """
        if self.enough:
            return self.enough
        if reached >= ENOUGH:
            return "hardly anything to gain"
        try:
            learner, learn = self.begin(share, seed)
            seconds = seconds_needed(learner)
        except TrainingError as error:
            return str(error)
        mine = folder / UNFINISHED / NETWORK / folder.name
        if seconds > BUDGET and not mine.exists():
            return f"would take about {in_words(seconds)}: {self.command} trains it"

        def report(done: float, line: str) -> None:
            if progress is not None:
                progress(done, f"{self.name}: {line}")

        report(0.0, f"about {in_words(seconds)}")
        return learn(mine, report)


def image_rival(images: ImageSet) -> NetworkRival | None:
    """Return the packaged network of photographs, to be tuned; None where it is not installed."""
    from sonolux.encoders.packaged.packages import PHOTO
    from sonolux.training.loop.warm_start import network_of

    if PHOTO.state != "ready":
        return None
    few = f"tried from {MANY_IMAGES:,} pictures on"

    def begin(share: float, seed: int) -> tuple[Learner, Callable[[Path, TrainingProgress | None], Trained]]:
        asked = network_of("photo") | TUNED | {"validation": share, "seed": seed}
        recipe = make_recipe("labels", pretrained="photo", **asked)
        assert isinstance(recipe, LabelsRecipe)
        large = read_again(images, recipe.image_size)
        return label_learner_of(large, recipe), lambda folder, told: learn_labels(large, recipe, folder, told)

    command = "--from photo " + " ".join(f"--set {name}={str(value).lower()}" for name, value in TUNED.items())
    return NetworkRival("photo, tuned", few if len(images) < MANY_IMAGES else "", begin, command)


def sound_rival(sounds: SoundSet) -> NetworkRival:
    """Return the network of sounds that learns from random weights."""
    few = f"tried from {MANY_SOUNDS} sounds a class on"
    enough = len(sounds) >= MANY_SOUNDS * len(sounds.classes)

    def begin(share: float, seed: int) -> tuple[Learner, Callable[[Path, TrainingProgress | None], Trained]]:
        recipe = make_recipe("sounds", validation=share, seed=seed)
        assert isinstance(recipe, SoundsRecipe)
        whole = with_enough_epochs(recipe, len(sounds))
        return sound_learner_of(sounds, whole), lambda folder, told: learn_sounds(sounds, whole, folder, told)

    return NetworkRival("crnn, from random weights", "" if enough else few, begin, "--arch crnn")


def seconds_needed(learner: Learner) -> float:
    """Return about how long a training takes: as measured on a step, its first left out."""
    recipe: Any = learner.recipe
    batch = min(recipe.batch_size, learner.items)
    for _ in range(2):
        began = time.monotonic()
        learner.training_step(torch.arange(batch), 0).backward()  # type: ignore[no-untyped-call]
        step = time.monotonic() - began
        learner.zero_grad()
    steps: int = recipe.epochs * max(learner.items // batch, 1)
    return SCORING * step * steps


def with_candidates(trained: Trained, candidates: dict[str, float], name: str, reached: float) -> Trained:
    """Return a network with what it and the others reached on the part that chose, best first."""
    order = dict(sorted(({name: reached} | candidates).items(), key=lambda one: -one[1]))
    data = trained.data | {"scored_by": "scored by a part that chose nothing"}
    return replace(trained, scores=trained.scores | {"candidates": order}, data=data)


def in_words(seconds: float) -> str:
    """Return a time as one says it, roughly."""
    if seconds < 90:
        return f"{max(5 * round(seconds / 5), 5)} s"
    return f"{round(seconds / 60)} min" if seconds < 5_400 else f"{seconds / 3600:.1f} h"

"""What the methods that end in a code network share: its architecture, its first weights, its training."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sonolux.checkpoints.folder import Architecture
from sonolux.training.data.images import ImageSet
from sonolux.training.loop.fit import TrainingProgress, fit
from sonolux.training.loop.initial import build_network
from sonolux.training.loop.learner import Learner
from sonolux.training.loop.save import Trained
from sonolux.training.loop.warm_start import start_from
from sonolux.training.recipe import Recipe

if TYPE_CHECKING:
    from torch import nn

Teacher = Callable[["nn.Module", ImageSet, ImageSet, Recipe], Learner]


def code_architecture(recipe: Recipe) -> Architecture:
    """Return the code network of a recipe: its backbone with bits trained as such in place of a classifier."""
    arguments = {"backbone": recipe.architecture, "backbone_arguments": recipe.arguments, "bits": recipe.bits}
    return Architecture(name="code-network", arguments=arguments)


def fitted(
    teacher: Teacher,
    architecture: Architecture,
    sets: tuple[ImageSet, ImageSet],
    recipe: Recipe,
    folder: Path,
    progress: TrainingProgress | None = None,
) -> Trained:
    """Build a network, start it, train it.

    Raises
    ------
    TrainingError
        Where the architecture does not take its arguments, or the weights to start from do not fit.
    """
    network = build_network(architecture, recipe)
    if recipe.start:
        start_from(network.get_submodule("backbone"), recipe.start)
    learner = teacher(network, *sets, recipe)
    fit(learner, folder, progress)
    best = max(epoch.score for epoch in learner.history)
    return Trained(learner.network, architecture, learner.history, {"held-out": round(best, 4)})

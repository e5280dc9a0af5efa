"""Code networks: what the methods share that end in binary units, from first weights to a trained network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sonolux.checkpoints.folder import Architecture
from sonolux.training.data.images import ImageSet
from sonolux.training.data.splits import split_items
from sonolux.training.hashing.recipes import CodeRecipe
from sonolux.training.loop.fit import fit
from sonolux.training.loop.image_inputs import image_preprocessing
from sonolux.training.loop.image_learner import ImageLearner
from sonolux.training.loop.initial import build_network
from sonolux.training.loop.trained import Trained, TrainingProgress, code_descriptor
from sonolux.training.loop.warm_start import describe_start, start_from

if TYPE_CHECKING:
    from torch import nn

    from sonolux.training.hashing.recipes import ContrastiveRecipe, DistillationRecipe, SupervisedRecipe

    StartedRecipe = ContrastiveRecipe | DistillationRecipe | SupervisedRecipe

LearnerOf = Callable[["nn.Module", ImageSet, ImageSet, Any], ImageLearner]


def learn_codes(
    learner_of: LearnerOf,
    images: ImageSet,
    recipe: StartedRecipe,
    folder: Path,
    progress: TrainingProgress | None,
    *,
    labelled: bool = False,
) -> Trained:
    """Build a code network, start it, and train it.

    Parameters
    ----------
    learner_of : callable
        Makes the learner of a network, of images learned from and held out, and a recipe.
    images : ImageSet
    recipe : CodeRecipe
    folder : Path
        Of the model to be.
    progress : callable or None
    labelled : bool
        Whether the learner sees labels.

    Raises
    ------
    TrainingError
        Where the architecture does not take its arguments, or the weights to start from do not fit.
    """
    sets = learned, held_out = split_items(images, recipe.validation, recipe.seed)
    architecture = code_architecture(recipe)
    network = build_network(architecture, recipe)
    if recipe.pretrained:
        start_from(network.get_submodule("backbone"), recipe.pretrained)
    if not labelled:
        learned, held_out = learned.unlabelled(), held_out.unlabelled()
    learner = learner_of(network, learned, held_out, recipe)
    fit(learner, folder, progress)
    return Trained(
        learner.network,
        architecture,
        image_preprocessing(recipe.image_size),
        code_descriptor(folder.name, recipe.bits),
        recipe,
        describe_data(sets) | describe_start(recipe.pretrained),
        {"held-out": learner.best_score()},
        history=learner.history,
        sets=sets,
    )


def code_architecture(recipe: CodeRecipe) -> Architecture:
    """Return the code network of a recipe: its backbone with bits trained as such in place of a classifier."""
    arguments = {"backbone": recipe.architecture, "backbone_arguments": recipe.arguments, "bits": recipe.bits}
    return Architecture(name="code-network", arguments=arguments)


def describe_data(sets: tuple[ImageSet, ImageSet]) -> dict[str, Any]:
    """Return what the card of a model says of the images learned from and held out."""
    return sets[0].described() | {"held_out": len(sets[1])}

"""Code networks: what the methods share that end in binary units, from first weights to a trained network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sonolux.checkpoints.folder import Architecture
from sonolux.training.data.images import ImageSet
from sonolux.training.data.splits import split_parts
from sonolux.training.hashing.recipes import CodeRecipe
from sonolux.training.loop.fit import fit
from sonolux.training.loop.image_inputs import image_preprocessing
from sonolux.training.loop.image_learner import ImageLearner, image_tensors
from sonolux.training.loop.initial import build_network
from sonolux.training.loop.trained import Trained, TrainingProgress, code_descriptor
from sonolux.training.loop.warm_start import describe_start, start_from
from sonolux.training.scoring.descriptors import PRECISION, VIEWS, chance_precision, score_values

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
    parts = split_parts(images, recipe.validation, recipe.seed)
    learned, chosen, scored = parts.learned, parts.chosen, parts.scored
    sets = learned, scored
    architecture = code_architecture(recipe)
    network = build_network(architecture, recipe)
    if recipe.pretrained:
        start_from(network.get_submodule("backbone"), recipe.pretrained)
    if not labelled:
        learned, chosen, scored = learned.unlabelled(), chosen.unlabelled(), scored.unlabelled()
    learner = learner_of(network, learned, chosen, recipe)
    fit(learner, folder, progress)
    return Trained(
        learner.network,
        architecture,
        image_preprocessing(recipe.image_size),
        code_descriptor(folder.name, recipe.bits),
        recipe,
        describe_data(sets) | {"chosen_by": len(chosen)} | describe_start(recipe.pretrained),
        score_codes(learner, scored, parts.groups),
        history=learner.history,
        sets=sets,
    )


def score_codes(learner: ImageLearner, scored: ImageSet, groups: NDArray[np.int64] | None) -> dict[str, Any]:
    """Return the scores of a code network on images that chose nothing."""
    import torch

    pixels, labels = image_tensors(scored)
    torch.manual_seed(learner.recipe.seed)  # of the views
    values = learner.values_of(pixels, labels)
    if labels is None or learner.labels is None:
        # Each view by itself finds one of all; which of them are copies does not matter here.
        return score_values(VIEWS, values, 1 / len(values))
    return score_values(PRECISION, values, chance_precision(labels.numpy(), learner.labels.numpy()), groups)


def code_architecture(recipe: CodeRecipe) -> Architecture:
    """Return the code network of a recipe: its backbone with bits trained as such in place of a classifier."""
    arguments = {"backbone": recipe.architecture, "backbone_arguments": recipe.arguments, "bits": recipe.bits}
    return Architecture(name="code-network", arguments=arguments)


def describe_data(sets: tuple[ImageSet, ImageSet]) -> dict[str, Any]:
    """Return what the card of a model says of the images learned from and held out."""
    return sets[0].described() | {"held_out": len(sets[1])}

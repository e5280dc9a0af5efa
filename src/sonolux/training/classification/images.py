"""One command to labels: images a folder a class and a recipe in, a model folder that names what it sees out.

The network learns by cross entropy from mild views (`sonolux.training.classification.network`); then its probabilities
are calibrated on half of the images held out, and judged on the other half
(`sonolux.training.classification.temperature`).
"""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sonolux.errors import TrainingError
from sonolux.training.classification.calibration import calibrated
from sonolux.training.data.images import ImageSet
from sonolux.training.data.sources import Labelled, check_classes, counts_of
from sonolux.training.data.splits import split
from sonolux.training.loop.workspace import check_free
from sonolux.training.recipe import Recipe

if TYPE_CHECKING:
    from sonolux.checkpoints.folder import ModelFolder
    from sonolux.training.loop.fit import TrainingProgress

UNEQUAL = 5
"""Times that the largest class may be larger than the smallest before images count by the size of their class."""


def train_labels(
    images: ImageSet, recipe: Recipe, folder: Path, licence: str = "", progress: TrainingProgress | None = None
) -> ModelFolder:
    """Train a classifier, and write it as a model folder.

    A training that was stopped, however, goes on when it is called again with the same arguments.

    Parameters
    ----------
    images : ImageSet
        With labels.
    recipe : Recipe
        Any registered architecture; ``start`` gives the first weights of all but its head. Options: ``frozen`` (the
        head alone learns), ``balanced`` (images count by the size of their class; see `with_options`), ``views``.
    folder : Path
        Of the model; new, or holding an unfinished training. Its name is that of the space.
    licence : str
        Of the weights; those of the images may bind it.
    progress : callable, optional
        See `sonolux.training.loop.fit.TrainingProgress`.

    Returns
    -------
    model : ModelFolder
        Its ``scores``, all of images that nothing was learned from: ``accuracy``, and of half of them
        ``ece-before`` and ``ece-after`` calibration, the expected calibration error.

    Raises
    ------
    TrainingError
        Where nothing can be learned from these images, or not by this network, or the folder holds something else.
    """
    classifier = learning()
    check_free(folder)
    check_classes(images)
    recipe = with_options(recipe, images)
    sets = split(images, recipe.held_out, recipe.seed)
    architecture, head = classifier.classifier_of(recipe, len(images.classes))
    learner = classifier.LabelLearner(classifier.started(architecture, head, recipe), *sets, recipe)

    from sonolux.checkpoints.outputs import Descriptor, Labels
    from sonolux.training.loop.fit import fit, remove_unfinished
    from sonolux.training.loop.save import Trained, write_image_model

    fit(learner, folder, progress)
    assert sets[1].labels is not None
    temperature, scores = calibrated(learner.held_out_scores().numpy(), sets[1].labels, recipe.seed)
    trained = Trained(learner.network, architecture, learner.history, scores)
    descriptor = Descriptor(space=folder.name, dim=head.width, layer=head.layer)
    labels = Labels(names=images.classes, temperature=temperature)
    saved = write_image_model(trained, descriptor, recipe, sets, folder, licence, labels)
    remove_unfinished(folder)
    return saved


def learning() -> Any:
    """Return the module that learns; TrainingError where a package that it needs is missing."""
    try:
        return import_module("sonolux.training.classification.network")
    except ModuleNotFoundError as error:
        raise TrainingError(f"training needs {error.name}: pip install 'sonolux[train]'") from error


def with_options(recipe: Recipe, items: Labelled) -> Recipe:
    """Return the recipe with its options decided: ``balanced`` where classes are very unequal, not ``frozen``.

    Raises
    ------
    TrainingError
        For an option that is neither true nor false, or frozen weights that come from nowhere.
    """
    counts = counts_of(items).values()
    options = {"frozen": False, "balanced": max(counts) > UNEQUAL * min(counts)} | recipe.options
    for name in ("frozen", "balanced"):
        if not isinstance(options[name], bool):
            raise TrainingError(f"{name} is true or false, not {options[name]!r}")
    if options["frozen"] and not recipe.start:
        raise TrainingError("frozen, nothing but the head learns: name a model that has learned with --from")
    return replace(recipe, options=options)

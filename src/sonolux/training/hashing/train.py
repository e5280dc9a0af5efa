"""One command to codes: images and a recipe in, a model folder with binary codes out."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sonolux.checkpoints.outputs import Descriptor
from sonolux.errors import TrainingError
from sonolux.training.data.images import ImageSet
from sonolux.training.data.splits import split
from sonolux.training.loop.workspace import check_free
from sonolux.training.recipe import Recipe

if TYPE_CHECKING:
    from sonolux.checkpoints.folder import ModelFolder
    from sonolux.training.loop.fit import TrainingProgress
    from sonolux.training.loop.save import Trained

Method = Callable[[ImageSet, ImageSet, Recipe, Path, "TrainingProgress | None"], "Trained"]
"""Learns from the first images, judges by the second; works in the folder of the model to be."""

METHODS = {
    "ae": "autoencoder",
    "contrastive": "contrastive",
    "distilled": "distillation",
    "supervised": "supervised",
    **dict.fromkeys(("pca", "whiten", "fisher", "lsh", "itq", "spectral"), "projection"),
}
"""Ways to learn codes, and the file here that holds each and has a function ``train``."""


def train_codes(
    images: ImageSet, recipe: Recipe, folder: Path, licence: str = "", progress: TrainingProgress | None = None
) -> ModelFolder:
    """Train codes, and write them as a model folder.

    A training that was stopped, however, goes on when it is called again with the same arguments.

    Parameters
    ----------
    images : ImageSet
    recipe : Recipe
        Its method is one of `METHODS`.
    folder : Path
        Of the model; new, or holding an unfinished training.
    licence : str
        Of the weights; those of the images may bind it.
    progress : callable, optional
        See `sonolux.training.loop.fit.TrainingProgress`.

    Raises
    ------
    TrainingError
        Where nothing can be learned from these images, or the folder holds something else.
    """
    check_free(folder)
    method = method_called(recipe.method)
    sets = split(images, recipe.held_out, recipe.seed)
    from sonolux.training.loop.fit import remove_unfinished
    from sonolux.training.loop.save import write_image_model

    trained = method(*sets, recipe, folder, progress)
    saved = write_image_model(trained, _descriptor(trained, folder.name, recipe), recipe, sets, folder, licence)
    remove_unfinished(folder)
    return saved


def _descriptor(trained: Trained, space: str, recipe: Recipe) -> Descriptor:
    from sonolux.training.hashing.projection import FLOAT, outputs_of
    from sonolux.training.loop.save import code_descriptor

    if recipe.method not in FLOAT:
        layer = "code" if recipe.method == "ae" else ""
        return code_descriptor(space, recipe.bits, layer)
    return Descriptor(space=space, dim=outputs_of(trained.architecture))


def method_called(name: str) -> Method:
    """Return a way to learn codes, by its name; TrainingError with those there are, or for a missing package."""
    if name not in METHODS:
        raise TrainingError(f"there is no method {name!r}: there are {', '.join(METHODS)}")
    return _imported(f"sonolux.training.hashing.{METHODS[name]}").train  # type: ignore[no-any-return]


def _imported(module: str) -> Any:
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise TrainingError(f"training needs {error.name}: pip install 'sonolux[train]'") from error

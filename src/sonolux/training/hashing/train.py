"""One command to codes: pictures and a recipe in, a model folder with binary codes out."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sonolux.checkpoints.outputs import Descriptor
from sonolux.errors import TrainingError
from sonolux.training.data.images import PictureSet
from sonolux.training.data.splits import split
from sonolux.training.loop.workspace import check_free
from sonolux.training.recipe import Recipe

if TYPE_CHECKING:
    from sonolux.checkpoints.folder import ModelFolder
    from sonolux.training.loop.fit import Progress
    from sonolux.training.loop.save import Trained

Method = Callable[[PictureSet, PictureSet, Recipe, Path, "Progress | None"], "Trained"]
"""Learns from the first pictures, judges by the second; works in the folder of the model to be."""

METHODS = {
    "ae": "autoencoder",
    "contrastive": "contrastive",
    "distilled": "distillation",
    "supervised": "supervised",
    **dict.fromkeys(("pca", "whiten", "fisher", "lsh", "itq", "spectral"), "projection"),
}
"""Ways to learn codes, and the file here that holds each and has a function ``train``."""


def train_codes(
    pictures: PictureSet, recipe: Recipe, folder: Path, licence: str = "", progress: Progress | None = None
) -> ModelFolder:
    """Train codes, and write them as a model folder.

    A training that was stopped, however, goes on when it is called again with the same arguments.

    Parameters
    ----------
    pictures : PictureSet
    recipe : Recipe
        Its method is one of `METHODS`.
    folder : Path
        Of the model; new, or holding an unfinished training.
    licence : str
        Of the weights; those of the pictures may bind it.
    progress : callable, optional
        See `sonolux.training.loop.fit.Progress`.

    Raises
    ------
    TrainingError
        Where nothing can be learned from these pictures, or the folder holds something else.
    """
    check_free(folder)
    method = method_called(recipe.method)
    sets = split(pictures, recipe.held_out, recipe.seed)
    from sonolux.training.loop.fit import forget_unfinished
    from sonolux.training.loop.save import finish

    trained = method(*sets, recipe, folder, progress)
    saved = finish(trained, _descriptor(trained, folder.name, recipe), recipe, sets, folder, licence)
    forget_unfinished(folder)
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

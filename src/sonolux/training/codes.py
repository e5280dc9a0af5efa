"""One command to codes: pictures and a recipe in, a model folder with binary codes out."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sonolux.encoders.model_outputs import Descriptor
from sonolux.errors import TrainingError
from sonolux.training.pictures import PictureSet
from sonolux.training.recipe import Recipe
from sonolux.training.splits import split

if TYPE_CHECKING:
    from sonolux.encoders.model_folder import ModelFolder
    from sonolux.training.finishing import Trained
    from sonolux.training.fitting import Progress

Method = Callable[[PictureSet, PictureSet, Recipe, Path, "Progress | None"], "Trained"]
"""Learns from the first pictures, judges by the second; works in the folder of the model to be."""

METHODS = {
    "ae": "autoencoder",
    "contrastive": "contrastive",
    "distilled": "distilled",
    "supervised": "supervised",
    **dict.fromkeys(("pca", "whiten", "fisher", "lsh", "itq", "spectral"), "projected"),
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
        See `sonolux.training.fitting.Progress`.

    Raises
    ------
    TrainingError
        Where nothing can be learned from these pictures, or the folder holds something else.
    """
    check_free(folder)
    method = method_called(recipe.method)
    sets = split(pictures, recipe.held_out, recipe.seed)
    from sonolux.training.finishing import finish
    from sonolux.training.fitting import forget_unfinished

    trained = method(*sets, recipe, folder, progress)
    saved = finish(trained, _descriptor(trained, folder.name, recipe), recipe, sets, folder, licence)
    forget_unfinished(folder)
    return saved


def _descriptor(trained: Trained, space: str, recipe: Recipe) -> Descriptor:
    from sonolux.training.finishing import code_descriptor
    from sonolux.training.projected import FLOAT, outputs_of

    if recipe.method not in FLOAT:
        layer = "code" if recipe.method == "ae" else ""
        return code_descriptor(space, recipe.bits, layer)
    return Descriptor(space=space, dim=outputs_of(trained.architecture))


def method_called(name: str) -> Method:
    """Return a way to learn codes, by its name; TrainingError with those there are, or for a missing package."""
    if name not in METHODS:
        raise TrainingError(f"there is no method {name!r}: there are {', '.join(METHODS)}")
    return _imported(f"sonolux.training.{METHODS[name]}").train  # type: ignore[no-any-return]


def check_free(folder: Path) -> None:
    """Refuse a folder that holds a finished model or anything that is no training."""
    from sonolux.training.fitting import UNFINISHED

    if not folder.exists():
        return
    if not folder.is_dir():
        raise TrainingError(f"{folder} is not a folder: name a new one with --out")
    if any(folder.iterdir()) and not (folder / UNFINISHED).is_dir():
        raise TrainingError(f"{folder} is there and not empty: name a new one with --out")


def _imported(module: str) -> Any:
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise TrainingError(f"training needs {error.name}: pip install 'sonolux[train]'") from error

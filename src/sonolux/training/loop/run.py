"""One training from end to end: checked first, then learned, written, tidied up; the same for every method."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sonolux.checkpoints.folder import ModelFolder
from sonolux.errors import TrainingError
from sonolux.extras import require
from sonolux.training.loop.devices import check_devices
from sonolux.training.loop.trained import TrainingProgress
from sonolux.training.loop.workspace import check_free, hold_workspace, remove_unfinished
from sonolux.training.methods import LOOP, methods
from sonolux.training.recipe import Recipe


def check_ready(recipe: Recipe, folder: Path) -> None:
    """Refuse, before anything is read, a training that cannot begin.

    Parameters
    ----------
    recipe : Recipe
    folder : Path
        Of the model to be.

    Raises
    ------
    TrainingError
        For a recipe that is not its method's, a package that is not installed, a folder that is not free, or devices
        that cannot share this training or are not there.
    """
    method = methods.get(recipe.method)
    if not isinstance(recipe, method.recipe):
        raise TrainingError(f"{recipe.method} takes a {method.recipe.__name__}, not a {type(recipe).__name__}")
    looping = LOOP if recipe.resumable else ()
    require("training", *dict.fromkeys((*method.needs, *looping)), error=TrainingError)
    check_devices(recipe)
    check_free(folder, resumable=recipe.resumable)


def _copies_together(data: Any) -> Any:
    """Return images or sounds with copies of each other in one group; other data as it is."""
    from sonolux.training.data.groups import keep_copies_together
    from sonolux.training.data.images import ImageSet
    from sonolux.training.data.sounds import SoundSet

    return keep_copies_together(data) if isinstance(data, ImageSet | SoundSet) else data


def run(
    data: Any,
    recipe: Recipe,
    folder: Path,
    licence: str = "",
    progress: TrainingProgress | None = None,
    *,
    takes: type[Recipe] | tuple[type[Recipe], ...] = Recipe,
) -> ModelFolder:
    """Train by the method of a recipe, and write a model folder.

    A training that was stopped, however, goes on when it is called again with the same arguments.

    Parameters
    ----------
    data
        As the method takes it.
    recipe : Recipe
    folder : Path
        Of the model; new, or holding an unfinished training. Its name is that of the space.
    licence : str
        Of the weights; that of the data may bind it.
    progress : callable, optional
        See `sonolux.training.loop.trained.TrainingProgress`. `sonolux.errors.Cancelled`, raised from it, stops the
        training; the last whole epoch is kept.
    takes : type of Recipe, or tuple of them
        Of which the recipe has to be.

    Raises
    ------
    TrainingError
        Where nothing can be learned from the data, by this recipe, the folder holds something else, or another training
        is going on in it.
    """
    kinds = takes if isinstance(takes, tuple) else (takes,)
    if not isinstance(recipe, kinds):
        wanted = " or ".join(kind.__name__ for kind in kinds)
        raise TrainingError(f"a {type(recipe).__name__} says nothing of this: give a {wanted}")
    check_ready(recipe, folder)
    learn = methods.get(recipe.method).load()
    data = _copies_together(data)
    with hold_workspace(folder):
        trained = learn(data, recipe, folder, progress)
        from sonolux.training.loop.save import write_model_folder

        saved = write_model_folder(trained, folder, licence)
        remove_unfinished(folder)
    return saved

"""Training from captions, and from pairs of any modalities: what belongs together in, a space of it out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sonolux.training.alignment.recipe import AlignRecipe, CaptionsRecipe
from sonolux.training.loop.run import run

if TYPE_CHECKING:
    from sonolux.checkpoints.folder import ModelFolder
    from sonolux.training.alignment.data import CaptionSet
    from sonolux.training.alignment.pairs import PairSet
    from sonolux.training.loop.trained import TrainingProgress


def train_captions(
    captions: CaptionSet,
    recipe: CaptionsRecipe,
    folder: Path,
    licence: str = "",
    progress: TrainingProgress | None = None,
) -> ModelFolder:
    """Learn a space that photos share with sentences, and write it as a model folder.

    Parameters
    ----------
    captions : CaptionSet
        See `sonolux.training.alignment.data.read_captions`.
    recipe : CaptionsRecipe
    folder : Path
        Of the model; new. Its name is that of the space.
    licence : str
        Of the weights; that of the captions may bind it.
    progress : callable, optional

    Returns
    -------
    model : ModelFolder
        Its ``scores``, of photos held out, each asked for by its first sentence among all of them: the share that
        comes first, and among the first ten, for the space and, beside it, for concepts alone.

    Raises
    ------
    TrainingError
        Where there is too little to learn from, or the folder is not free.
    """
    return run(captions, recipe, folder, licence, progress, takes=CaptionsRecipe)


def train_align(
    pairs: PairSet,
    recipe: AlignRecipe,
    folder: Path,
    licence: str = "",
    progress: TrainingProgress | None = None,
) -> ModelFolder:
    """Learn a space that several modalities share, and write it as a model folder.

    Parameters
    ----------
    pairs : PairSet
        See `sonolux.training.alignment.pair_reading`.
    recipe : AlignRecipe
    folder : Path
        Of the model; new. Its name is that of the space.
    licence : str
        Of the weights; that of the pairs may bind it.
    progress : callable, optional

    Returns
    -------
    model : ModelFolder
        Its ``scores``, of things held out: the shares that find what belongs to them first, and among the first ten,
        for each modality that asks another.

    Raises
    ------
    TrainingError
        Where there is too little to learn from, or the folder is not free.
    """
    return run(pairs, recipe, folder, licence, progress, takes=AlignRecipe)

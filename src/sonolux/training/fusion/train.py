"""Training of fusion: items of several modalities in, one answer from whatever is there out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sonolux.training.fusion.recipe import FuseRecipe
from sonolux.training.loop.run import run

if TYPE_CHECKING:
    from sonolux.checkpoints.folder import ModelFolder
    from sonolux.training.fusion.data import FusionSet
    from sonolux.training.loop.trained import TrainingProgress


def train_fuse(
    items: FusionSet,
    recipe: FuseRecipe,
    folder: Path,
    licence: str = "",
    progress: TrainingProgress | None = None,
) -> ModelFolder:
    """Learn one answer from several modalities, and write it as a model folder.

    Parameters
    ----------
    items : FusionSet
        See `sonolux.training.fusion.tables.read_fusion`.
    recipe : FuseRecipe
    folder : Path
        Of the model; new.
    licence : str
        Of the weights; that of the items may bind it.
    progress : callable, optional

    Returns
    -------
    model : ModelFolder
        Its ``scores``, of items held out, by all modalities and by each alone, see
        `sonolux.training.fusion.learn.score_fusion`. `sonolux.encoders.trained.fused.FusedModel` uses it.

    Raises
    ------
    TrainingError
        Where there is too little to learn from, or the folder is not free.
    """
    return run(items, recipe, folder, licence, progress, takes=FuseRecipe)

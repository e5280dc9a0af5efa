"""Training from content to factors: content and factors of what is played in, an encoder of what is new out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sonolux.training.loop.run import run
from sonolux.training.recommendation.recipe import ContentNetworkRecipe, ContentRecipe

if TYPE_CHECKING:
    from sonolux.checkpoints.folder import ModelFolder
    from sonolux.training.loop.trained import TrainingProgress
    from sonolux.training.recommendation.fused_tastes import FusedTasteSet
    from sonolux.training.recommendation.learn import TasteSet


def train_taste(
    tastes: TasteSet | FusedTasteSet,
    recipe: ContentRecipe | ContentNetworkRecipe,
    folder: Path,
    licence: str = "",
    progress: TrainingProgress | None = None,
) -> ModelFolder:
    """Learn what content foretells of who plays it, and write it as a model folder.

    Parameters
    ----------
    tastes : TasteSet or FusedTasteSet
        Of one content, or of several. See `sonolux.training.recommendation.data.read_tastes`.
    recipe : ContentRecipe or ContentNetworkRecipe
    folder : Path
        Of the model; new. Its name is that of the space.
    licence : str
        Of the weights; that of the data may bind it.
    progress : callable, optional

    Returns
    -------
    model : ModelFolder
        An encoder whose descriptor is the predicted factors of an item, compared by inner product with the vector of
        a user; of ``taste-mlr``, a descriptor that lies near those of items with the same listeners. Its ``scores``
        say, of networks, how much less items held out were missed than by factors of 0, ``explained``. What learned
        from several contents is an encoder for each; `sonolux.encoders.trained.taste_model.TasteModel` describes items
        by all that they have.

    Raises
    ------
    TrainingError
        Where there is too little to learn from, or the folder is not free.
    """
    return run(tastes, recipe, folder, licence, progress, takes=(ContentRecipe, ContentNetworkRecipe))

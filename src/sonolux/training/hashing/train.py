"""Training of codes and projections: images or rows and a recipe in, a model folder out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sonolux.training.hashing.recipes import AutoencoderRecipe, CodeRecipe, ProjectionRecipe
from sonolux.training.loop.run import run

if TYPE_CHECKING:
    from sonolux.checkpoints.folder import ModelFolder
    from sonolux.training.data.images import ImageSet
    from sonolux.training.data.numbers import RowSet
    from sonolux.training.loop.trained import TrainingProgress


def train_codes(
    images: ImageSet,
    recipe: CodeRecipe | ProjectionRecipe,
    folder: Path,
    licence: str = "",
    progress: TrainingProgress | None = None,
) -> ModelFolder:
    """Train codes of images, and write them as a model folder; see `sonolux.training.loop.run.run`.

    Parameters
    ----------
    images : ImageSet
    recipe : CodeRecipe or ProjectionRecipe
        See `sonolux.training.hashing.recipes`.
    folder : Path
    licence : str
    progress : callable, optional

    Raises
    ------
    TrainingError
        Where nothing can be learned from these images, or the folder holds something else.
    """
    return run(images, recipe, folder, licence, progress, takes=(CodeRecipe, ProjectionRecipe))


def train_rows(
    rows: RowSet,
    recipe: AutoencoderRecipe,
    folder: Path,
    licence: str = "",
    progress: TrainingProgress | None = None,
) -> ModelFolder:
    """Train an autoencoder of bags of words or rows of numbers; see `sonolux.training.loop.run.run`.

    Parameters
    ----------
    rows : RowSet
    recipe : AutoencoderRecipe
        Its network is dense, whatever it says.
    folder : Path
    licence : str
    progress : callable, optional

    Raises
    ------
    TrainingError
        For a network that cannot be built, or a folder that holds something else.
    """
    return run(rows, recipe, folder, licence, progress, takes=AutoencoderRecipe)

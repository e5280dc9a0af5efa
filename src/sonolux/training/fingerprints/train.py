"""Training of audio fingerprints: recordings, or music that is made up, in, a model folder out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sonolux.training.fingerprints.recipe import FingerprintsRecipe
from sonolux.training.loop.run import run

if TYPE_CHECKING:
    from sonolux.checkpoints.folder import ModelFolder
    from sonolux.training.data.clips import ClipSet
    from sonolux.training.loop.trained import TrainingProgress


def train_fingerprints(
    clips: ClipSet,
    recipe: FingerprintsRecipe,
    folder: Path,
    licence: str = "",
    progress: TrainingProgress | None = None,
) -> ModelFolder:
    """Train a network that takes fingerprints, and write it as a model folder; see `sonolux.training.loop.run.run`.

    Parameters
    ----------
    clips : ClipSet
    recipe : FingerprintsRecipe
    folder : Path
    licence : str
    progress : callable, optional

    Returns
    -------
    model : ModelFolder
        Its ``scores``: ``again``, the share of distorted seconds of held-out clips whose nearest of a batch was right.

    Raises
    ------
    TrainingError
        Where the folder holds something else, or no such network can be built.
    """
    return run(clips, recipe, folder, licence, progress, takes=FingerprintsRecipe)

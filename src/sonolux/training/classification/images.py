"""Training of image classifiers: images with labels and a recipe in, a model folder that names what it sees out.

The network learns by cross entropy from mild views (`sonolux.training.classification.network`); then its probabilities
are calibrated on half of the images held out, and judged on the other half
(`sonolux.training.classification.temperature`).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sonolux.training.classification.recipes import LabelsRecipe
from sonolux.training.loop.run import run

if TYPE_CHECKING:
    from sonolux.checkpoints.folder import ModelFolder
    from sonolux.training.data.images import ImageSet
    from sonolux.training.loop.trained import TrainingProgress


def train_labels(
    images: ImageSet,
    recipe: LabelsRecipe,
    folder: Path,
    licence: str = "",
    progress: TrainingProgress | None = None,
) -> ModelFolder:
    """Train a classifier, and write it as a model folder; see `sonolux.training.loop.run.run`.

    Parameters
    ----------
    images : ImageSet
        With labels.
    recipe : LabelsRecipe
        Of any registered architecture.
    folder : Path
    licence : str
    progress : callable, optional

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
    return run(images, recipe, folder, licence, progress, takes=LabelsRecipe)

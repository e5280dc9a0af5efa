"""Training from relevance feedback: what was liked and disliked in, a projection of a space out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sonolux.training.feedback.recipe import FeedbackRecipe
from sonolux.training.loop.run import run

if TYPE_CHECKING:
    from sonolux.checkpoints.folder import ModelFolder
    from sonolux.training.feedback.data import FeedbackSet
    from sonolux.training.loop.trained import TrainingProgress


def train_feedback(
    feedback: FeedbackSet, recipe: FeedbackRecipe, folder: Path, progress: TrainingProgress | None = None
) -> ModelFolder:
    """Train a projection of a space, and write it as a model folder on top of the encoders of the space.

    Parameters
    ----------
    feedback : FeedbackSet
    recipe : FeedbackRecipe
    folder : Path
        Of the model; new. Its name is that of the space.
    progress : callable, optional
        See `sonolux.training.loop.trained.TrainingProgress`.

    Returns
    -------
    model : ModelFolder
        Its ``scores``, of queries held out, before and after: ``order``, the share of pairs of a liked and a disliked
        hit that are in the right order (half for a tie), and ``mrr``, the mean reciprocal rank of the first liked hit.

    Raises
    ------
    TrainingError
        Where there is too little feedback, queries held out do not gain, or the folder is not free.
    """
    return run(feedback, recipe, folder, feedback.licence, progress, takes=FeedbackRecipe)

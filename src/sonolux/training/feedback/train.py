"""One command to a space to one's taste: what was liked and disliked in, a projection of a space out.

Every question with hits liked and hits disliked gives triplets, from which a projection of the descriptors learns to
bring what is liked nearer to the question than what is not (`sonolux.training.feedback.triplets`). A fifth of the
questions are held out and judge the outcome; how long to learn is found on the others, by cross-validation, so that
nothing is judged by what has chosen it. What does not do better on questions held out is not written.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sonolux.checkpoints.folder import Architecture, ModelFolder
from sonolux.checkpoints.outputs import Descriptor
from sonolux.errors import TrainingError
from sonolux.training.feedback.data import FeedbackSet, JudgedQuery
from sonolux.training.recipe import Recipe
from sonolux.types import Space

if TYPE_CHECKING:
    import torch

    from sonolux.training.loop.fit import TrainingProgress


HELD_OUT = 3
"""Questions held out, at least."""

FOLDS = 5
"""Of the cross-validation that finds how long to learn."""


def train_feedback(
    feedback: FeedbackSet, recipe: Recipe, folder: Path, progress: TrainingProgress | None = None
) -> ModelFolder:
    """Train a projection of a space, and write it as a model folder on top of the encoders of the space.

    Parameters
    ----------
    feedback : FeedbackSet
    recipe : Recipe
        Options: ``margin``, in standard deviations of how similarities differ, and ``rank`` of what is added to the
        identity.
    folder : Path
        Of the model; new. Its name is that of the space.
    progress : callable, optional
        See `sonolux.training.loop.fit.TrainingProgress`.

    Returns
    -------
    model : ModelFolder
        Its ``scores``, of questions held out, before and after: ``order``, the share of pairs of a liked and a disliked
        hit that are in the right order (half for a tie), and ``mrr``, the mean reciprocal rank of the first liked hit.

    Raises
    ------
    TrainingError
        Where there is too little feedback, questions held out do not gain, an option makes no sense, or the folder is
        not free.
    """
    check_new(folder)
    check_options(recipe)
    feedback.check()
    learned, held_out = parted(feedback.questions, recipe)
    report = _Report(progress, recipe.epochs)
    epochs = best_epochs(learned, feedback.space, recipe, report)
    if not epochs:
        raise TrainingError(
            f"what is learned from some of the {len(feedback.questions)} questions in {feedback.space.name} does not"
            " answer the others better: no model was written; judge more, or learn in another space"
        )
    from sonolux.training.feedback.triplets import learn

    matrix = learn(learned, feedback.space.metric, recipe, epochs, report.after)
    scores = compared(held_out, feedback.space, matrix, recipe.seed)
    if scores["order-after"] <= scores["order-before"]:
        raise TrainingError(
            f"questions held out do not gain: {scores['order-before']:.3f} of their pairs are in the right order in"
            f" {feedback.space.name}, {scores['order-after']:.3f} after learning: no model was written; judge more, or"
            " learn in another space"
        )
    data = {
        "space": feedback.space.name,
        "judgements": feedback.judgements,
        "questions": len(learned),
        "held_out": len(held_out),
        "triplets": sum(question.triplets for question in learned),
    }
    return _saved(matrix, feedback, recipe, folder, data | {"epochs": epochs}, scores)


def check_new(folder: Path) -> None:
    """Refuse a folder that holds anything."""
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise TrainingError(f"{folder} is there and not empty: name a new one with --out")


def check_options(recipe: Recipe) -> None:
    """Refuse an unknown option, and a margin or rank that makes no sense."""
    unknown = recipe.options.keys() - {"margin", "rank"}
    if unknown:
        raise TrainingError(f"learning from feedback has no option {min(unknown)}: there are margin and rank")
    margin, rank = recipe.options.get("margin"), recipe.options.get("rank")
    if not isinstance(margin, int | float) or not 0 < margin < float("inf"):
        raise TrainingError(f"margin is a positive number, not {margin!r}")
    if not isinstance(rank, int) or rank < 1:
        raise TrainingError(f"rank is a whole number from 1, not {rank!r}")


def parted(questions: Sequence[JudgedQuery], recipe: Recipe) -> tuple[list[JudgedQuery], list[JudgedQuery]]:
    """Part whole questions into those to learn from and those held out."""
    order = np.random.default_rng(recipe.seed).permutation(len(questions))
    held = max(HELD_OUT, round(recipe.held_out * len(questions)))
    return [questions[row] for row in sorted(order[held:])], [questions[row] for row in sorted(order[:held])]


def best_epochs(questions: Sequence[JudgedQuery], space: Space, recipe: Recipe, report: _Report) -> int:
    """Return after how many epochs questions that were not learned from are answered best, 0 for at once."""
    from sonolux.training.feedback.triplets import learn, ordered_share, triplets_of

    totals = np.zeros(recipe.epochs + 1)
    for fold in range(FOLDS):
        judges = triplets_of(questions[fold::FOLDS], recipe.seed)
        others = [question for number, question in enumerate(questions) if number % FOLDS != fold]

        def judge(epoch: int, matrix: torch.Tensor, judges: Any = judges) -> None:
            totals[epoch] += ordered_share(judges, space.metric, matrix)
            report.after(epoch, matrix)

        totals[0] += ordered_share(judges, space.metric, _identity(space))
        learn(others, space.metric, recipe, recipe.epochs, judge)
    return int(totals.argmax())


def compared(questions: Sequence[JudgedQuery], space: Space, matrix: torch.Tensor, seed: int) -> dict[str, float]:
    """Return how well questions are answered before and after a projection; see `train_feedback`."""
    from sonolux.training.feedback.triplets import mean_reciprocal_rank, ordered_share, triplets_of

    triplets, before = triplets_of(questions, seed), _identity(space)
    scores = {
        "order-before": ordered_share(triplets, space.metric, before),
        "order-after": ordered_share(triplets, space.metric, matrix),
        "mrr-before": mean_reciprocal_rank(questions, space.metric, before),
        "mrr-after": mean_reciprocal_rank(questions, space.metric, matrix),
    }
    return {name: round(score, 4) for name, score in scores.items()}


class _Report:
    """Tells how far learning is: a round for each fold, and one more, each of so many epochs at most."""

    def __init__(self, progress: TrainingProgress | None, epochs: int) -> None:
        self.progress = progress
        self.epochs = epochs
        self.round = 0

    def after(self, epoch: int, matrix: torch.Tensor) -> None:
        """Count an epoch, the first of a round being 1."""
        self.round += epoch == 1
        done = (self.round - 1 + epoch / self.epochs) / (FOLDS + 1)
        if self.progress is not None:
            self.progress(done, f"round {self.round} of {FOLDS + 1}, epoch {epoch} of at most {self.epochs}")


def _identity(space: Space) -> torch.Tensor:
    import torch

    return torch.eye(space.dim)


def _saved(
    matrix: torch.Tensor,
    feedback: FeedbackSet,
    recipe: Recipe,
    folder: Path,
    data: dict[str, Any],
    scores: dict[str, float],
) -> ModelFolder:
    import torch

    from sonolux.models.projection import Projection

    space = feedback.space
    projection = Projection(space.dim, space.dim)
    projection.matrix = matrix
    assert space.kind != "sparse"
    return ModelFolder(
        architecture=Architecture(name="projection", arguments={"inputs": space.dim, "outputs": space.dim}),
        preprocessing=feedback.source,
        descriptor=Descriptor(space=folder.name, dim=space.dim, kind=space.kind, metric=space.metric),
        recipe=recipe.resolved() | {"torch": torch.__version__},
        data=data,
        scores=scores,
        licence=feedback.licence,
    ).save(folder, projection)

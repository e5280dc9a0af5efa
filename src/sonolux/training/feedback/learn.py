"""Relevance feedback learned: a projection that brings what was liked nearer to the query than what was not.

Every question with hits liked and hits disliked gives triplets, from which a projection of the descriptors learns
(`sonolux.training.feedback.triplets`). A fifth of the questions are held out and judge the outcome; how long to learn
is found on the others, by cross-validation, so that nothing is judged by what has chosen it. What does not do better on
questions held out is not written.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from sonolux.checkpoints.folder import Architecture
from sonolux.checkpoints.outputs import Descriptor
from sonolux.errors import TrainingError
from sonolux.metrics.intervals import bootstrap_interval, share_interval
from sonolux.models.projection import Projection
from sonolux.training.feedback.data import FeedbackSet, JudgedQuery
from sonolux.training.feedback.recipe import FeedbackRecipe
from sonolux.training.feedback.triplets import (
    learn_residual,
    mean_reciprocal_rank,
    ordered_share,
    ordered_shares,
    triplets_of,
)
from sonolux.training.loop.trained import Trained, TrainingProgress
from sonolux.types import Space

HELD_OUT = 3
"""Questions held out, at least."""

FOLDS = 5
"""Of the cross-validation that finds how long to learn."""


def learn_feedback(
    feedback: FeedbackSet, recipe: FeedbackRecipe, folder: Path, progress: TrainingProgress | None
) -> Trained:
    """Learn a projection that queries held out gain by; see `sonolux.training.methods.LearnMethod`."""
    feedback.check()
    learned, held_out = split_queries(feedback.questions, recipe)
    report = _Report(progress, recipe.epochs)
    epochs = best_epochs(learned, feedback.space, recipe, report)
    if not epochs:
        raise TrainingError(
            f"what is learned from some of the {len(feedback.questions)} questions in {feedback.space.name} does not"
            " answer the others better: no model was written; judge more, or learn in another space"
        )
    matrix = learn_residual(learned, feedback.space.metric, recipe, epochs, report.after)
    scores = compare_projection(held_out, feedback.space, matrix, recipe.seed)
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
        "epochs": epochs,
    }
    space = feedback.space
    projection = Projection(space.dim, space.dim)
    projection.matrix = matrix
    assert space.kind != "sparse"
    return Trained(
        projection,
        Architecture(name="projection", arguments={"inputs": space.dim, "outputs": space.dim}),
        feedback.source,
        Descriptor(space=folder.name, dim=space.dim, kind=space.kind, metric=space.metric),
        recipe,
        data,
        scores,
    )


def split_queries(
    questions: Sequence[JudgedQuery], recipe: FeedbackRecipe
) -> tuple[list[JudgedQuery], list[JudgedQuery]]:
    """Split whole questions into those to learn from and those held out."""
    order = np.random.default_rng(recipe.seed).permutation(len(questions))
    held = max(HELD_OUT, round(recipe.validation * len(questions)))
    return [questions[row] for row in sorted(order[held:])], [questions[row] for row in sorted(order[:held])]


def best_epochs(questions: Sequence[JudgedQuery], space: Space, recipe: FeedbackRecipe, report: _Report) -> int:
    """Return after how many epochs questions that were not learned from are answered best, 0 for at once."""
    totals = np.zeros(recipe.epochs + 1)
    for fold in range(FOLDS):
        judges = triplets_of(questions[fold::FOLDS], recipe.seed)
        others = [question for number, question in enumerate(questions) if number % FOLDS != fold]

        def judge(epoch: int, matrix: torch.Tensor, judges: Any = judges) -> None:
            totals[epoch] += ordered_share(judges, space.metric, matrix)
            report.after(epoch, matrix)

        totals[0] += ordered_share(judges, space.metric, torch.eye(space.dim))
        learn_residual(others, space.metric, recipe, recipe.epochs, judge)
    return int(totals.argmax())


def compare_projection(
    questions: Sequence[JudgedQuery], space: Space, matrix: torch.Tensor, seed: int
) -> dict[str, float]:
    """Return how well questions are answered before and after a projection, with intervals; see `train_feedback`."""
    triplets, before = triplets_of(questions, seed), torch.eye(space.dim)
    was, now = (ordered_shares(triplets, space.metric, one) for one in (before, matrix))
    count = len(questions)
    low, high = share_interval(now)
    least, most = bootstrap_interval(lambda rows: float((now - was)[rows].mean()), count, seed)
    scores = {
        "order-before": float(was.mean()),
        "order-after": float(now.mean()),
        "order-after_low": low,
        "order-after_high": high,
        "order-gain": float((now - was).mean()),
        "order-gain_low": least,
        "order-gain_high": most,
        "mrr-before": mean_reciprocal_rank(questions, space.metric, before),
        "mrr-after": mean_reciprocal_rank(questions, space.metric, matrix),
        "scored_on": count,
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

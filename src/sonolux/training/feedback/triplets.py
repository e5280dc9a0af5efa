"""Metric learning by triplets: a projection learned from questions, each with hits that were liked and disliked.

The loss is that of `sonolux.training.losses.relative_margin`, by the similarities of the space. The margin is counted
in standard deviations of their differences before anything is learned, so it fits any metric. Every question counts
the same, however many hits of it were judged.

What is learned is added to the identity, and of low rank (E. Hu et al. 2022, "LoRA", ICLR): feedback is scarce, and
what it says nothing of stays as it was. Descriptors are rows (n, dim), the bits of codes -1 and 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from sonolux.encoders.trained.projected import unpacked
from sonolux.metrics.ranking import pairwise_accuracy, reciprocal_rank
from sonolux.models.binary_code import BinaryCode
from sonolux.training.feedback.data import JudgedQuery
from sonolux.training.feedback.recipe import FeedbackRecipe
from sonolux.training.losses.relative_margin import relative_margin
from sonolux.types import Metric

MOST = 1_000
"""Triplets of one question; more are drawn from."""

Watch = Callable[[int, torch.Tensor], None]
"""Called after every epoch with its number, from 1, and the projection (dim, dim) so far."""


@dataclass(frozen=True, slots=True)
class Triplets:
    """Questions and hits, and which pairs of hits make triplets.

    Attributes
    ----------
    queries : tensor, shape (q, dim)
    hits : tensor, shape (n, dim)
    asked : tensor, shape (n,)
        Row of the question of each hit.
    pairs : tensor, shape (t, 2)
        Rows of a liked hit and a disliked one of the same question.
    weights : tensor, shape (t,)
        Of the triplets; they sum to 1.
    """

    queries: torch.Tensor
    hits: torch.Tensor
    asked: torch.Tensor
    pairs: torch.Tensor
    weights: torch.Tensor


def triplets_of(questions: Sequence[JudgedQuery], seed: int) -> Triplets:
    """Return all pairs of a liked and a disliked hit of each question, `MOST` of them drawn at random."""
    random = np.random.default_rng(seed)
    hits, asked, pairs, weights, first = [], [], [], [], 0
    for row, question in enumerate(questions):
        liked, disliked = len(question.liked), len(question.disliked)
        drawn = random.permutation(liked * disliked)[:MOST]
        hits += [question.liked, question.disliked]
        asked.append(np.full(liked + disliked, row))
        pairs.append(np.stack([first + drawn // disliked, first + liked + drawn % disliked], axis=1))
        weights.append(np.full(len(drawn), 1 / len(drawn) / len(questions), np.float32))
        first += liked + disliked
    queries = unpacked(np.stack([question.query for question in questions]))
    parts = (unpacked(np.concatenate(hits)), *map(np.concatenate, (asked, pairs, weights)))
    return Triplets(torch.from_numpy(queries), *map(torch.from_numpy, parts))


def margins(triplets: Triplets, metric: Metric, project: Callable[[torch.Tensor], torch.Tensor]) -> torch.Tensor:
    """Return by how much more similar the liked hit of each triplet is to the question than the disliked, (t,)."""
    hits, places = torch.unique(triplets.pairs, return_inverse=True)
    questions, whose = torch.unique(triplets.asked[hits], return_inverse=True)
    queries = project(triplets.queries[questions])
    scores = similarity(queries[whose], project(triplets.hits[hits]), metric)
    return scores[places[:, 0]] - scores[places[:, 1]]


def similarity(one: torch.Tensor, other: torch.Tensor, metric: Metric) -> torch.Tensor:
    """Return the similarity of row i of one to row i of the other, (n,), as the index has it."""
    if metric == "cosine":
        return functional.cosine_similarity(one, other)
    if metric == "euclidean":
        return -functional.pairwise_distance(one, other, eps=0)
    products = (one * other).sum(dim=1)
    return products / one.shape[1] if metric == "hamming" else products


def ordered_share(triplets: Triplets, metric: Metric, matrix: torch.Tensor) -> float:
    """Return the share of triplets in the right order under a projection, in [0, 1]; ties count half."""
    project = _signs(metric)
    found = margins(triplets, metric, lambda rows: project(rows @ matrix))
    return pairwise_accuracy(found.detach().numpy(), triplets.weights.numpy())


def ordered_shares(triplets: Triplets, metric: Metric, matrix: torch.Tensor) -> NDArray[np.float64]:
    """Return of each question the share of its triplets in the right order, (questions,); see `ordered_share`."""
    project = _signs(metric)
    found = margins(triplets, metric, lambda rows: project(rows @ matrix)).detach().numpy()
    right = np.where(found == 0, 0.5, found > 0)
    whose = triplets.asked[triplets.pairs[:, 0]].numpy()
    return np.bincount(whose, right, minlength=len(triplets.queries)) / np.bincount(
        whose, minlength=len(triplets.queries)
    )


def mean_reciprocal_rank(questions: Sequence[JudgedQuery], metric: Metric, matrix: torch.Tensor) -> float:
    """Return the mean over questions of 1 / (rank of the best liked hit among all judged); ties rank last."""
    project = _signs(metric)
    ranks = []
    for question in questions:
        rows = np.concatenate([question.query[None], question.liked, question.disliked])
        described = project(torch.from_numpy(unpacked(rows)) @ matrix)
        scores = similarity(described[:1].expand_as(described[1:]), described[1:], metric)
        liked, disliked = scores[: len(question.liked)].numpy(), scores[len(question.liked) :].numpy()
        ranks.append(reciprocal_rank(liked, disliked))
    return float(np.mean(ranks))


def learn_residual(
    questions: Sequence[JudgedQuery], metric: Metric, recipe: FeedbackRecipe, epochs: int, watch: Watch
) -> torch.Tensor:
    """Learn a projection from questions.

    Parameters
    ----------
    questions : sequence of JudgedQuery
    metric : str
        Of the space.
    recipe : FeedbackRecipe
    epochs : int
    watch : callable

    Returns
    -------
    matrix : tensor, shape (dim, dim)
    """
    chance = torch.Generator().manual_seed(recipe.seed)
    triplets = triplets_of(questions, recipe.seed)
    residual = Residual(triplets.hits.shape[1], recipe.rank, chance)
    code = BinaryCode("straight-through") if metric == "hamming" else nn.Identity()
    spread = margins(triplets, metric, nn.Identity()).std().clamp_min(1e-6)
    optimizer = torch.optim.AdamW(residual.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    count = len(triplets.pairs)
    for epoch in range(1, epochs + 1):
        for batch in torch.split(torch.randperm(count, generator=chance), recipe.batch_size):
            part = replace(triplets, pairs=triplets.pairs[batch], weights=triplets.weights[batch])
            found = margins(part, metric, lambda rows: code(residual(rows)))
            loss = relative_margin(found / spread, part.weights, recipe.margin)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        watch(epoch, residual.matrix())
    return residual.matrix()


class Residual(nn.Module):
    """The identity, and a matrix of low rank, 0 at first."""

    def __init__(self, dim: int, rank: int, chance: torch.Generator) -> None:
        super().__init__()
        rank = min(rank, dim)
        self.down = nn.Parameter(torch.randn(dim, rank, generator=chance) / dim**0.5)
        self.up = nn.Parameter(torch.zeros(rank, dim))

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """Map rows (n, dim) to rows (n, dim)."""
        return rows + rows @ self.down @ self.up

    @torch.no_grad()
    def matrix(self) -> torch.Tensor:
        """Return the whole projection, (dim, dim)."""
        return torch.eye(len(self.down)) + self.down @ self.up


def _signs(metric: Metric) -> nn.Module:
    return BinaryCode("straight-through").eval() if metric == "hamming" else nn.Identity()

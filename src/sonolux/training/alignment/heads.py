"""Heads of an aligned space, trained by what belongs together; the towers below them stay as they are meanwhile.

How many passes are made, and how much of what was known before is kept beside, is found by cross-validation among what
is learned from: by the reciprocal rank of what belongs to each thing, both ways, between all modalities.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sonolux.encoders.trained.aligned import project_rows
from sonolux.errors import TrainingError
from sonolux.models.aligned_heads import AlignedHeads
from sonolux.training.alignment.pairs import PairSet
from sonolux.training.alignment.recipe import AlignRecipe
from sonolux.training.loop.trained import TrainingProgress
from sonolux.training.losses.info_nce import info_nce
from sonolux.training.losses.ranking_hinge import ranking_hinge

WEIGHTS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)
"""Of what was known before, among which cross-validation chooses."""

FOLDS = 3

JUDGED = 1_000
"""Things of a fold that are asked for, at most."""

TOP = 10

WatchHeads = Callable[[int, AlignedHeads], None]


def fit_heads(pairs: PairSet, recipe: AlignRecipe, epochs: int, watch: WatchHeads | None = None) -> AlignedHeads:
    """Return heads after so many passes over the pairs; `watch` is called after each with its number and the heads."""
    chance = torch.Generator().manual_seed(recipe.seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        network = AlignedHeads(**head_arguments(pairs, recipe))
        views = {modality: torch.from_numpy(rows) for modality, rows in pairs.views.items()}
        for modality, rows in views.items():
            network.heads[modality].mean = rows.mean(dim=0)
        optimizer = torch.optim.AdamW(network.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
        owned = torch.from_numpy(pairs.pairs)
        for epoch in range(1, epochs + 1):
            network.train()
            for batch in torch.split(torch.randperm(len(owned), generator=chance), recipe.batch_size):
                loss = pair_loss(network, views, owned[batch], recipe)
                if loss is None:
                    continue
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
            network.eval()
            if watch is not None:
                watch(epoch, network)
    return network.eval()


def choose_epochs(
    pairs: PairSet, recipe: AlignRecipe, progress: TrainingProgress | None = None
) -> tuple[float, int, float]:
    """Find after how many passes, and with how much of what was known, things find best what belongs to them.

    Returns
    -------
    score : float
        Mean reciprocal rank over folds and directions.
    epochs : int
    weight : float
    """
    weights = WEIGHTS if pairs.known else (0.0,)
    totals, judgements = np.zeros((recipe.epochs, len(weights))), 0
    order = np.random.default_rng(recipe.seed).permutation(len(pairs))
    for fold in range(FOLDS):
        judged = pairs.subset(order[fold::FOLDS][:JUDGED])
        others = pairs.subset(np.concatenate([order[other::FOLDS] for other in range(FOLDS) if other != fold]))

        def judge(epoch: int, network: AlignedHeads, judged: PairSet = judged, fold: int = fold) -> None:
            nonlocal judgements
            for _, likeness, known, right in compared(network, judged):
                judgements += epoch == 1
                for place, weight in enumerate(weights):
                    ranks = first_ranks(likeness + weight * known, right)
                    totals[epoch - 1, place] += float((1 / ranks).mean())
            if progress is not None:
                progress((fold + epoch / recipe.epochs) / (FOLDS + 1), f"fold {fold + 1} of {FOLDS}, epoch {epoch}")

        fit_heads(others, recipe, recipe.epochs, judge)
    epoch, place = np.unravel_index(int(totals.argmax()), totals.shape)
    if not totals.any():
        raise TrainingError(f"{pairs.source}: no two modalities are ever together: nothing can be learned from it")
    return float(totals.max()) / judgements, int(epoch) + 1, weights[int(place)]


def best_weight(network: AlignedHeads, pairs: PairSet, weights: Sequence[float]) -> tuple[float, float]:
    """Return the best mean reciprocal rank of what belongs to things, and the weight of what was known that gives it.

    Parameters
    ----------
    network : AlignedHeads
    pairs : PairSet
        From which nothing was learned.
    weights : sequence of float
        That are tried.
    """
    totals, judgements = np.zeros(len(weights)), 0
    for _, likeness, known, right in compared(network, pairs):
        judgements += 1
        totals += [float((1 / first_ranks(likeness + weight * known, right)).mean()) for weight in weights]
    place = int(totals.argmax())
    return float(totals[place]) / max(judgements, 1), weights[place]


def score_pairs(network: AlignedHeads, pairs: PairSet, weight: float) -> dict[str, float]:
    """Return how often things find first, and among ten, what belongs to them; one score for each direction."""
    scores: dict[str, float] = {}
    for name, likeness, known, right in compared(network, pairs):
        ranks = first_ranks(likeness + weight * known, right)
        scores |= {f"recall-{k}-{name}": round(float((ranks <= k).mean()), 4) for k in (1, TOP)}
    return scores


def compared(
    network: AlignedHeads, pairs: PairSet
) -> Iterator[tuple[str, NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]]:
    """Yield, for each modality that asks another, its name, the cosines learned and known, and what is right.

    All three are (asking, asked for); what belongs to nothing of the other modality does not ask.
    """
    mapped = {modality: project_rows(network, modality, rows) for modality, rows in pairs.views.items()}
    for (first, one), (second, other) in combinations(enumerate(pairs.views), 2):
        rows = pairs.pairs[(pairs.pairs[:, [first, second]] >= 0).all(axis=1)]
        if not len(rows):
            continue
        right = np.zeros((len(pairs.views[one]), len(pairs.views[other])), np.bool_)
        right[rows[:, first], rows[:, second]] = True
        likeness = mapped[one] @ mapped[other].T
        known = np.zeros_like(likeness)
        if one in pairs.known and other in pairs.known:
            known = pairs.known[one] @ pairs.known[other].T
        asks = right.any(axis=1)
        yield f"{one}-{other}", likeness[asks], known[asks], right[asks]
        asks = right.any(axis=0)
        yield f"{other}-{one}", likeness.T[asks], known.T[asks], right.T[asks]


def first_ranks(likeness: NDArray[np.float32], right: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the rank, from 1, of the first right answer to each question, (n,); of equal ones the wrong rank first."""
    best = np.where(right, likeness, -np.inf).max(axis=1)
    return np.asarray(1 + ((likeness >= best[:, None]) & ~right).sum(axis=1))


def pair_loss(
    network: AlignedHeads, views: Mapping[str, torch.Tensor], batch: torch.Tensor, recipe: AlignRecipe
) -> torch.Tensor | None:
    """Return the mean loss over the modalities that a batch of pairs holds together; None where there are none."""
    losses = []
    for (first, one), (second, other) in combinations(enumerate(views), 2):
        rows = batch[(batch[:, [first, second]] >= 0).all(dim=1)]
        if len(rows) < 2:
            continue
        # Whatever shares anything belongs together: two captions of a photo, two recordings of a word.
        same = ((rows[:, None] == rows[None]) & (rows[:, None] >= 0)).any(dim=2)
        mapped = network(one, views[one][rows[:, first]]), network(other, views[other][rows[:, second]])
        if recipe.loss == "triplet":
            losses.append(ranking_hinge(*mapped, recipe.margin, same))
        else:
            losses.append(info_nce(*mapped, recipe.temperature, same))
    return torch.stack(losses).mean() if losses else None


def head_arguments(pairs: PairSet, recipe: AlignRecipe) -> dict[str, Any]:
    """Return the arguments of the heads of these pairs."""
    widths = {modality: rows.shape[1] for modality, rows in pairs.views.items()}
    return {"inputs": widths, "outputs": recipe.dim, "hidden": recipe.hidden, "dropout": recipe.dropout}

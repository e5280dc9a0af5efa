"""Fusion learned: a network over what describes each modality, which some items may lack.

While it learns, modalities are left out at random and noise is added to some, so that whatever is missing is ignored,
and what is noisy counts less. How many passes are best is found on a fifth of what is learned from.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sonolux.models.fusion_network import FusionNetwork
from sonolux.training.data.splits import split_items
from sonolux.training.fusion.data import FusionSet
from sonolux.training.fusion.objective import FusionObjective, answer_loss
from sonolux.training.fusion.recipe import FuseRecipe

INNER = 0.2
"""Share of what is learned from on which the number of passes is found."""

STEADY = 0.1
"""Share of the deviation of all numbers of a modality that each has at least: what hardly varied says little."""


def fit_fusion(items: FusionSet, recipe: FuseRecipe, epochs: int, judged: FusionSet | None = None) -> Any:
    """Return a network after so many passes; with `judged`, its loss on these after each pass instead."""
    chance = torch.Generator().manual_seed(recipe.seed)
    losses = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        network = FusionNetwork(**network_arguments(items, recipe))
        network.mean, network.deviation = _standards(items)
        rows, there = torch.from_numpy(items.rows), torch.from_numpy(items.there)
        noisy = torch.from_numpy(items.in_noise().rows) if recipe.in_noise else rows
        answers = torch.from_numpy(items.answers)
        objective = FusionObjective(network, items.kind, recipe)
        optimizer = torch.optim.AdamW(objective.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
        for _ in range(epochs):
            network.train()
            for batch in torch.split(torch.randperm(len(rows), generator=chance), recipe.batch_size):
                kept = left_out(there[batch], recipe.modality_dropout, chance)
                shown = either(rows[batch], noisy[batch], network.widths, recipe.in_noise, chance)
                shown = shown + drawn_noise(len(batch), network, recipe.noise, chance)
                loss = objective(shown, kept, answers[batch])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            network.eval()
            if judged is not None:
                losses.append(loss_on(network, judged))
                if recipe.in_noise:
                    losses[-1] += recipe.in_noise * (loss_on(network, judged.in_noise()) - losses[-1])
    return network.eval() if judged is None else losses


def choose_passes(items: FusionSet, recipe: FuseRecipe) -> int:
    """Return after how many passes the loss on a fifth of the items, held back, is least."""
    learned, judged = split_items(items, INNER, recipe.seed + 1)
    return 1 + int(np.argmin(fit_fusion(learned, recipe, recipe.epochs, judged)))


def answer_of(network: FusionNetwork, items: FusionSet) -> NDArray[np.float32]:
    """Return the answers of a network: probabilities of classes or tags, or numbers, (n, answers)."""
    with torch.inference_mode():
        outputs = network(torch.from_numpy(items.rows), torch.from_numpy(items.there))
        if items.kind == "class":
            outputs = outputs.softmax(dim=1)
        elif items.kind == "tags":
            outputs = outputs.sigmoid()
    return np.asarray(outputs.numpy())


def score_fusion(network: FusionNetwork, items: FusionSet) -> dict[str, float]:
    """Return how good answers are: all modalities there, and each of them alone.

    Of classes the share that is right, of tags the area under the curve of precision and recall over all of them, of
    numbers the mean rank correlation.
    """
    scores = {"all": score_answers(answer_of(network, items), items)}
    for modality in items.widths:
        alone = items
        for other in items.widths:
            alone = alone if other == modality else alone.without(other)
        known = np.flatnonzero(alone.there.any(axis=1))
        if len(known):
            alone = alone.subset(known)
            scores[f"{modality}-alone"] = score_answers(answer_of(network, alone), alone)
    return {name: round(score, 4) for name, score in scores.items()}


def score_answers(answers: NDArray[np.float32], items: FusionSet) -> float:
    """Return one score of answers, see `score_fusion`."""
    if items.kind == "class":
        return float((answers.argmax(axis=1) == items.answers.argmax(axis=1)).mean())
    if items.kind == "tags":
        from sklearn.metrics import average_precision_score

        return float(average_precision_score(items.answers.ravel(), answers.ravel()))
    from scipy.stats import spearmanr

    told = [
        spearmanr(one, other).statistic for one, other in zip(answers.T, items.answers.T, strict=True) if np.ptp(other)
    ]
    return float(np.mean(told)) if told else 0.0


@torch.no_grad()
def loss_on(network: FusionNetwork, items: FusionSet) -> float:
    """Return the mean loss of the answers to items."""
    outputs = network(torch.from_numpy(items.rows), torch.from_numpy(items.there))
    return float(answer_loss(items.kind, outputs, torch.from_numpy(items.answers)))


def left_out(there: torch.Tensor, share: float, chance: torch.Generator) -> torch.Tensor:
    """Return what is there after each modality was left out with some probability; one of each row stays."""
    drawn = torch.rand(there.shape, generator=chance).masked_fill(~there, -1.0)
    stays = torch.zeros_like(there).scatter(1, drawn.argmax(dim=1, keepdim=True), True)
    return there & ((drawn >= share) | stays)


def either(
    rows: torch.Tensor, noisy: torch.Tensor, widths: Sequence[int], share: float, chance: torch.Generator
) -> torch.Tensor:
    """Return rows in which each modality is that of `noisy` with some probability."""
    if not share:
        return rows
    drawn = torch.rand(len(rows), len(widths), generator=chance) < share
    return torch.where(drawn.repeat_interleave(torch.tensor(widths), dim=1), noisy, rows)


def drawn_noise(count: int, network: FusionNetwork, most: float, chance: torch.Generator) -> torch.Tensor:
    """Return noise of up to so many deviations for half of the modalities of items, (count, sum of inputs)."""
    widths = network.widths
    level = torch.rand(count, len(widths), generator=chance) * most
    level = level * (torch.rand(level.shape, generator=chance) < 0.5)
    spread = torch.cat([level[:, [place]].expand(-1, width) for place, width in enumerate(widths)], dim=1)
    return spread * network.deviation.cpu() * torch.randn(count, sum(widths), generator=chance)


def _standards(items: FusionSet) -> tuple[torch.Tensor, torch.Tensor]:
    """Return mean and deviation of each number over the items that have it."""
    means, deviations, start = [], [], 0
    for place, width in enumerate(items.widths.values()):
        rows = items.rows[items.there[:, place], start : start + width]
        means.append(rows.mean(axis=0))
        deviations.append(np.maximum(rows.std(axis=0), STEADY * rows.std() + 1e-6))
        start += width
    return torch.from_numpy(np.concatenate(means)), torch.from_numpy(np.concatenate(deviations))


def network_arguments(items: FusionSet, recipe: FuseRecipe) -> dict[str, Any]:
    """Return the arguments of a network of these items."""
    return {
        "inputs": dict(items.widths),
        "outputs": len(items.names),
        "fusion": recipe.fusion,
        "hidden": recipe.hidden,
        "dropout": recipe.dropout,
    }

"""Aligned spaces, learned: heads on towers that stay as they are, or with the tower of images learning on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from sonolux.checkpoints.folder import Architecture
from sonolux.checkpoints.outputs import Descriptor
from sonolux.encoders.trained.aligned import ARCHITECTURE
from sonolux.models.aligned_heads import AlignedHeads
from sonolux.training.alignment.heads import FOLDS, choose_epochs, fit_heads, head_arguments, score_pairs
from sonolux.training.alignment.pairs import PairSet
from sonolux.training.alignment.recipe import AlignRecipe
from sonolux.training.alignment.thawed import TunedAlignment, tune_alignment
from sonolux.training.data.splits import split_items
from sonolux.training.loop.trained import Trained, TrainingProgress
from sonolux.training.towers.start import with_own_tower


def learn_align(pairs: PairSet, recipe: AlignRecipe, folder: Path, progress: TrainingProgress | None) -> Trained:
    """Train heads, and a thawed tower where it helps, and score them; see `sonolux.training.methods.LearnMethod`."""
    pairs.check()
    learned, held_out = split_items(pairs, recipe.validation, recipe.seed) if recipe.validation else (pairs, None)
    learned.check(2 * FOLDS)
    tuned = tune_alignment(learned, recipe, folder, progress) if recipe.thawed else None
    if tuned is not None and tuned.helps:
        return _with_own_tower(tuned, pairs, held_out, recipe, folder)
    _, epochs, weight = choose_epochs(learned, recipe, None if tuned else progress)
    if recipe.known_weight is not None:
        weight = recipe.known_weight if learned.known else 0.0
    network = fit_heads(learned, recipe, epochs)
    if progress is not None:
        progress(1.0, f"learned from {len(learned.pairs):,} pairs")
    told = {} if tuned is None else tuned.told
    how = pairs.towers.model_copy(update={"weight": weight})
    scores = {} if held_out is None else score_pairs(network, held_out, weight)
    return Trained(
        network,
        Architecture(name=ARCHITECTURE, arguments=head_arguments(learned, recipe)),
        how,
        Descriptor(space=folder.name, dim=recipe.dim + _beside(learned, weight)),
        replace(recipe, known_weight=weight),
        _described(learned, held_out) | {"epochs": epochs} | told,
        scores | ({} if tuned is None else {"candidates": tuned.candidates}),
    )


def _with_own_tower(
    tuned: TunedAlignment, pairs: PairSet, held_out: PairSet | None, recipe: AlignRecipe, folder: Path
) -> Trained:
    """Write the tower into the folder of the model, and return the heads that learned with it."""
    assert pairs.maps is not None
    network: AlignedHeads = tuned.heads
    saved = pairs.maps.tower.save(folder, f"{folder.name}-image", recipe.resolved())
    how = with_own_tower(pairs.towers, pairs.maps.tower.encoder, saved)
    scores: dict[str, Any] = {}
    if held_out is not None:
        scores = dict(score_pairs(network, tuned.seen(held_out), tuned.weight))
    return Trained(
        network,
        Architecture(name=ARCHITECTURE, arguments=head_arguments(tuned.learned, recipe)),
        how.model_copy(update={"weight": tuned.weight}),
        Descriptor(space=folder.name, dim=recipe.dim + _beside(pairs, tuned.weight)),
        replace(recipe, known_weight=tuned.weight),
        _described(tuned.learned, held_out) | tuned.told,
        scores | {"candidates": tuned.candidates},
        history=tuned.history,
    )


def _beside(pairs: PairSet, weight: float) -> int:
    """Return how many numbers of what was known stand beside those that were learned."""
    return next((rows.shape[1] for rows in pairs.known.values()), 0) if weight else 0


def _described(learned: PairSet, held_out: PairSet | None) -> dict[str, object]:
    return learned.described() | {"held_out": 0 if held_out is None else len(held_out)}

"""Alignment benchmark: what heads learn from 500 captioned photos, beside concepts alone and canonical correlation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonolux.evaluation.benchmarks.report import Announce, Report, compare_with_target
from sonolux.evaluation.protocols.caption_alignment import (
    LEARNED,
    SEED,
    TESTED,
    TOPS,
    gain_interval,
    ranks_of_pairs,
    read_captions_split,
    recall_of_ranks,
)
from sonolux.evaluation.scorecard import Scorecard
from sonolux.training.alignment.heads import choose_epochs, fit_heads
from sonolux.training.alignment.pairs import PairSet
from sonolux.training.alignment.recipe import AlignRecipe

CANDIDATES: Mapping[str, tuple[AlignRecipe, ...]] = {
    loss: tuple(AlignRecipe(loss=loss, hidden=hidden, dropout=0.5, dim=256, epochs=25) for hidden in (0, 512))
    for loss in ("contrastive", "triplet")
}
"""Recipes of each loss, among which cross-validation within what is learned from chooses."""

DIRECTIONS = {"text-image": "sentence to photo", "image-text": "photo to sentence"}


def benchmark_alignment(data: Path, work: Path, progress: Announce) -> tuple[list[Scorecard], Report]:
    """Learn and measure; `data` is the folder of the data sets, in `work` descriptors are kept."""
    split = read_captions_split(data / "flickr_captions", work, progress)
    outcomes = {"concepts alone": ranks_of_pairs(None, split.tested, 0.0)}
    chosen = []
    for loss, recipes in CANDIDATES.items():
        recipe, epochs, weight = _chosen(split.learned, recipes, progress)
        network = fit_heads(split.learned, recipe, epochs)
        outcomes[f"{loss}, alone"] = ranks_of_pairs(network, split.tested, 0.0)
        outcomes[f"{loss}, with concepts"] = ranks_of_pairs(network, split.tested, weight)
        chosen.append(f"{loss}: hidden {recipe.hidden}, {epochs} epochs, concepts count {weight:g}")
    cards = [_card(method, ranks) for method, ranks in outcomes.items()]
    rows = [
        (method, *(f"{card.scores[f'R@{top} {way}']:.1%}" for way in DIRECTIONS for top in TOPS))
        for method, card in zip(outcomes, cards, strict=True)
    ]
    return cards, Report(
        name="align",
        title="Photos and sentences, aligned",
        command="sonolux bench align",
        about=(
            f"flickr_captions, drawn by seed {SEED}: heads learn from {LEARNED} photos with five sentences each, and "
            f"{TESTED} others are tested: a thousand sentences each ask for their photo, and each photo for any of its "
            "five sentences among the thousand. Towers: photo and concepts of images, sentences and concepts of words. "
            "Hidden layer, epochs and the weight of concepts were found by threefold cross-validation within "
            f"the {LEARNED} ({'; '.join(chosen)}). Intervals: bootstrap over questions, 95 %."
        ),
        columns=("space", *(f"{name}, first {top}" for name in DIRECTIONS.values() for top in TOPS)),
        rows=rows,
        verdicts=_verdicts(outcomes),
    )


def _chosen(learned: PairSet, recipes: tuple[AlignRecipe, ...], progress: Announce) -> tuple[AlignRecipe, int, float]:
    found = []
    for recipe in recipes:
        score, epochs, weight = choose_epochs(learned, recipe)
        progress(f"{recipe.loss}, hidden {recipe.hidden}: {score:.4f} within the folds")
        found.append((score, recipe, epochs, weight))
    return max(found, key=lambda one: one[0])[1:]


def _card(method: str, ranks: Mapping[str, NDArray[np.int64]]) -> Scorecard:
    scores = {f"R@{top} {way}": value for way in DIRECTIONS for top, value in recall_of_ranks(ranks[way]).items()}
    return Scorecard("caption alignment", method, scores, "R@10 text-image", f"{LEARNED} photos, {TESTED} tested", SEED)


def _verdicts(outcomes: Mapping[str, Mapping[str, NDArray[np.int64]]]) -> list[str]:
    before = outcomes["concepts alone"]
    verdicts = []
    for way, name in DIRECTIONS.items():
        for top in TOPS:
            ranks = outcomes["contrastive, with concepts"][way]
            low, high = gain_interval(ranks, before[way], top)
            line = compare_with_target(
                f"{name}, first {top}", recall_of_ranks(ranks)[top], recall_of_ranks(before[way])[top], form=".3f"
            )
            verdicts.append(f"{line}; gain {low:+.3f} to {high:+.3f}")
    return verdicts

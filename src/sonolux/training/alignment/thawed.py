"""Aligned heads with a tower of images that learns on: both together, by the loss of the heads.

What is held out of what is learned from finds how many passes are best, and whether they help at all: a tower that
finds no better what belongs together stays as it was.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

import torch

from sonolux.errors import TrainingError
from sonolux.models.aligned_heads import AlignedHeads
from sonolux.training.alignment.heads import WEIGHTS, best_weight, choose_epochs, fit_heads, pair_loss
from sonolux.training.alignment.pairs import PairSet
from sonolux.training.alignment.recipe import AlignRecipe
from sonolux.training.data.splits import split_items
from sonolux.training.loop.fit import fit
from sonolux.training.loop.learner import in_eval_mode
from sonolux.training.loop.trained import Epoch, TrainingProgress
from sonolux.training.towers.learner import TowerLearner
from sonolux.training.towers.maps import KeptMaps

CHOOSE = 0.15
"""Share of the things that is held out of those learned from, and chooses."""

FROZEN = 0.3
"""Share of the work that the heads alone are, about."""


@dataclass(frozen=True, slots=True)
class TunedAlignment:
    """Heads and a tower that have learned together.

    Attributes
    ----------
    heads : AlignedHeads
    learned : PairSet
        From which they learned, as the tower sees them now.
    weight : float
        Of what was known before.
    frozen, thawed : float
        Mean reciprocal rank of what belongs to things that chose, by heads alone and with the tower.
    told : dict
        For the card of the model.
    history : sequence of Epoch
    learner : AlignmentTowerLearner
    """

    heads: AlignedHeads
    learned: PairSet
    weight: float
    frozen: float
    thawed: float
    told: dict[str, Any]
    history: Sequence[Epoch]
    learner: AlignmentTowerLearner

    @property
    def helps(self) -> bool:
        """Whether things find better what belongs to them."""
        return self.thawed > self.frozen

    @property
    def candidates(self) -> dict[str, float]:
        """What each way reached, best first."""
        both = {"frozen tower": self.frozen, f"tower thawed from {self.learner.maps.layer}": self.thawed}
        return dict(sorted(((name, round(one, 4)) for name, one in both.items()), key=lambda one: -one[1]))

    def seen(self, pairs: PairSet) -> PairSet:
        """Return other pairs as the tower sees them now."""
        return self.learner.seen(pairs)


class AlignmentTowerLearner(TowerLearner):
    """Heads of an aligned space and the tower of its images.

    Parameters
    ----------
    heads : AlignedHeads
    learned, chosen : PairSet
        With maps.
    recipe : AlignRecipe
    """

    def __init__(self, heads: AlignedHeads, learned: PairSet, chosen: PairSet, recipe: AlignRecipe) -> None:
        super().__init__(heads, pair_maps(learned), recipe, _fingerprint(learned, chosen), len(learned.pairs))
        self.chosen = chosen
        self.weights = known_weights(chosen, recipe)
        self.column = list(learned.views).index("image")
        self.pairs = torch.from_numpy(learned.pairs)
        self.views = {name: torch.from_numpy(rows) for name, rows in learned.views.items() if name != "image"}
        self.modalities = list(learned.views)

    def training_step(self, rows: torch.Tensor, number: int) -> torch.Tensor:
        """Return the loss of the heads over a batch of pairs, whose images the tower describes anew."""
        batch = self.pairs[rows.cpu()]
        shown = batch[:, self.column] >= 0
        views = {name: rows_of.to(self.device) for name, rows_of in self.views.items()}
        things, places = torch.unique(batch[shown, self.column], return_inverse=True)
        if len(things):
            batch = batch.clone()
            batch[shown, self.column] = places
            views["image"] = self.drawn_rows(things.tolist())
        present = {name: views[name] for name in self.modalities if name in views}
        columns = [self.modalities.index(name) for name in present]
        loss = pair_loss(self.heads, present, batch[:, columns].to(self.device), self.recipe)  # type: ignore[arg-type]
        return torch.zeros((), requires_grad=True) if loss is None else loss

    @in_eval_mode
    def score(self) -> float:
        """Return the mean reciprocal rank of what belongs to the things that choose."""
        return self.judged()[0]

    def judged(self) -> tuple[float, float]:
        """Return this score, and the weight of what was known that gives it."""
        heads = copy.deepcopy(self.heads).cpu().eval()
        return best_weight(heads, self.seen(self.chosen), self.weights)

    def seen(self, pairs: PairSet) -> PairSet:
        """Return pairs as the tower sees them now."""
        return replace(pairs, views={**pairs.views, "image": self.rows_of(pair_maps(pairs))})


def tune_alignment(
    pairs: PairSet, recipe: AlignRecipe, folder: Path, progress: TrainingProgress | None
) -> TunedAlignment:
    """Train heads on the tower as it is, then both together; what chooses is held out of the pairs.

    Parameters
    ----------
    pairs : PairSet
        To learn from and to choose by.
    recipe : AlignRecipe
        With a layer to thaw from.
    folder : Path
        Of the model to be, in which an unfinished training is kept and taken up.
    progress : callable, or None

    Raises
    ------
    TrainingError
        Where the maps of the images were not kept as they were read.
    """
    pair_maps(pairs)
    learned, chosen = split_items(pairs, CHOOSE, recipe.seed + 1)

    def share(start: float, end: float) -> TrainingProgress | None:
        if progress is None:
            return None
        return lambda done, line: progress(start + done * (end - start), line)

    _, epochs, _ = choose_epochs(learned, recipe, share(0, FROZEN))
    heads = fit_heads(learned, recipe, epochs)
    frozen, _ = best_weight(heads, chosen, known_weights(chosen, recipe))
    learner = AlignmentTowerLearner(heads, learned, chosen, recipe)
    fit(learner, folder, share(FROZEN, 1))
    thawed, weight = learner.judged()
    told = {
        "epochs": epochs,
        "chosen_by": len(chosen),
        "scored_by": f"mean reciprocal rank of {len(chosen):,} things that score nothing",
    }
    return TunedAlignment(learner.heads, learner.seen(learned), weight, frozen, thawed, told, learner.history, learner)


def pair_maps(pairs: PairSet) -> KeptMaps:
    """Return the maps of the images of pairs; TrainingError where they were not kept."""
    if pairs.maps is None:
        raise TrainingError(f"{pairs.source}: read the pairs with thawed=LAYER: maps of their images were not kept")
    return pairs.maps


def known_weights(pairs: PairSet, recipe: AlignRecipe) -> tuple[float, ...]:
    """Return the weights of what was known among which is chosen."""
    if not pairs.known:
        return (0.0,)
    return WEIGHTS if recipe.known_weight is None else (recipe.known_weight,)


def _fingerprint(learned: PairSet, chosen: PairSet) -> str:
    digest = blake2b(digest_size=8)
    for part in (learned, chosen):
        digest.update(part.pairs.tobytes())
        digest.update(str(part.described()["fingerprint"]).encode())
    return digest.hexdigest()

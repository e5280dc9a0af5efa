"""Fusion with a tower of images that learns on, together with the network above it, by the loss of the answers.

What is held out of what is learned from finds how many passes are best, and whether they help at all: a tower by which
answers are no better stays as it was.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import torch

from sonolux.errors import TrainingError
from sonolux.models.fusion_network import FusionNetwork
from sonolux.training.data.splits import split_items
from sonolux.training.fusion.data import FusionSet
from sonolux.training.fusion.learn import (
    INNER,
    choose_passes,
    drawn_noise,
    fit_fusion,
    left_out,
    loss_on,
)
from sonolux.training.fusion.objective import FusionObjective
from sonolux.training.fusion.recipe import FuseRecipe
from sonolux.training.loop.fit import fit
from sonolux.training.loop.learner import in_eval_mode
from sonolux.training.loop.trained import TrainingProgress
from sonolux.training.towers.learner import TowerLearner
from sonolux.training.towers.maps import KeptMaps


@dataclass(frozen=True, slots=True)
class TunedFusion:
    """A fusion network and a tower that have learned together.

    Attributes
    ----------
    network : FusionNetwork
    learned : FusionSet
        From which they learned, as the tower sees them now.
    epochs : int
        Of the network on the tower as it was.
    frozen, thawed : float
        Loss of the items that chose, by the network on the tower as it was, and on the one that learned.
    told : dict
        For the card of the model.
    learner : FusionTowerLearner
    """

    network: FusionNetwork
    learned: FusionSet
    epochs: int
    frozen: float
    thawed: float
    told: dict[str, Any]
    learner: FusionTowerLearner

    @property
    def helps(self) -> bool:
        """Whether answers are better."""
        return self.thawed < self.frozen

    @property
    def candidates(self) -> dict[str, float]:
        """What each way reached, best first: losses, less is better."""
        both = {"frozen tower": self.frozen, f"tower thawed from {self.learner.maps.layer}": self.thawed}
        return dict(sorted(((name, round(one, 4)) for name, one in both.items()), key=lambda one: one[1]))

    def seen(self, items: FusionSet) -> FusionSet:
        """Return other items as the tower sees them now."""
        return self.learner.seen(items)


class FusionTowerLearner(TowerLearner):
    """A fusion network and the tower of its images.

    Parameters
    ----------
    network : FusionNetwork
    learned, chosen : FusionSet
        With maps.
    recipe : FuseRecipe
    """

    def __init__(self, network: FusionNetwork, learned: FusionSet, chosen: FusionSet, recipe: FuseRecipe) -> None:
        objective = FusionObjective(network, learned.kind, recipe)
        super().__init__(objective, item_maps(learned), recipe, _fingerprint(learned, chosen), len(learned))
        self.learned, self.chosen = learned, chosen
        self.columns = learned.columns("image")

    def training_step(self, rows: torch.Tensor, number: int) -> torch.Tensor:
        """Return the loss of the answers to a batch of items, whose images the tower describes anew."""
        recipe: Any = self.recipe
        numbers, chance = rows.cpu().numpy(), torch.default_generator
        there = torch.from_numpy(self.learned.there[numbers])
        kept = left_out(there, recipe.modality_dropout, chance).to(self.device)
        noise = drawn_noise(len(numbers), self.heads.network, recipe.noise, chance).to(self.device)
        shown = torch.from_numpy(self.learned.rows[numbers]).to(self.device)
        with_image = [place for place, thing in enumerate(numbers) if self.maps.things[thing]]
        if with_image:
            seen = torch.zeros(len(numbers), self.columns.stop - self.columns.start, device=self.device)
            seen[with_image] = self.drawn_rows(numbers[with_image].tolist())
            shown = torch.cat([shown[:, : self.columns.start], seen, shown[:, self.columns.stop :]], dim=1)
        answers = torch.from_numpy(self.learned.answers[numbers]).to(self.device)
        loss: torch.Tensor = self.heads(shown + noise, kept, answers)
        return loss

    @in_eval_mode
    def score(self) -> float:
        """Return the loss of the items that choose, its sign turned: higher is better."""
        return -self.judged()

    def judged(self) -> float:
        """Return this loss."""
        return loss_on(copy.deepcopy(self.heads.network).cpu().eval(), self.seen(self.chosen))

    def seen(self, items: FusionSet) -> FusionSet:
        """Return items as the tower sees them now."""
        rows = items.rows.copy()
        rows[:, self.columns] = self.rows_of(item_maps(items))
        return replace(items, rows=rows)


def tune_fusion(items: FusionSet, recipe: FuseRecipe, folder: Path, progress: TrainingProgress | None) -> TunedFusion:
    """Train a network on the tower as it is, then both together; what chooses is held out of the items.

    Parameters
    ----------
    items : FusionSet
        To learn from and to choose by.
    recipe : FuseRecipe
        With a layer to thaw from.
    folder : Path
        Of the model to be, in which an unfinished training is kept and taken up.
    progress : callable, or None

    Raises
    ------
    TrainingError
        Where the maps of the images were not kept as they were read.
    """
    item_maps(items)
    learned, chosen = split_items(items, INNER, recipe.seed + 1)
    epochs = choose_passes(learned, recipe)
    network = fit_fusion(learned, recipe, epochs)
    frozen = loss_on(network, chosen)
    learner = FusionTowerLearner(network, learned, chosen, recipe)
    fit(learner, folder, progress)
    told = {"chosen_by": len(chosen), "scored_by": f"loss of {len(chosen):,} items that score nothing, less is better"}
    return TunedFusion(network, learner.seen(learned), epochs, frozen, learner.judged(), told, learner)


def item_maps(items: FusionSet) -> KeptMaps:
    """Return the maps of the images of items; TrainingError where they were not kept."""
    if items.maps is None:
        raise TrainingError(f"{items.source}: read the items with thawed=LAYER: maps of their images were not kept")
    return items.maps


def _fingerprint(learned: FusionSet, chosen: FusionSet) -> str:
    digest = blake2b(digest_size=8)
    for part in (learned, chosen):
        for array in (part.rows, part.there, part.answers):
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()

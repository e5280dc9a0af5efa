"""Base of learners with a thawed tower: its last layers learn slowly, below heads that learn at their own pace.

The heads have learned before, on the tower as it was: random ones would spoil what the tower knows (A. Kumar et al.,
"Fine-tuning can distort pretrained features and underperform out-of-distribution", ICLR 2022). Batch normalisation
keeps its means and deviations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from sonolux.errors import TrainingError
from sonolux.training.data.memory import SHARE, free_memory
from sonolux.training.loop.learner import Learner
from sonolux.training.loop.memory import step_bytes
from sonolux.training.towers.maps import KeptMaps


class TowerLearner(Learner):
    """Heads and the thawed layers of a tower on their way.

    Parameters
    ----------
    heads : torch module
    maps : KeptMaps
        Of what is learned from.
    recipe : AlignRecipe or FuseRecipe
    fingerprint : str
    items : int
        Pairs or items that are learned from.

    Raises
    ------
    TrainingError
        Where a step takes more memory than can be had.
    """

    batch_option = "tuning.batch_size"

    def __init__(self, heads: nn.Module, maps: KeptMaps, recipe: Any, fingerprint: str, items: int) -> None:
        tuning = recipe.tuning
        looping = replace(recipe, epochs=tuning.epochs, batch_size=tuning.batch_size)
        thawed = maps.tower.network.parted(maps.layer)[1]
        super().__init__(nn.ModuleDict({"heads": heads, "tower": thawed}), looping, fingerprint, items)
        self.train()
        self.maps = maps
        check_tower_step(thawed, maps, min(tuning.batch_size, items))

    @property
    def heads(self) -> Any:
        """What stands above the tower."""
        return self.network.get_submodule("heads")

    @property
    def tower(self) -> nn.Module:
        """Its layers that learn."""
        return self.network.get_submodule("tower")

    def shared(self) -> list[nn.Module]:
        """Return the layers of the tower; heads are small, and see the whole batch."""
        return [self.tower]

    def on_train_epoch_start(self) -> None:
        """Begin an epoch; batch normalisation stays as it is."""
        super().on_train_epoch_start()
        self.tower.eval()

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Return the heads and the tower, each with its learning rate."""
        rates = ((self.heads, self.recipe.learning_rate), (self.tower, self.recipe.tuning.learning_rate))  # type: ignore[attr-defined]
        return [{"params": list(module.parameters()), "lr": rate} for module, rate in rates]

    def drawn_rows(self, things: Sequence[int]) -> torch.Tensor:
        """Return descriptors of things with the slopes of their tower, (n, dim): of each by one piece, drawn."""
        pieces = [self.maps.things[thing] for thing in things]
        # In full precision before they are stacked: autocasting does not stack half precision.
        drawn = [each[int(torch.randint(len(each), ()))] for each in pieces]
        rows: torch.Tensor = self.tower(torch.stack([one.float() for one in drawn]).to(self.device)).float()
        return rows

    def rows_of(self, maps: KeptMaps) -> NDArray[np.float32]:
        """Return descriptors of all things, as the tower is now, (n, dim)."""
        training = self.tower.training
        self.tower.eval()
        rows = maps.rows(self.tower, self.device)
        self.tower.train(training)
        return rows


def check_tower_step(thawed: nn.Module, maps: KeptMaps, batch: int) -> None:
    """Raise TrainingError, with a batch that would fit, where a step takes more memory than can be had."""
    shape = next(pieces[0].shape for pieces in maps.things if pieces)
    needed, free = step_bytes(thawed, (batch, *shape)), int(SHARE * free_memory())
    if needed > free:
        raise TrainingError(
            f"a step with {batch} pictures takes about {needed / 2**30:,.1f} GiB of memory, and {free / 2**30:,.1f} can"
            f" be had: --set tuning.batch_size={max(2, int(batch * free / needed))} would fit"
        )

"""Base of all learners: batches, learning rate schedule, the score on what is held out, and resuming.

A learner is a Lightning module that writes two methods: `training_step`, row numbers of a batch in, loss out; and
`score`. The order of an epoch, and what a batch draws of chance, follow from the seed and their numbers, so a training
that was killed repeats from its last whole epoch what it would have done.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from functools import wraps
from typing import Any, TypeVar

import torch
from lightning.pytorch import LightningModule
from torch import nn
from torch.utils.data import DataLoader

from sonolux.training.loop.trained import Epoch
from sonolux.training.recipe import LoopRecipe

Judged = TypeVar("Judged")

WARM_UP = 0.1
"""Share of the steps in which the learning rate rises."""

BATCHES = 1_000_003
"""More than an epoch has: seeds of batches do not meet."""


def in_eval_mode(judge: Callable[..., Judged]) -> Callable[..., Judged]:
    """Make a method of a learner look at its network as it will be used: nothing is learned, and nothing left out."""

    @wraps(judge)
    def judged(learner: LightningModule, *items: Any) -> Judged:
        training = learner.training
        learner.eval()
        try:
            with torch.no_grad():
                return judge(learner, *items)
        finally:
            learner.train(training)

    return judged


class Learner(LightningModule):
    """A network on its way.

    Parameters
    ----------
    network : torch module
    recipe : LoopRecipe
    fingerprint : str
        Changes with anything that is learned from.
    items : int
        How many are learned from.

    Attributes
    ----------
    history : list of Epoch
    batch_option : str
        Of the recipe, that says how many items a step learns from.
    """

    batch_option = "batch_size"

    def __init__(self, network: nn.Module, recipe: LoopRecipe, fingerprint: str, items: int) -> None:
        super().__init__()
        self.network = network
        self.recipe = recipe
        self.fingerprint = fingerprint
        self.items = items
        self.history: list[Epoch] = []
        self._losses: list[torch.Tensor] = []
        self._began = 0.0

    def training_step(self, rows: torch.Tensor, number: int) -> torch.Tensor:
        """Return the loss of a batch of items, given by their row numbers."""
        raise NotImplementedError

    def score(self) -> float:
        """Return how good the network is, told from items that nothing was learned from; higher is better."""
        raise NotImplementedError

    def train_dataloader(self) -> DataLoader[torch.Tensor]:
        """Return a loader of the row numbers of each batch of the next epoch; what is over waits for another order."""
        n, batch = self.items, self.batch_size
        order = self.order(torch.Generator().manual_seed(self._seed()))
        rows: Any = torch.split(order[: n - n % batch], batch)
        return DataLoader(rows, batch_size=None)

    @property
    def batch_size(self) -> int:
        """How many items a step learns from: as the recipe says, and no more than there are."""
        # Even: torch 2.13 crashes in narrow convolutions, channels last, of odd batches on two threads.
        return self.recipe.batch_size if self.recipe.batch_size <= self.items else max(self.items - self.items % 2, 1)

    def shared(self) -> list[nn.Module]:
        """Return the modules of which each device computes its part of a batch; without any, one device learns alone.

        Each takes one tensor and gives one, row by row; none is part of another.
        """
        return [self.network]

    def order(self, generator: torch.Generator) -> torch.Tensor:
        """Return the row numbers of an epoch, (items,): each once."""
        return torch.randperm(self.items, generator=generator)

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Return what learns, ``params``, with its highest learning rate, ``lr``; in groups where rates differ."""
        return [{"params": list(self.parameters()), "lr": self.recipe.learning_rate}]

    def configure_optimizers(self) -> Any:
        """Return AdamW and its schedule, one step a batch."""
        recipe = self.recipe
        groups = self.parameter_groups()
        optimizer = torch.optim.AdamW(groups, lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
        steps = max(recipe.epochs * len(self.train_dataloader()), 2)  # of a single one, none would be a rise
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, [group["lr"] for group in groups], total_steps=steps, pct_start=max(WARM_UP, 1.5 / steps)
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def on_train_epoch_start(self) -> None:
        """Begin to count."""
        self._losses = []
        self._began = time.monotonic()

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Draw what this batch needs of chance from its own seed: whatever else draws, it stays the same."""
        torch.manual_seed(self._seed() * BATCHES + batch_idx)

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Keep the loss."""
        self._losses.append(outputs["loss"].detach())

    def on_train_epoch_end(self) -> None:
        """Measure the held-out score and note the epoch."""
        # Of all processes the first decides: what follows from a score must be the same in each.
        score = self.trainer.strategy.broadcast(self.score())
        self.log("score", score)
        loss = float(torch.stack(self._losses).mean())
        self.history.append(Epoch(loss, score, round(time.monotonic() - self._began, 3)))

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Write down by what recipe, on what data, and what has been reached."""
        checkpoint["sonolux"] = self.identity() | {"history": [asdict(epoch) for epoch in self.history]}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take up the history."""
        self.history = [Epoch(**epoch) for epoch in checkpoint["sonolux"]["history"]]

    def duration(self) -> dict[str, float]:
        """Return how long it has learned, for the scores of a card: ``seconds``."""
        return {"seconds": round(sum(epoch.seconds for epoch in self.history))}

    def best_score(self) -> float:
        """Return the best score of an epoch, which is that of the weights that are kept."""
        return round(max(epoch.score for epoch in self.history), 4)

    def identity(self) -> dict[str, Any]:
        """Return what an unfinished training must share with this one to be taken up."""
        return {"recipe": self.recipe.resolved(), "data": self.fingerprint}

    def _seed(self) -> int:
        return self.recipe.seed * 100_003 + self.current_epoch

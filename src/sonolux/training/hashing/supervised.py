"""Codes near for images of one class and far between classes.

Two losses, both from pytorch-metric-learning: ``proxy`` draws codes to a learned proxy of their class and away from
the others' (Zhai and Wu 2019, "Classification is a strong baseline for deep metric learning", BMVC); ``triplet`` wants
every anchor nearer to its class than to the hardest others, by a margin (Schroff, Kalenichenko and Philbin 2015,
"FaceNet", CVPR).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from pytorch_metric_learning.losses import NormalizedSoftmaxLoss, TripletMarginLoss
from pytorch_metric_learning.miners import TripletMarginMiner
from torch import nn

from sonolux.errors import TrainingError
from sonolux.models.binary_code import binarise
from sonolux.training.data.images import ImageSet
from sonolux.training.data.sources import check_classes
from sonolux.training.hashing.network import code_architecture, fitted
from sonolux.training.loop.fit import TrainingProgress
from sonolux.training.loop.image_learner import ImageLearner, prepared
from sonolux.training.loop.save import Trained
from sonolux.training.recipe import Recipe

TEMPERATURE = 0.1
MARGIN = 0.2


class Supervised(ImageLearner):
    """A code network that learns from labels; options ``loss`` ("proxy" or "triplet"), ``temperature``, ``margin``."""

    def __init__(self, network: nn.Module, learned: ImageSet, held_out: ImageSet, recipe: Recipe) -> None:
        super().__init__(network, learned, held_out, recipe)
        self.loss = _loss(recipe, len(learned.classes))

    def training_step(self, rows: torch.Tensor, number: int) -> torch.Tensor:
        """Compare the codes of one view of each image, by their labels."""
        assert self.labels is not None
        codes = self.network(prepared(self.views(self.pixels(rows)))).float()
        return self.loss(codes, self.labels[rows.cpu()].to(codes.device))

    def describe(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return codes of -1 and +1."""
        return binarise(super().describe(inputs))


def train(
    learned: ImageSet, held_out: ImageSet, recipe: Recipe, folder: Path, progress: TrainingProgress | None = None
) -> Trained:
    """Train a code network from labels; see `sonolux.training.hashing.train.Method`."""
    check_classes(learned)
    return fitted(Supervised, code_architecture(recipe), (learned, held_out), recipe, folder, progress)


class _Triplet(nn.Module):
    """Triplet margin over the triplets of a batch that are not yet told apart."""

    def __init__(self, margin: float) -> None:
        super().__init__()
        self.loss = TripletMarginLoss(margin=margin)
        self.miner = TripletMarginMiner(margin=margin, type_of_triplets="semihard")

    def forward(self, codes: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        loss: torch.Tensor = self.loss(codes, labels, self.miner(codes, labels))
        return loss


def _loss(recipe: Recipe, classes: int) -> Callable[..., torch.Tensor]:
    name = recipe.options.get("loss", "proxy")
    if name == "triplet":
        return _Triplet(recipe.options.get("margin", MARGIN))
    if name == "proxy":
        loss: Callable[..., torch.Tensor] = NormalizedSoftmaxLoss(
            classes, recipe.bits, recipe.options.get("temperature", TEMPERATURE)
        )
        return loss
    raise TrainingError(f"there is no loss {name!r}: proxy or triplet")

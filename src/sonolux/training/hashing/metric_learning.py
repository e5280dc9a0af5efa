"""Metric learning from labels: codes near for images of one class, far between classes.

By a proxy of each class (`sonolux.training.losses.proxy`) or by triplets (`sonolux.training.losses.triplet_margin`).
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from sonolux.models.binary_code import binarise
from sonolux.training.data.images import ImageSet
from sonolux.training.data.sources import check_classes
from sonolux.training.hashing.network import learn_codes
from sonolux.training.hashing.recipes import SupervisedRecipe
from sonolux.training.loop.image_inputs import normalise
from sonolux.training.loop.image_learner import ImageLearner
from sonolux.training.loop.trained import Trained, TrainingProgress
from sonolux.training.losses.proxy import ProxyLoss
from sonolux.training.losses.triplet_margin import SemihardTripletLoss


class SupervisedLearner(ImageLearner):
    """A code network that learns from labels."""

    def __init__(self, network: nn.Module, learned: ImageSet, held_out: ImageSet, recipe: SupervisedRecipe) -> None:
        super().__init__(network, learned, held_out, recipe)
        self.loss: nn.Module = (
            SemihardTripletLoss(recipe.margin)
            if recipe.loss == "triplet"
            else ProxyLoss(len(learned.classes), recipe.bits, recipe.temperature)
        )

    def training_step(self, rows: torch.Tensor, number: int) -> torch.Tensor:
        """Compare the codes of one view of each image, by their labels."""
        assert self.labels is not None
        codes = self.network(normalise(self.views(self.pixels(rows)))).float()
        loss: torch.Tensor = self.loss(codes, self.labels[rows.cpu()].to(codes.device))
        return loss

    def describe(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return codes of -1 and +1."""
        return binarise(super().describe(inputs))


def learn_supervised(
    images: ImageSet, recipe: SupervisedRecipe, folder: Path, progress: TrainingProgress | None
) -> Trained:
    """Train a code network from labels; see `sonolux.training.methods.LearnMethod`."""
    check_classes(images)
    return learn_codes(SupervisedLearner, images, recipe, folder, progress, labelled=True)

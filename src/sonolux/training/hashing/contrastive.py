"""Codes that stay the same for two views of an image and differ between images; no labels are needed.

The network ends in binary units, trained as such; a head that is thrown away afterwards maps their code to where the
views of one image are told from those of all others in the batch (NT-Xent: Chen et al. 2020, "A simple framework for
contrastive learning of visual representations", ICML). The code lies before the head, where descriptors retrieve best.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from sonolux.models.binary_code import binarise
from sonolux.training.data.images import ImageSet
from sonolux.training.hashing.network import code_architecture, fitted
from sonolux.training.loop.fit import TrainingProgress
from sonolux.training.loop.image_learner import ImageLearner, prepared
from sonolux.training.loop.save import Trained
from sonolux.training.losses.nt_xent import nt_xent
from sonolux.training.recipe import Recipe

TEMPERATURE = 0.2
HIDDEN, COMPARED = 512, 128
"""Width of the head, and of the vectors that are compared."""


class Contrastive(ImageLearner):
    """A code network and its head; option ``temperature`` sharpens the comparison."""

    def __init__(self, network: nn.Module, learned: ImageSet, held_out: ImageSet, recipe: Recipe) -> None:
        super().__init__(network, learned, held_out, recipe)
        self.head = nn.Sequential(
            nn.Linear(recipe.bits, HIDDEN, bias=False),
            nn.BatchNorm1d(HIDDEN),
            nn.ReLU(),
            nn.Linear(HIDDEN, COMPARED),
        )
        self.temperature = recipe.options.get("temperature", TEMPERATURE)

    def training_step(self, rows: torch.Tensor, number: int) -> torch.Tensor:
        """Compare two views of each image."""
        images = self.pixels(rows)
        both = torch.cat([self.views(images), self.views(images)])
        first, second = self.head(self.network(prepared(both))).float().chunk(2)
        return nt_xent(first, second, self.temperature)

    def describe(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return codes of -1 and +1."""
        return binarise(super().describe(inputs))


def train(
    learned: ImageSet, held_out: ImageSet, recipe: Recipe, folder: Path, progress: TrainingProgress | None = None
) -> Trained:
    """Train a code network from views alone, labels unseen; see `sonolux.training.hashing.train.Method`."""
    sets = learned.unlabelled(), held_out.unlabelled()
    return fitted(Contrastive, code_architecture(recipe), sets, recipe, folder, progress)

"""Contrastive learning of codes (SimCLR): two views of an image get one code, other images others; without labels.

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
from sonolux.training.hashing.network import learn_codes
from sonolux.training.hashing.recipes import ContrastiveRecipe
from sonolux.training.loop.image_inputs import normalise
from sonolux.training.loop.image_learner import ImageLearner
from sonolux.training.loop.trained import Trained, TrainingProgress
from sonolux.training.losses.nt_xent import nt_xent

HIDDEN, COMPARED = 512, 128
"""Width of the head, and of the vectors that are compared."""


class ContrastiveLearner(ImageLearner):
    """A code network and its head."""

    def __init__(self, network: nn.Module, learned: ImageSet, held_out: ImageSet, recipe: ContrastiveRecipe) -> None:
        super().__init__(network, learned, held_out, recipe)
        self.head = nn.Sequential(
            nn.Linear(recipe.bits, HIDDEN, bias=False),
            nn.BatchNorm1d(HIDDEN),
            nn.ReLU(),
            nn.Linear(HIDDEN, COMPARED),
        )
        self.temperature = recipe.temperature

    def training_step(self, rows: torch.Tensor, number: int) -> torch.Tensor:
        """Compare two views of each image."""
        images = self.pixels(rows)
        both = torch.cat([self.views(images), self.views(images)])
        first, second = self.head(self.network(normalise(both))).float().chunk(2)
        return nt_xent(first, second, self.temperature)

    def describe(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return codes of -1 and +1."""
        return binarise(super().describe(inputs))


def learn_contrastive(
    images: ImageSet, recipe: ContrastiveRecipe, folder: Path, progress: TrainingProgress | None
) -> Trained:
    """Train a code network from views alone, labels unseen; see `sonolux.training.methods.LearnMethod`."""
    return learn_codes(ContrastiveLearner, images, recipe, folder, progress)

"""Knowledge distillation: one small code network learns what several descriptors say together; without labels.

What the neighbours of an image have in common, seen by all teachers together, is a better description than any
teacher's (`sonolux.training.hashing.neighbours`), but takes all teachers and a whole collection to work out. A code
network learns to give it from a single view of the image (G. Hinton, O. Vinyals and J. Dean, "Distilling the
knowledge in a neural network", 2015), and to give it of images that are in no collection.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from sonolux.encoders.trained.projected import unpacked
from sonolux.models.binary_code import binarise
from sonolux.training.data.images import ImageSet
from sonolux.training.hashing.neighbours import averaged, principal, side_by_side
from sonolux.training.hashing.network import learn_codes
from sonolux.training.hashing.recipes import DistillationRecipe
from sonolux.training.loop.image_inputs import DESCRIBED, normalise
from sonolux.training.loop.image_learner import ImageLearner
from sonolux.training.loop.learner import in_eval_mode
from sonolux.training.loop.trained import Trained, TrainingProgress
from sonolux.training.loop.warm_start import describe_teachers, image_encoders
from sonolux.training.losses.cosine_distance import cosine_distance


class DistillationLearner(ImageLearner):
    """A code network and a linear head that reads what was taught from its codes; the head is thrown away after."""

    def __init__(self, network: nn.Module, learned: ImageSet, held_out: ImageSet, recipe: DistillationRecipe) -> None:
        super().__init__(network, learned, held_out, recipe)
        self.targets, self.held_out_targets = teach(learned, held_out, recipe)
        self.head = nn.Linear(recipe.bits, self.targets.shape[1])

    def training_step(self, rows: torch.Tensor, number: int) -> torch.Tensor:
        """Compare what the head reads from a view of each image with what is taught of it."""
        read = self.head(self.network(normalise(self.views(self.pixels(rows)))).float())
        return cosine_distance(read, self.targets[rows.cpu()].to(read.device))

    def describe(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return codes of -1 and +1."""
        return binarise(super().describe(inputs))

    @in_eval_mode
    def score(self) -> float:
        """Return the mean cosine of what is read from held-out images and what their neighbours would teach."""
        codes = self._described(self.held_out).to(self.device)
        return float(functional.cosine_similarity(self.head(codes).cpu(), self.held_out_targets).mean())


def teach(learned: ImageSet, held_out: ImageSet, recipe: DistillationRecipe) -> list[torch.Tensor]:
    """Return what is to be learned of each image, and of each held out: float32 (n, dim) and (m, dim), length 1.

    The neighbours of both are among the images learned from.

    Raises
    ------
    TrainingError
        Where a teacher sees no images.
    """
    described = [[_described(name, images) for name in recipe.teachers] for images in (learned, held_out)]
    gallery, asked = side_by_side(*described)
    neighbours = min(recipe.neighbours, len(gallery))
    return principal(averaged(gallery, gallery, neighbours), averaged(asked, gallery, neighbours))


def learn_distilled(
    images: ImageSet, recipe: DistillationRecipe, folder: Path, progress: TrainingProgress | None
) -> Trained:
    """Train a code network from what its teachers say, labels unseen; see `sonolux.training.methods.LearnMethod`."""
    trained = learn_codes(DistillationLearner, images, recipe, folder, progress)
    return replace(trained, data=trained.data | describe_teachers(recipe.teachers))


def _described(teacher: str, images: ImageSet) -> NDArray[np.float32]:
    encoder = image_encoders(teacher, "distilled")[0]
    starts: Sequence[int] = range(0, len(images), DESCRIBED)
    parts = [np.asarray(encoder.encode(list(images.pixels[start : start + DESCRIBED]))) for start in starts]
    return unpacked(np.concatenate(parts))

"""Base of all learners from images: their pixels, their random views, and the score on images held out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from sonolux.training.data.images import ImageSet
from sonolux.training.loop.image_inputs import described_at_once, normalise
from sonolux.training.loop.learner import Learner, in_eval_mode
from sonolux.training.loop.validation import label_precisions, spread, views_found


class ImageLearner(Learner):
    """A network of images on its way.

    Parameters
    ----------
    network : torch module
        From inputs (n, 3, size, size) to descriptors (n, dim).
    learned, held_out : ImageSet
    recipe : CodeRecipe or LabelsRecipe
    """

    def __init__(self, network: nn.Module, learned: ImageSet, held_out: ImageSet, recipe: Any) -> None:
        network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        super().__init__(network, recipe, learned.fingerprint(), len(learned))
        self.views = recipe.views
        self.images, self.labels = image_tensors(learned)
        self.held_out, self.held_out_labels = image_tensors(held_out)

    def describe(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the descriptors (n, dim) by which the held-out score ranks."""
        described: torch.Tensor = self.network(inputs)
        return described

    def pixels(self, rows: torch.Tensor) -> torch.Tensor:
        """Return the images of a batch, float32 (n, 3, size, size) in [0, 1], on the device."""
        return self.images[rows.cpu()].to(self.device).float() / 255

    def score(self) -> float:
        """Return the mean of `values_of` the images held out."""
        return float(self.values_of(self.held_out, self.held_out_labels).mean())

    @in_eval_mode
    def values_of(self, images: torch.Tensor, labels: torch.Tensor | None) -> NDArray[np.float64]:
        """Return the score of each image, uint8 (n, 3, side, side); see `sonolux.training.loop.validation`."""
        if self.labels is None or labels is None:
            some = images[spread(len(images))]
            return views_found(self._described(some, self.views), self._described(some))
        rows = spread(len(self.images))
        described = self._described(self.images[rows])
        return label_precisions(self._described(images), labels, described, self.labels[rows])

    def _described(
        self, pixels: torch.Tensor, view: Callable[[torch.Tensor], torch.Tensor] = lambda shown: shown
    ) -> torch.Tensor:
        """Return descriptors of images, uint8 (n, 3, side, side), or of a view of each."""
        shown = (view(part.float() / 255) for part in torch.split(pixels, described_at_once(pixels.shape[-1])))
        return torch.cat([self.describe(normalise(part.to(self.device))).float().cpu() for part in shown])


def image_tensors(images: ImageSet) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Return the pixels of images, uint8 (n, 3, side, side), and their labels."""
    pixels = torch.from_numpy(images.pixels).permute(0, 3, 1, 2).contiguous()
    return pixels, None if images.labels is None else torch.from_numpy(images.labels)

"""Base of all learners from images: their pixels, their random views, and the score on images held out."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from sonolux.training.data.images import ImageSet
from sonolux.training.loop.image_inputs import DESCRIBED, normalise
from sonolux.training.loop.learner import Learner, in_eval_mode
from sonolux.training.loop.validation import label_precision, spread, view_recall


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
        self.images, self.labels = _tensors(learned)
        self.held_out, self.held_out_labels = _tensors(held_out)

    def describe(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the descriptors (n, dim) by which the held-out score ranks."""
        described: torch.Tensor = self.network(inputs)
        return described

    def pixels(self, rows: torch.Tensor) -> torch.Tensor:
        """Return the images of a batch, float32 (n, 3, size, size) in [0, 1], on the device."""
        return self.images[rows.cpu()].to(self.device).float() / 255

    @in_eval_mode
    def score(self) -> float:
        """Return the held-out score; see `sonolux.training.loop.validation`."""
        if self.labels is None or self.held_out_labels is None:
            held_out = self.held_out[spread(len(self.held_out))].float() / 255
            return view_recall(self._described(self.views(held_out)), self._described(held_out))
        rows = spread(len(self.images))
        described = self._described(self.images[rows].float() / 255)
        asked = self._described(self.held_out.float() / 255)
        return label_precision(asked, self.held_out_labels, described, self.labels[rows])

    def _described(self, pixels: torch.Tensor) -> torch.Tensor:
        parts = [
            self.describe(normalise(part.to(self.device))).float().cpu() for part in torch.split(pixels, DESCRIBED)
        ]
        return torch.cat(parts)


def _tensors(images: ImageSet) -> tuple[torch.Tensor, torch.Tensor | None]:
    pixels = torch.from_numpy(images.pixels).permute(0, 3, 1, 2).contiguous()
    return pixels, None if images.labels is None else torch.from_numpy(images.labels)

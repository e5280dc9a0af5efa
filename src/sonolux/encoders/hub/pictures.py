"""Pixels as the networks of the hub take them: resized, cropped and normalised as ``preprocessor_config.json`` says."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sonolux.encoders.hub.checkpoint import Checkpoint
from sonolux.encoders.hub.network import load

if TYPE_CHECKING:
    import torch

Pixels = NDArray[np.uint8]

SLIMMEST = 16
"""Images longer than so many times their width lose their ends first: resizing by the short side would make the
long one enormous."""


class Images:
    """The image processor of a checkpoint, in its Pillow form: torchvision is not needed."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint

    def tensors(self, batch: Sequence[Pixels]) -> dict[str, torch.Tensor]:
        """Return the inputs of the network for images (h, w, 3)."""
        inputs = self._processor(
            images=[within_proportions(pixels) for pixels in batch],
            input_data_format="channels_last",
            return_tensors="pt",
        )
        return dict(inputs)

    @cached_property
    def _processor(self) -> Any:
        from transformers import AutoImageProcessor

        return load(AutoImageProcessor.from_pretrained, self.checkpoint, backend="pil")


def within_proportions(pixels: Pixels) -> Pixels:
    """Return the middle of an image that is more than 16 times as long as it is wide, others as they are."""
    height, width = pixels.shape[:2]
    longest = SLIMMEST * min(height, width)
    top, left = max(0, height - longest) // 2, max(0, width - longest) // 2
    return pixels[top : top + longest, left : left + longest]

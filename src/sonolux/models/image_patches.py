"""Image patches: small squares of an image as frames, each with its own brightness and contrast taken off."""

from __future__ import annotations

import torch
from torch import nn


class ImagePatches(nn.Module):
    """Cuts squares out of images at even distances, to be quantised as visual words.

    Parameters
    ----------
    size, stride : int
        Pixels of a side, and from one square to the next.

    References
    ----------
    A. Coates, H. Lee and A. Ng, "An analysis of single-layer networks in unsupervised feature learning", AISTATS 2011,
    section 3, for the normalisation.
    """

    def __init__(self, size: int = 6, stride: int = 3) -> None:
        super().__init__()
        if size < 1 or stride < 1:
            raise ValueError(f"patches have a size and a stride of at least 1, not {size} and {stride}")
        self.size = size
        self.stride = stride

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return (n, patches, channels x size x size) for images (n, channels, height, width) at least `size` large."""
        patches = nn.functional.unfold(images, self.size, stride=self.stride).transpose(1, 2)
        level = patches.mean(dim=2, keepdim=True)
        deviation = patches.var(dim=2, keepdim=True, correction=0).add(0.01).sqrt()
        return (patches - level) / deviation

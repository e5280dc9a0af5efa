"""Global pooling: feature maps (n, channels, height, width) to one vector an image (n, channels).

Descriptors should not change when things move about in an image: what is pooled away is where a feature was found.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

SHARPNESS = 3.0
"""Exponent of the generalised mean: 1 gives the average, infinity the maximum."""

LEAST = 1e-6
"""Features below count as this much, so that powers and their gradients exist."""


def average(maps: torch.Tensor) -> torch.Tensor:
    """Return how much of each feature there is."""
    return maps.mean(dim=(2, 3))


def maximum(maps: torch.Tensor) -> torch.Tensor:
    """Return each feature where it is strongest."""
    return maps.amax(dim=(2, 3))


def generalised_mean(maps: torch.Tensor) -> torch.Tensor:
    """Return a mean in which strong places count more, between average and maximum; features below 0 count as 0.

    References
    ----------
    F. Radenović, G. Tolias and O. Chum, "Fine-tuning CNN image retrieval with no human annotation",
    IEEE Transactions on Pattern Analysis and Machine Intelligence 41, 2018, equation 3.
    """
    return maps.clamp(min=LEAST).pow(SHARPNESS).mean(dim=(2, 3)).pow(1 / SHARPNESS)


def flatten(maps: torch.Tensor) -> torch.Tensor:
    """Keep everything, places included: (n, channels * height * width)."""
    return maps.flatten(start_dim=1)


POOLINGS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "avg": average,
    "max": maximum,
    "gem": generalised_mean,
    "flatten": flatten,
}

"""Media in noise: pictures of which pixels are others, and sounds under white noise, as a poor recording has them.

Images are uint8 (h, w, 3), sounds float32 (n,).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sonolux.media.containers.audio import Samples
from sonolux.training.augmentation.waveforms import with_noise

MOST_PIXELS = 0.5
"""Share of the pixels that are others, at most."""

DECIBELS = 0.0, 20.0
"""How much louder a sound is than its noise, at least and at most."""


def image_in_noise(image: NDArray[np.uint8], share: float, random: np.random.Generator) -> NDArray[np.uint8]:
    """Return an image of whose pixels so large a share is grey, as light as chance will have it."""
    replaced = random.random(image.shape[:2]) < share
    drawn = random.integers(0, 256, (*image.shape[:2], 1)).astype(np.uint8)
    return np.where(replaced[..., None], drawn, image)


def sound_in_noise(samples: Samples, decibels: float, random: np.random.Generator) -> Samples:
    """Return a sound so many decibels above white noise."""
    return with_noise(samples, decibels, random.standard_normal(len(samples)).astype(np.float32))


def drawn_in_noise(content: NDArray[np.generic], random: np.random.Generator) -> NDArray[np.generic]:
    """Return an image or a sound in noise of any strength, up to `MOST_PIXELS` and down to the least of `DECIBELS`."""
    if content.ndim == 1:
        return sound_in_noise(content.astype(np.float32), random.uniform(*DECIBELS), random)
    return image_in_noise(content.astype(np.uint8), random.uniform(0, MOST_PIXELS), random)

"""Image augmentation: random views, in which may change what leaves the content the same.

A view is a crop of random size, place and shape, perhaps mirrored, with its colours changed: brightness, contrast,
saturation and hue, which together are one affine map of colour space, drawn for each image (Chen et al. 2020, "A
simple framework for contrastive learning of visual representations", ICML, section 3). All images of a batch are
changed at once: float32 (n, 3, h, w) in [0, 1] in, the same shape out.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, pi

import torch
from torch.nn import functional

from sonolux.training.fields import check_fields, flag, number

YIQ = torch.tensor([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])
"""RGB to luma and two chroma axes, in whose plane hue is an angle and saturation a length (NTSC 1953)."""


@dataclass(frozen=True, slots=True)
class ImageViews:
    """How far views may stray.

    Attributes
    ----------
    smallest : float
        Least share of the image's area that a crop keeps.
    light : float
        Brightness and contrast are multiplied by a number in [1 - light, 1 + light].
    saturation : float
        The same for saturation.
    hue : float
        Hue turns by at most this share of the colour circle, either way.
    grey : float
        Share of views without any colour.
    mirrored : bool
        Whether half of the views are mirrored.
    turn : float
        Views are turned by at most so many degrees, either way.
    """

    smallest: float = number(0.2, 0.01, 1)
    light: float = number(0.4, 0, 1)
    saturation: float = number(0.4, 0, 1)
    hue: float = number(0.1, 0, 0.5)
    grey: float = number(0.2, 0, 1)
    mirrored: bool = flag(True)
    turn: float = number(0.0, 0, 180)

    def __post_init__(self) -> None:
        check_fields(self)

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """Return one view of each image, drawn from torch's global generator."""
        return recoloured(cropped(images, self), self)


def cropped(images: torch.Tensor, views: ImageViews) -> torch.Tensor:
    """Return a random crop of each image, turned and resized to the whole: bilinear, edges reflected."""
    n, device = len(images), images.device
    area = torch.empty(n, device=device).uniform_(views.smallest, 1).sqrt()
    shape = torch.empty(n, device=device).uniform_(log(3 / 4), log(4 / 3)).exp().sqrt()
    wide, high = (area * shape).clamp(max=1), (area / shape).clamp(max=1)
    angle = _within(torch.full((n,), views.turn * pi / 180, device=device))
    mirror = torch.randint(0, 2, (n,), device=device) * 2 - 1 if views.mirrored else 1
    maps = torch.zeros(n, 2, 3, device=device)
    maps[:, 0, 0], maps[:, 0, 1] = mirror * wide * angle.cos(), -high * angle.sin()
    maps[:, 1, 0], maps[:, 1, 1] = mirror * wide * angle.sin(), high * angle.cos()
    maps[:, 0, 2] = _within(1 - wide)
    maps[:, 1, 2] = _within(1 - high)
    grid = functional.affine_grid(maps, list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, padding_mode="reflection", align_corners=False)


def recoloured(images: torch.Tensor, views: ImageViews) -> torch.Tensor:
    """Return images with their colours changed, each by an affine map of its own, clipped to [0, 1]."""
    n, device = len(images), images.device
    saturation = _around_one(n, views.saturation, device) * (torch.rand(n, device=device) >= views.grey)
    angle = _within(torch.full((n,), views.hue * 2 * pi, device=device))
    brightness, contrast = _around_one(n, views.light, device), _around_one(n, views.light, device)
    turns = torch.zeros(n, 3, 3, device=device)
    turns[:, 0, 0] = 1
    turns[:, 1, 1] = turns[:, 2, 2] = saturation * angle.cos()
    turns[:, 2, 1] = saturation * angle.sin()
    turns[:, 1, 2] = -turns[:, 2, 1]
    to_yiq = YIQ.to(device)
    maps = (to_yiq.inverse() @ turns @ to_yiq) * (brightness * contrast)[:, None, None]
    # Contrast is about the mean of the image.
    offsets = (brightness * (1 - contrast) * images.mean((1, 2, 3)))[:, None, None]
    changed = torch.baddbmm(offsets.expand(n, 3, 1), maps, images.flatten(2))
    return changed.reshape(images.shape).clamp(0, 1)


def _within(bounds: torch.Tensor) -> torch.Tensor:
    return (torch.rand_like(bounds) * 2 - 1) * bounds


def _around_one(n: int, reach: float, device: torch.device) -> torch.Tensor:
    return torch.empty(n, device=device).uniform_(1 - reach, 1 + reach)

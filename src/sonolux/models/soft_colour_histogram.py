"""Soft colour histogram: a differentiable bag of colours, whose cells are learned.

A histogram of colours assigns every pixel to one cell of colour space. Here it is shared among cells, most of it to the
nearest, so that there is a gradient by which the cells move and change their size (after the bag of colours of Wengert,
Douze and Jégou 2011, "Bag-of-colors for improved image search", ACM Multimedia; soft assignment as in Arandjelović et
al. 2016, "NetVLAD", CVPR, equation 2).
"""

from __future__ import annotations

import torch
from torch import nn

REACH = 2.0
"""Inputs lie between - and + this: pixels in [0, 1], less 0.5, over 0.25."""

SOFTNESS = 0.4
"""Deviation of a cell, in the same units, to begin with."""

EPSILON = 1e-6
"""Added to frequencies: the root has no gradient at 0."""


class ColourWords(nn.Module):
    """Square roots of the frequencies of colours, float32 (n, words).

    Of frequencies, a Euclidean distance heeds the few large ones alone; of their roots it is the Hellinger distance.

    Parameters
    ----------
    channels : int
    shades : int
        Colours to begin with are a grid of so many values a channel.

    Raises
    ------
    ValueError
        For fewer than two shades.
    """

    def __init__(self, channels: int = 3, shades: int = 4) -> None:
        super().__init__()
        if shades < 2:
            raise ValueError(f"colours need at least 2 shades a channel, not {shades}")
        self.words = shades**channels
        self.nearness = nn.Conv2d(channels, self.words, 1)
        values = REACH * ((2 * torch.arange(shades) + 1) / shades - 1)
        colours = torch.cartesian_prod(*[values] * channels).reshape(self.words, channels)
        with torch.no_grad():
            # Up to what all cells share, the exponent of a normal distribution around each colour.
            self.nearness.weight.copy_((colours / SOFTNESS**2)[:, :, None, None])
            assert self.nearness.bias is not None
            self.nearness.bias.copy_(-colours.square().sum(1) / (2 * SOFTNESS**2))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the square root of the share of the pixels that each colour has."""
        shares: torch.Tensor = self.nearness(inputs).float().softmax(dim=1).mean(dim=(2, 3))
        return (shares + EPSILON).sqrt()

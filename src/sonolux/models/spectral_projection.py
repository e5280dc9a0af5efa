"""Spectral hashing: bits are signs of waves along the principal axes of the data.

The best balanced, uncorrelated bits would be the smoothest functions on the graph of neighbours. For data that fills a
box evenly they are known: along an axis from a to b, waves of k half periods, cos(k pi (x - a) / (b - a)). Long axes
get several waves, short ones none.
"""

from __future__ import annotations

import torch
from torch import nn

from sonolux.models.projection import Projection


class SpectralHash(nn.Module):
    """Principal coordinates, then one wave a bit; the sign of the wave is the bit.

    Whoever fits it to data fills the buffers; at first nothing is projected and all frequencies are 0.

    Parameters
    ----------
    inputs : int
        Numbers an input, after flattening.
    bits : int
        Waves.
    components : int
        Principal axes that waves may run along; 0 for as many as bits, or as inputs where those are fewer.

    Attributes
    ----------
    projection : Projection
        On the principal axes.
    lowest : tensor, shape (components,)
        Where the data begins on each axis: a.
    frequency : tensor, shape (components, bits)
        k pi / (b - a) of each bit's wave, in the row of its axis; 0 in all others.

    References
    ----------
    Y. Weiss, A. Torralba and R. Fergus, "Spectral hashing", NIPS 2008, section 3.
    """

    lowest: torch.Tensor
    frequency: torch.Tensor

    def __init__(self, inputs: int, bits: int, components: int = 0) -> None:
        super().__init__()
        components = components or min(bits, inputs)
        self.projection = Projection(inputs, components)
        self.register_buffer("lowest", torch.zeros(components))
        self.register_buffer("frequency", torch.zeros(components, bits))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Map (n, ...) with `inputs` numbers a row, in any shape, to waves in [-1, 1], (n, bits)."""
        return torch.cos((self.projection(inputs) - self.lowest) @ self.frequency)

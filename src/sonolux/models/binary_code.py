"""Binary units: the bits of a code, trained with noise or a straight-through gradient.

A step has no gradient to learn by. Two ways around that, while training:

- ``noise``: the unit is smooth, but noise is added to what goes in, so that only a unit far from its threshold carries
  anything; the network learns to drive every unit to one end or the other (Salakhutdinov and Hinton 2009,
  "Semantic hashing", International Journal of Approximate Reasoning 50).
- ``straight-through``: the step is taken, and the gradient passes as if it had not been, where the input lies within
  [-1, 1] (Bengio, Léonard and Courville 2013, "Estimating or propagating gradients through stochastic neurons for
  conditional computation"; Hubara et al. 2016, "Binarized neural networks", NIPS). Krizhevsky and Hinton 2011 ("Using
  very deep autoencoders for content-based image retrieval", ESANN) round the units of their codes in the same spirit.
"""

from __future__ import annotations

import torch
from torch import nn

MODES = ("noise", "straight-through")


class BinaryCode(nn.Module):
    """Units in [-1, 1] in training, and exactly -1 or 1 in use.

    Parameters
    ----------
    mode : {"noise", "straight-through"}
    noise : float
        Standard deviation of what is added in mode ``noise``; 0 for none.

    Raises
    ------
    ValueError
        For an unknown mode or a negative noise.
    """

    def __init__(self, mode: str = "noise", noise: float = 4.0) -> None:
        super().__init__()
        if mode not in MODES:
            raise ValueError(f"mode must be one of {', '.join(MODES)}, not {mode!r}")
        if not 0 <= noise < float("inf"):
            raise ValueError(f"noise must be a number from 0, not {noise}")
        self.mode = mode
        self.noise = noise

    def forward(self, logits: torch.Tensor) -> torch.Tensor:
        """Map numbers of any size to units, of the same shape."""
        if not self.training:
            return binarise(logits)
        if self.mode == "straight-through":
            within = logits.clamp(-1, 1)
            return binarise(logits) + (within - within.detach())
        noisy = logits + self.noise * torch.randn_like(logits)
        return 2 * noisy.sigmoid() - 1

    def extra_repr(self) -> str:
        """Return what a printed network shows of this layer."""
        return f"{self.mode}, noise={self.noise}" if self.mode == "noise" else self.mode


def binarise(numbers: torch.Tensor) -> torch.Tensor:
    """Return 1 for numbers above 0 and -1 for all others, without gradient."""
    return torch.where(numbers.detach() > 0, 1.0, -1.0).to(numbers.dtype)

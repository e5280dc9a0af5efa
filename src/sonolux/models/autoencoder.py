"""Autoencoders for semantic hashing: an image is encoded in a few bits and reconstructed from them.

What it takes to draw the image again must be in the code, so that images with near codes look alike; no labels are
needed. Every autoencoder here is a sequence of ``encoder``, ``code`` (the binary units) and ``decoder``.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn

from sonolux.models.binary_code import BinaryCode
from sonolux.models.mlp import Mlp


class Autoencoder(nn.Sequential):
    """Encoder, binary units, decoder; encoder and decoder share no weights.

    Parameters
    ----------
    encoder : torch module
        From inputs to one number a bit.
    code : BinaryCode
    decoder : torch module
        From units in [-1, 1] to inputs.

    References
    ----------
    R. Salakhutdinov and G. Hinton, "Semantic hashing", International Journal of Approximate Reasoning 50, 2009.
    A. Krizhevsky and G. Hinton, "Using very deep autoencoders for content-based image retrieval", ESANN 2011.
    """

    def __init__(self, encoder: nn.Module, code: BinaryCode, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.code = code
        self.decoder = decoder

    def encode(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return codes (n, bits): -1 or 1 in use, units between in training."""
        codes: torch.Tensor = self.code(self.encoder(inputs))
        return codes

    def decode(self, codes: torch.Tensor) -> torch.Tensor:
        """Return the inputs that codes stand for."""
        inputs: torch.Tensor = self.decoder(codes)
        return inputs


class DenseAutoencoder(Autoencoder):
    """Fully connected layers to the code, and their mirror image back.

    Parameters
    ----------
    sizes : sequence of int
        Widths from the input, flattened, to the bits of the code.
    activation : {"relu", "sigmoid", "tanh"}
        Between layers.
    mode : {"noise", "straight-through"}
    noise : float
        See `sonolux.models.binary_code.BinaryCode`.

    Raises
    ------
    ValueError
        For fewer than two sizes, a size below 1, an unknown activation or mode.

    Notes
    -----
    The reconstruction is flat, (n, first size).
    """

    def __init__(self, sizes: Sequence[int], activation: str = "relu", mode: str = "noise", noise: float = 4.0) -> None:
        super().__init__(Mlp(sizes, activation), BinaryCode(mode, noise), Mlp(sizes[::-1], activation))


class ConvAutoencoder(Autoencoder):
    """Convolutions that halve the image again and again, then the code; and their mirror image back.

    Parameters
    ----------
    bits : int
        Length of the code.
    channels : int
        Of the image.
    side : int
        Height and width of the image.
    depth : int
        Number of halvings.
    width : int
        Feature maps after the first, doubled at each that follows.
    mode : {"noise", "straight-through"}
    noise : float
        See `sonolux.models.binary_code.BinaryCode`.

    Raises
    ------
    ValueError
        For a side that cannot be halved so often, or an unknown mode.
    """

    def __init__(
        self,
        bits: int = 256,
        channels: int = 3,
        side: int = 32,
        depth: int = 3,
        width: int = 32,
        mode: str = "noise",
        noise: float = 4.0,
    ) -> None:
        if depth < 1 or side < 1 or side % 2**depth:
            raise ValueError(f"side must be a multiple of 2 to the power of depth, not {side} with depth {depth}")
        small = side // 2**depth
        widths = [width * 2**number for number in range(depth)]
        flat = widths[-1] * small * small
        encoder = nn.Sequential(
            *(_halving(before, after) for before, after in pairwise([channels, *widths])),
            nn.Flatten(),
            nn.Linear(flat, bits),
        )
        decoder = nn.Sequential(
            nn.Linear(bits, flat),
            nn.Unflatten(1, (widths[-1], small, small)),
            nn.ReLU(),
            *(_doubling(before, after) for before, after in pairwise(widths[::-1])),
            nn.ConvTranspose2d(width, channels, 4, stride=2, padding=1),
        )
        super().__init__(encoder, BinaryCode(mode, noise), decoder)


def _halving(before: int, after: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(before, after, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU())


def _doubling(before: int, after: int) -> nn.Module:
    return nn.Sequential(
        nn.ConvTranspose2d(before, after, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU()
    )

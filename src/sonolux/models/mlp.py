"""Multilayer perceptron: fully connected layers with a nonlinearity between them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
}


class Mlp(nn.Module):
    """Fully connected layers.

    Parameters
    ----------
    sizes : sequence of int
        Width of each layer, the input first and the output last: ``(784, 56, 56, 10)`` has two hidden layers.
    activation : {"relu", "sigmoid", "tanh"}
        After every layer but the last.
    dropout : float
        Share of each hidden layer that is set to 0 in training.

    Raises
    ------
    ValueError
        For fewer than two sizes, a size below 1, or an unknown activation.

    References
    ----------
    D. E. Rumelhart, G. E. Hinton and R. J. Williams, "Learning representations by back-propagating errors",
    Nature 323, 1986.
    """

    def __init__(self, sizes: Sequence[int], activation: str = "relu", dropout: float = 0.0) -> None:
        super().__init__()
        if len(sizes) < 2 or min(sizes) < 1:
            raise ValueError(f"sizes must be two or more positive widths, not {list(sizes)}")
        if activation not in ACTIVATIONS:
            raise ValueError(f"activation must be one of {', '.join(ACTIVATIONS)}, not {activation!r}")
        layers: list[nn.Module] = []
        for width, next_width in pairwise(sizes[:-1]):
            layers += [nn.Linear(width, next_width), ACTIVATIONS[activation](), nn.Dropout(dropout)]
        layers.append(nn.Linear(sizes[-2], sizes[-1]))
        self.layers = nn.Sequential(*layers)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Map (n, ...) with as many numbers a row as the first size, in any shape, to (n, last size)."""
        outputs: torch.Tensor = self.layers(inputs.flatten(start_dim=1))
        return outputs

"""Weight initialisation: the rules of Glorot and He, which keep variances level through many layers.

A layer sums over all its inputs (``fan_in``); if the variance of each weight were the same whatever their number,
activations would grow or fade from layer to layer, and gradients on the way back. Both rules keep variances level:
Glorot's for activations that are nearly linear around 0 (tanh, sigmoid), He's for rectifiers, which lose half of it.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

WEIGHTED = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)


def initialise_glorot(network: nn.Module) -> None:
    """Draw all weights with variance 2 / (fan_in + fan_out), and set biases to 0.

    References
    ----------
    X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks",
    AISTATS 2010, equation 16.
    """
    _draw(network, nn.init.xavier_uniform_)


def initialise_he(network: nn.Module) -> None:
    """Draw all weights with variance 2 / fan_in, and set biases to 0.

    References
    ----------
    K. He, X. Zhang, S. Ren and J. Sun, "Delving deep into rectifiers", ICCV 2015, equation 10.
    """
    _draw(network, lambda weight: nn.init.kaiming_normal_(weight, nonlinearity="relu"))


def _draw(network: nn.Module, rule: Callable[[torch.Tensor], object]) -> None:
    for module in network.modules():
        if isinstance(module, WEIGHTED) and not module.weight.is_meta:  # as of a network that is then loaded
            rule(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)

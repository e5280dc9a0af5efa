"""First weights: signals keep their size through many layers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from sonolux.models.initialisation import initialise_glorot, initialise_he


def deep(activation: type[nn.Module]) -> nn.Sequential:
    return nn.Sequential(*(layer for _ in range(20) for layer in (nn.Linear(400, 400), activation())))


@pytest.mark.parametrize(
    ("rule", "activation", "least"),
    [(initialise_he, nn.ReLU, 0.3), (initialise_glorot, nn.Identity, 0.5), (initialise_glorot, nn.Tanh, 0.1)],
)
def test_signals_neither_grow_nor_fade(
    rule: Callable[[nn.Module], None], activation: type[nn.Module], least: float
) -> None:
    torch.manual_seed(0)
    network, inputs = deep(activation), torch.randn(100, 400)
    untouched = network(inputs).std().item()
    rule(network)
    assert untouched < 0.05
    assert least < network(inputs).std().item() < 2


@pytest.mark.parametrize(("rule", "variance"), [(initialise_he, 2 / 72), (initialise_glorot, 2 / (72 + 144))])
def test_variances_are_those_of_the_papers(rule: Callable[[nn.Module], None], variance: float) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(8, 16, 3), nn.BatchNorm2d(16))
    rule(network)
    assert network[0].weight.var().item() == pytest.approx(variance, rel=0.15)
    assert not network[0].bias.any()
    assert network[1].weight.eq(1).all()

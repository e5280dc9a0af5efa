"""Networks without memory, so that counts and shapes of the largest cost nothing."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from sonolux.models import registry


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def weightless(name: str, **arguments: Any) -> nn.Module:
    """Build a registered network on the meta device."""
    with torch.device("meta"):
        return registry.build(name, arguments)


def output_shape(network: nn.Module, *shape: int) -> tuple[int, ...]:
    return tuple(network.eval()(torch.empty(*shape, device="meta")).shape)

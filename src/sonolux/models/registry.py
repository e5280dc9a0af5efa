"""Architectures by name, as model folders name them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn

_architectures: dict[str, Callable[..., nn.Module]] = {}


def register(name: str, architecture: Callable[..., nn.Module]) -> None:
    """Offer an architecture under a name; registering a name again replaces it."""
    _architectures[name] = architecture


def available() -> list[str]:
    """Return the names of all architectures, sorted."""
    return sorted(_architectures)


def build(name: str, arguments: dict[str, Any]) -> nn.Module:
    """Build a network with fresh weights.

    Raises
    ------
    KeyError
        For a name that is not registered.
    TypeError, ValueError
        For arguments that the architecture does not take.
    """
    return _architectures[name](**arguments)


def _mlp(**arguments: Any) -> nn.Module:
    from sonolux.models.mlp import Mlp

    return Mlp(**arguments)


register("mlp", _mlp)

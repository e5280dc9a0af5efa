"""Feature extractor: a network run up to a named layer, whose output is pooled to a descriptor.

Early layers respond to edges and colours, late ones to the classes of the training data; descriptors that serve other
questions are found between (Babenko et al. 2014, "Neural codes for image retrieval", ECCV).

Most networks here are plain ``nn.Sequential`` with names: of these no child runs after the one that holds the layer.
Any other network is run as a whole, and a hook takes the output of the layer.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from sonolux.models import registry
from sonolux.models.pooling import POOLINGS

LISTS = (nn.ModuleList, nn.ModuleDict)
"""What holds layers and is none itself."""

_capturing = threading.RLock()
"""A hook belongs to a network, not to a call, so that two threads at once would take each other's outputs."""


class LayerDescriptor(nn.Module):
    """The pooled output of one layer of a network.

    Parameters
    ----------
    network : torch module
    layer : str
        Its dotted name, as `layer_names` and ``named_modules`` give it: ``"layer2"``, ``"layer2.0.conv1"``.
    pooling : {"avg", "max", "gem", "flatten"}
        See `sonolux.models.pooling`; vectors pass as they are.

    Raises
    ------
    ValueError
        For an unknown layer or pooling.
    """

    def __init__(self, network: nn.Module, layer: str, pooling: str = "avg") -> None:
        super().__init__()
        if layer not in dict(network.named_modules(remove_duplicate=False)) or not layer:
            raise ValueError(f"no layer {layer!r}: there are {', '.join(layer_names(network))}")
        if pooling not in POOLINGS:
            raise ValueError(f"pooling must be one of {', '.join(POOLINGS)}, not {pooling!r}")
        self.network = network
        self.layer = layer
        self.pooling = pooling

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return (n, dim), whatever shape the layer gives.

        Raises
        ------
        ValueError
            Where the layer gives neither vectors (n, dim) nor maps (n, channels, height, width).
        """
        outputs = _run_to(self.network, self.layer, inputs)
        if not isinstance(outputs, torch.Tensor) or outputs.ndim not in (2, 4):
            raise ValueError(f"layer {self.layer} gives neither vectors nor maps, so it cannot be pooled")
        return outputs if outputs.ndim == 2 else POOLINGS[self.pooling](outputs)


class OutputWithLayer(LayerDescriptor):
    """What a network gives in the end, (n, outputs), and beside it the pooled output of one of its layers, (n, dim)."""

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return both, (n, outputs + dim), from one run."""
        rows: list[torch.Tensor] = []
        with _capturing:
            hook = self.network.get_submodule(self.layer).register_forward_hook(
                lambda _layer, _inputs, output: rows.append(output.clone())
            )
            try:
                outputs = self.network(inputs)
            finally:
                hook.remove()
        described = rows[-1] if rows[-1].ndim == 2 else POOLINGS[self.pooling](rows[-1])
        return torch.cat([outputs.float(), described.float()], dim=1)


class FeatureExtractor(LayerDescriptor):
    """A registered network, used up to one of its layers.

    Parameters
    ----------
    architecture, arguments
        The network, as `sonolux.models.registry.build` takes them.
    layer, pooling
        See `LayerDescriptor`, which does the same to a network that is built already.

    Raises
    ------
    EncoderError
        For an architecture that is not registered.
    ValueError
        For an unknown layer or pooling.
    """

    def __init__(self, architecture: str, arguments: dict[str, Any], layer: str, pooling: str = "avg") -> None:
        super().__init__(registry.build(architecture, arguments), layer, pooling)


def layer_names(network: nn.Module) -> list[str]:
    """Return the names of the layers and stages of a network, in the order in which they are registered.

    That is the order in which the networks here run. The links of chains are listed, the insides of blocks are not,
    though they can be named as well.
    """
    seen: set[nn.Module] = set()
    return list(_names(network, "", seen))


def _names(network: nn.Module, prefix: str, seen: set[nn.Module]) -> Iterator[str]:
    for name, child in network.named_children():
        if child not in seen:
            seen.add(child)
            if not isinstance(child, LISTS):
                yield prefix + name
            if isinstance(child, (nn.Sequential, *LISTS)):
                yield from _names(child, f"{prefix}{name}.", seen)


def _run_to(network: nn.Module, layer: str, inputs: torch.Tensor) -> Any:
    # A subclass may run its children in a way of its own.
    if type(network).forward is not nn.Sequential.forward:
        return _capture(network, layer, inputs)
    wanted, _, inside = layer.partition(".")
    for name, child in network.named_modules(remove_duplicate=False):
        if not name or "." in name:  # the network itself, or what a child holds
            continue
        if name == wanted:
            return _run_to(child, inside, inputs) if inside else child(inputs)
        inputs = child(inputs)
    raise AssertionError(f"{layer} was there when the extractor was made")


def _capture(network: nn.Module, layer: str, inputs: torch.Tensor) -> Any:
    captured: list[Any] = []
    with _capturing:
        # A copy: the layer after it may work in place.
        hook = network.get_submodule(layer).register_forward_hook(
            lambda _layer, _inputs, output: captured.append(output.clone() if torch.is_tensor(output) else output)
        )
        try:
            network(inputs)
        finally:
            hook.remove()
    if not captured:
        raise ValueError(f"layer {layer} does not take part in what this network computes")
    return captured[-1]

"""Layer shapes: the output of each layer of a network, found by running it once without its weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from sonolux.checkpoints.outputs import Descriptor
from sonolux.errors import EncoderError

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer of a network for images.

    Attributes
    ----------
    name : str
        Its dotted name.
    shape : tuple of int
        What it gives for one image: (channels, height, width), (tokens, n) of a transformer, or (n,).
    parameters : int
        Its own and those of its parts.
    """

    name: str
    shape: tuple[int, ...]
    parameters: int


POOLINGS: tuple[str, ...] = get_args(Descriptor.model_fields["pooling"].annotation)


def layer_suffix(spec: str, layer: str, pooling: str) -> str:
    """Return what stands after a model in the name of one of its layers; EncoderError for an unknown pooling."""
    suffix = f"@{layer}" if pooling == "avg" else f"@{layer}:{pooling}"
    if pooling not in POOLINGS:
        raise EncoderError(f"{spec}{suffix}: pooling must be one of {', '.join(POOLINGS)}, not {pooling!r}")
    return suffix


def layers_run(network: nn.Module, names: Iterable[str], run: Callable[[], Any]) -> list[Layer]:
    """Return those of the named layers that give tensors, in the order in which they are done.

    Parameters
    ----------
    network : torch module
        On the meta device, where nothing is computed.
    names : iterable of str
    run : callable
        Runs the network on one image.
    """
    from torch import Tensor

    given: dict[str, tuple[int, ...]] = {}

    def note(name: str, outputs: Any) -> None:
        if isinstance(outputs, Tensor):
            given[name] = tuple(outputs.shape[1:])

    for name in names:
        network.get_submodule(name).register_forward_hook(lambda _, __, outputs, name=name: note(name, outputs))
    run()
    return [
        Layer(name, shape, sum(weights.numel() for weights in network.get_submodule(name).parameters()))
        for name, shape in given.items()
    ]

"""A layer of a checkpoint of the hub as a descriptor: the maps of a convolutional network, the tokens of a transformer.

Tokens are the features of a place each; those that stand for no place, the class token and registers, are left out.
Blocks of ConvNeXt turn maps around between their convolutions and their linear layers, so that their insides do not
tell what is a channel; they can be named as wholes only.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sonolux.checkpoints.digest import digest_of
from sonolux.encoders.hub.encoder import HubEncoder
from sonolux.encoders.hub.pictures import Pixels
from sonolux.encoders.hub.pooled import PooledImage
from sonolux.encoders.trained.layer_shapes import Layer, layer_suffix, layers_run
from sonolux.errors import EncoderError
from sonolux.types import Modality

if TYPE_CHECKING:
    import torch
    from torch import nn

DEEPEST = 2
"""Numbers in the name of a layer that is listed, of its stage and its block; what lies deeper can be named as well."""

_listening = threading.Lock()
"""A hook belongs to a network, not to a call, so that two threads at once would hear each other."""


class HubLayer(HubEncoder):
    """The pooled output of one layer: float vectors, compared by cosine.

    Parameters
    ----------
    whole : PooledImage
        The encoder by the whole network, whose weights it shares.
    layer : str
        As `hub_layers` lists it: ``"encoder.stages.2"``, ``"encoder.layer.5"``.
    pooling : {"avg", "max", "gem", "flatten"}
        See `sonolux.models.pooling`.

    Raises
    ------
    EncoderError
        Where there is no such pooling; at the first use, where there is no such layer.
    """

    def __init__(self, whole: PooledImage, layer: str, pooling: str = "avg") -> None:
        suffix = layer_suffix(whole.spec, layer, pooling)
        self.whole = whole
        self.layer = layer
        self.pooling = pooling
        super().__init__(whole.checkpoint, Modality.IMAGE, None)
        self.name = f"{whole.name}{suffix}"
        self.spec += suffix
        self.space += suffix

    @cached_property
    def digest(self) -> str:  # type: ignore[override]
        """Of the checkpoint, the layer and the pooling."""
        return digest_of(self.checkpoint.digest, self.layer, self.pooling)

    def encode_batch(self, batch: Sequence[Pixels]) -> NDArray[np.float32]:
        """Encode images (h, w, 3) into rows (n, dim)."""
        _ = self.dim  # a layer that is not there is refused before weights are loaded
        network = self.whole.network
        inputs = self.whole.images.tensors(batch)
        return network.rows(lambda **placed: self._pooled(network.model, placed), inputs)

    @cached_property
    def dim(self) -> int:  # type: ignore[override]
        """How many numbers the layer gives, found by running the network once without its weights.

        Raises
        ------
        EncoderError
            Where there is no such layer, or it gives neither vectors nor maps.
        """
        model, inputs = _bare(self.whole)
        if self.layer not in list(_nameable(model)):
            there = ", ".join(layer.name for layer in _listed(model, inputs))
            raise EncoderError(f"{self.spec}: no layer {self.layer!r}: there are {there}")
        try:
            return int(self._pooled(model, inputs).shape[1])
        except ValueError as error:
            raise EncoderError(f"{self.spec}: {error}") from error

    def _pooled(self, model: nn.Module, inputs: dict[str, Any]) -> torch.Tensor:
        from sonolux.models.pooling import POOLINGS

        outputs = _heard(model, self.layer, inputs)
        if outputs.ndim == 2:
            return outputs
        return POOLINGS[self.pooling](_maps(outputs, self.layer, _places(model, inputs)))


def hub_layers(whole: PooledImage) -> list[Layer]:
    """Return the stages and blocks of a network, in the order in which they are done."""
    return _listed(*_bare(whole))


def _bare(whole: PooledImage) -> tuple[Any, dict[str, Any]]:
    """Return the network without its weights, and one image as it takes them, of which only the shape is known."""
    inputs = whole.images.tensors([np.zeros((64, 64, 3), np.uint8)])
    return whole.network.without_weights(), {name: tensor.to("meta") for name, tensor in inputs.items()}


def _places(model: Any, inputs: dict[str, Any]) -> int:
    """Return how many patches a transformer sees; 0 for other networks."""
    height, width = inputs["pixel_values"].shape[-2:]
    side = getattr(model.config, "patch_size", 0)
    return (height // side) * (width // side) if side else 0


def _listed(model: Any, inputs: dict[str, Any]) -> list[Layer]:
    names = [name for name in _nameable(model) if _is_stage_or_block(name)]
    places = _places(model, inputs)
    return [layer for layer in layers_run(model, names, lambda: model(**inputs)) if _can_be_pooled(layer, places)]


def _can_be_pooled(layer: Layer, places: int) -> bool:
    return len(layer.shape) in (1, 3) or (len(layer.shape) == 2 and 0 < places <= layer.shape[0])


def _is_stage_or_block(name: str) -> bool:
    parts = name.split(".")
    numbers = sum(part.isdigit() for part in parts)
    return (parts[-1].isdigit() and numbers <= DEEPEST) or len(parts) == 1


def _nameable(model: nn.Module) -> Iterator[str]:
    turning = [f"{name}." for name, module in model.named_modules() if _turns_maps(module)]
    for name, _ in model.named_modules():
        if name and not name.startswith(tuple(turning)):
            yield name


def _turns_maps(module: nn.Module) -> bool:
    from torch import nn

    kinds = [type(child) for child in module.children()]
    return nn.Conv2d in kinds and nn.Linear in kinds


def _heard(model: nn.Module, layer: str, inputs: dict[str, Any]) -> torch.Tensor:
    """Run a network and return what one of its layers gives.

    Raises
    ------
    ValueError
        Where that is no tensor, or the layer is not used.
    """
    from torch import Tensor

    heard: list[Any] = []
    with _listening:
        hook = model.get_submodule(layer).register_forward_hook(lambda _layer, _inputs, outputs: heard.append(outputs))
        try:
            model(**inputs)
        finally:
            hook.remove()
    if not heard or not isinstance(heard[-1], Tensor):
        raise ValueError(f"layer {layer} gives neither vectors nor maps, so it cannot be pooled")
    return heard[-1]


def _maps(outputs: torch.Tensor, layer: str, places: int) -> torch.Tensor:
    """Return maps (n, channels, height, width): as they are, or tokens (n, tokens, dim) as one column of places.

    Raises
    ------
    ValueError
        For outputs of another kind.
    """
    if outputs.ndim == 4:
        return outputs
    if outputs.ndim != 3 or not 0 < places <= outputs.shape[1]:
        raise ValueError(f"layer {layer} gives neither vectors nor maps, so it cannot be pooled")
    # The tokens of patches come last, after the class token and registers.
    return outputs[:, -places:].transpose(1, 2).unsqueeze(-1)

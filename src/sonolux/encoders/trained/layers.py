"""Layers of a trained network as descriptors: ``MODEL@LAYER`` or ``MODEL@LAYER:POOLING``.

Early layers tell colours and textures, late ones what was trained for; what serves best lies between, and differs from
question to question (Babenko et al. 2014, "Neural codes for image retrieval", ECCV).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sonolux.checkpoints.digest import digest_of
from sonolux.checkpoints.folder import ModelFolder
from sonolux.checkpoints.outputs import Descriptor
from sonolux.encoders.base import Encoder
from sonolux.encoders.trained.encoder import TrainedEncoder
from sonolux.encoders.trained.layer_shapes import Layer, layer_suffix, layers_run
from sonolux.errors import EncoderError
from sonolux.models import registry

if TYPE_CHECKING:
    from torch import nn


class LayerEncoder(TrainedEncoder):
    """The pooled output of one layer of a model folder: float vectors, compared by cosine.

    Parameters
    ----------
    whole : TrainedEncoder
        The encoder by the whole network, whose weights it shares.
    layer : str
        As `sonolux.models.feature_extractor.layer_names` gives it: ``"stage2"``, ``"layer3.0.conv1"``.
    pooling : {"avg", "max", "gem", "flatten"}
        See `sonolux.models.pooling`.
    dim : int, optional
        How many numbers the layer gives, where that is known.

    Raises
    ------
    EncoderError
        Where there is no such pooling; at the first use, where there is no such layer.
    """

    def __init__(self, whole: TrainedEncoder, layer: str, pooling: str = "avg", dim: int | None = None) -> None:
        super().__init__(whole.folder)
        if dim is not None:
            self.dim = dim
        suffix = layer_suffix(self.spec, layer, pooling)
        self.whole = whole
        self.layer = layer
        self.pooling = pooling
        self.name += suffix
        self.spec += suffix
        self.space += suffix
        self.kind = "float"
        self.metric = "cosine"
        self.digest = digest_of(self.folder.digest, layer, pooling)

    @cached_property
    def dim(self) -> int:  # type: ignore[override]
        """How many numbers the layer gives, found by running the network once without its weights.

        Raises
        ------
        EncoderError
            Where there is no such layer, or it gives neither vectors nor maps.
        """
        from sonolux.models.feature_extractor import LayerDescriptor

        try:
            network, image = _bare(self.folder)
            return int(LayerDescriptor(network, self.layer, self.pooling)(image).shape[1])
        except ValueError as error:
            raise EncoderError(f"{self.spec}: {error}") from error

    @cached_property
    def descriptor(self) -> Descriptor:
        """The layer that describes, and how its maps are pooled."""
        return Descriptor.model_validate(
            {"space": self.space, "dim": self.dim, "layer": self.layer, "pooling": self.pooling}
        )

    @cached_property
    def network(self) -> nn.Module:
        """The whole network; the first use loads its weights."""
        return self.whole.network


def encoder_at(whole: Encoder, layer: str, pooling: str = "avg") -> Encoder:
    """Return the encoder by a layer of what `network_called` gives."""
    if isinstance(whole, TrainedEncoder):
        return LayerEncoder(whole, layer, pooling)
    from sonolux.encoders.hub.layers import HubLayer
    from sonolux.encoders.hub.pooled import PooledImage

    assert isinstance(whole, PooledImage)
    return HubLayer(whole, layer, pooling)


def layers_of(whole: Encoder) -> Sequence[Layer]:
    """Return the layers of what `network_called` gives, in the order in which they are done; blocks count as one."""
    if isinstance(whole, TrainedEncoder):
        from sonolux.models.feature_extractor import layer_names

        network, image = _bare(whole.folder)
        return layers_run(network, layer_names(network), lambda: network(image))
    from sonolux.encoders.hub.layers import hub_layers
    from sonolux.encoders.hub.pooled import PooledImage

    assert isinstance(whole, PooledImage)
    return hub_layers(whole)


def _bare(folder: ModelFolder) -> tuple[nn.Module, Any]:
    """Return the network without its weights, and one image of which only the shape is known."""
    import torch

    how = folder.images
    channels = 1 if how.channels == "grey" else 3
    with torch.device("meta"):
        network = registry.build(folder.architecture.name, folder.architecture.arguments)
        return network.eval(), torch.empty(1, channels, how.height, how.width)

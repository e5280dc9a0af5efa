"""ResNet, ConvNeXt and ConvNeXt V2: images alone, as they look before a class is named: the mean of the last map.

K. He et al., CVPR 2016; Z. Liu et al., "A ConvNet for the 2020s", CVPR 2022; S. Woo et al., "ConvNeXt V2", CVPR 2023.
"""

from __future__ import annotations

from sonolux.encoders.base import Encoder
from sonolux.encoders.hub.checkpoint import Checkpoint
from sonolux.encoders.hub.network import Network
from sonolux.encoders.hub.pictures import Images
from sonolux.encoders.hub.pooled import PooledImage


def resnet_encoders(checkpoint: Checkpoint) -> list[Encoder]:
    """Return the encoder of a ResNet checkpoint."""
    return _encoders(checkpoint, [256, 512, 1024, 2048])


def convnext_encoders(checkpoint: Checkpoint) -> list[Encoder]:
    """Return the encoder of a ConvNeXt checkpoint, of either version."""
    return _encoders(checkpoint, [96, 192, 384, 768])


def _encoders(checkpoint: Checkpoint, usual: list[int]) -> list[Encoder]:
    # A configuration leaves out what is as usual: transformers' own defaults.
    dim = (checkpoint.config.get("hidden_sizes") or usual)[-1]
    return [PooledImage(Network(checkpoint), dim, Images(checkpoint))]

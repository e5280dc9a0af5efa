"""DINOv2 and DINOv3: images alone, by what they show (M. Oquab et al., TMLR 2024; O. Simeoni et al., 2025).

What is pooled is the class token after the last layer norm; for ConvNeXt, the mean of the last map.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sonolux.encoders.base import Encoder
from sonolux.encoders.hub.checkpoint import Checkpoint
from sonolux.encoders.hub.network import Network
from sonolux.encoders.hub.pictures import Images, Pixels, within_proportions
from sonolux.encoders.hub.pooled import PooledImage

if TYPE_CHECKING:
    import torch

IMAGENET_MEAN, IMAGENET_DEVIATION = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


class Dinov3Images(Images):
    """The preprocessing of DINOv3, for which transformers has none without torchvision.

    In this order: scale to [0, 1], resize to a square (bilinear, antialiased), normalise.
    """

    def tensors(self, batch: Sequence[Pixels]) -> dict[str, torch.Tensor]:
        """Return pixel values (n, 3, height, width)."""
        import torch
        from torch.nn.functional import interpolate

        settings: dict[str, Any] = self.checkpoint.read("preprocessor_config.json")
        size = settings.get("size", {"height": 224, "width": 224})
        mean = torch.tensor(settings.get("image_mean", IMAGENET_MEAN)).view(3, 1, 1)
        deviation = torch.tensor(settings.get("image_std", IMAGENET_DEVIATION)).view(3, 1, 1)
        resized = []
        for pixels in batch:
            scaled = torch.tensor(within_proportions(pixels)).permute(2, 0, 1)[None] / 255
            shape = (size["height"], size["width"])
            resized.append(interpolate(scaled, shape, mode="bilinear", antialias=True)[0])
        return {"pixel_values": (torch.stack(resized) - mean) / deviation}


def dinov2_encoders(checkpoint: Checkpoint) -> list[Encoder]:
    """Return the encoder of a DINOv2 checkpoint, with or without registers."""
    dim = checkpoint.config.get("hidden_size", 768)
    return [PooledImage(Network(checkpoint), dim, Images(checkpoint))]


def dinov3_encoders(checkpoint: Checkpoint) -> list[Encoder]:
    """Return the encoder of a DINOv3 checkpoint."""
    dim = checkpoint.config.get("hidden_size", 384)
    return [PooledImage(Network(checkpoint), dim, Dinov3Images(checkpoint))]


def dinov3_convnext_encoders(checkpoint: Checkpoint) -> list[Encoder]:
    """Return the encoder of a DINOv3 ConvNeXt checkpoint."""
    dim = checkpoint.config.get("hidden_sizes", [768])[-1]
    return [PooledImage(Network(checkpoint), dim, Dinov3Images(checkpoint))]

"""Image tower: EfficientNet-Lite as far as it pools, and the directions on which what it pools is described.

A tower can be parted at a layer: what comes before stays as it is and is computed once, what follows learns on. That is
half of transfer learning (J. Yosinski et al., "How transferable are features in deep neural networks?", NeurIPS 2014):
early layers serve any task, late ones what they were trained for.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.functional import normalize

from sonolux.models.efficientnet_lite import HEAD, EfficientNetLite

FLOOR = 1e-6
"""Of what is pooled, before its root is taken: the slope of a root has no bound at 0."""


class PhotoTower(nn.Module):
    """Images (n, 3, side, side) to descriptors (n, outputs) of length 1, as encoders give what is compared by cosine.

    Parameters
    ----------
    variant : int
        Of EfficientNet-Lite.
    outputs : int
        Directions on which roots of what is pooled are described; 0 for what is pooled, 1,280 numbers.
    """

    def __init__(self, variant: int = 0, outputs: int = 0) -> None:
        super().__init__()
        network = EfficientNetLite(variant, 1)
        self.stem, self.blocks, self.head = network.stem, network.blocks, network.head
        self.description = Description(outputs)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return descriptors."""
        described: torch.Tensor = self.description(self.head(self.blocks(self.stem(images))))
        return described

    def layers(self) -> dict[str, nn.Module]:
        """Return the layers that compute maps by their names, in the order in which they run."""
        blocks = {f"blocks.{number}": block for number, block in enumerate(self.blocks)}
        return {"stem": self.stem, **blocks, "head": self.head}

    def parted(self, layer: str) -> tuple[nn.Sequential, nn.Sequential]:
        """Return what comes before a layer, images to maps, and it with all that follows, maps to descriptors.

        Raises
        ------
        ValueError
            Where there is no such layer.
        """
        layers = self.layers()
        if layer not in layers:
            raise ValueError(f"no layer {layer!r} to thaw from: there are {', '.join(layers)}")
        place = list(layers).index(layer)
        modules = list(layers.values())
        return nn.Sequential(*modules[:place]), nn.Sequential(*modules[place:], self.description)


class Description(nn.Module):
    """Maps (n, 1280, h, w), pooled, to descriptors of length 1: as they are, or their roots on directions.

    Parameters
    ----------
    outputs : int
        Directions; 0 for none.

    Attributes
    ----------
    axes : tensor, shape (1280, outputs)
        Filled by whoever makes the tower; not learned.
    """

    axes: torch.Tensor

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.outputs = outputs
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.register_buffer("axes", torch.zeros(HEAD, outputs))

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Return descriptors, (n, outputs) or (n, 1280)."""
        pooled: torch.Tensor = self.pool(maps)
        if not self.outputs:
            return normalize(pooled)
        return normalize(pooled.float().clamp_min(FLOOR).sqrt() @ self.axes)

"""Networks that see images alone: what they pool of the last layer is the descriptor."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sonolux.encoders.hub.encoder import HubEncoder
from sonolux.encoders.hub.network import Network
from sonolux.encoders.hub.pictures import Images, Pixels
from sonolux.types import Modality


class PooledImage(HubEncoder):
    """Images, through a network and its own way to pool."""

    def __init__(self, network: Network, dim: int, images: Images) -> None:
        super().__init__(network.checkpoint, Modality.IMAGE, dim)
        self.network = network
        self.images = images

    def encode_batch(self, batch: Sequence[Pixels]) -> NDArray[np.float32]:
        """Encode images (h, w, 3) into rows (n, dim)."""
        return self.network.outputs(self.network.model, self.images.tensors(batch))

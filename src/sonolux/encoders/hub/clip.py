"""CLIP: images and text in one space (A. Radford et al., ICML 2021)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.encoders.base import Encoder
from sonolux.encoders.hub.checkpoint import Checkpoint
from sonolux.encoders.hub.encoder import HubEncoder
from sonolux.encoders.hub.network import Network
from sonolux.encoders.hub.pictures import Images, Pixels
from sonolux.encoders.text import encodable
from sonolux.types import Modality


class ClipImage(HubEncoder):
    """Images; SigLIP's are encoded the same way."""

    def __init__(self, network: Network, dim: int) -> None:
        super().__init__(network.checkpoint, Modality.IMAGE, dim)
        self.network = network
        self.images = Images(self.checkpoint)

    def encode_batch(self, batch: Sequence[Pixels]) -> NDArray[np.float32]:
        """Encode images (h, w, 3) into rows (n, dim)."""
        inputs = self.images.tensors(batch)
        return self.network.outputs(self.network.model.get_image_features, inputs)


class ClipText(HubEncoder):
    """Text, cut where the network's memory ends: 77 tokens in every published CLIP."""

    def __init__(self, network: Network, dim: int, length: int) -> None:
        network.checkpoint.require_tokenizer()
        super().__init__(network.checkpoint, Modality.TEXT, dim)
        self.network = network
        self.length = length

    def encode_batch(self, batch: Sequence[str]) -> NDArray[np.float32]:
        """Encode strings into rows (n, dim)."""
        inputs = self.network.tokenizer(
            [encodable(text) for text in batch],
            padding=True,
            truncation=True,
            max_length=self.length,
            return_tensors="pt",
        )
        tokens = {"input_ids": inputs["input_ids"], "attention_mask": inputs["attention_mask"]}
        return self.network.outputs(self.network.model.get_text_features, tokens)


def encoders(checkpoint: Checkpoint) -> list[Encoder]:
    """Return the two encoders of a CLIP checkpoint."""
    config: dict[str, Any] = checkpoint.config
    network, dim = Network(checkpoint), config.get("projection_dim", 512)
    length = config.get("text_config", {}).get("max_position_embeddings", 77)
    return [ClipImage(network, dim), ClipText(network, dim, length)]

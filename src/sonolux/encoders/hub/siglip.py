"""SigLIP and SigLIP 2: images and text in one space (X. Zhai et al., ICCV 2023; M. Tschannen et al., 2025).

The fixed-resolution SigLIP 2 checkpoints say ``siglip`` in their configuration, the NaFlex ones ``siglip2``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sonolux.encoders.base import Encoder
from sonolux.encoders.hub.checkpoint import Checkpoint
from sonolux.encoders.hub.clip import ClipImage
from sonolux.encoders.hub.encoder import HubEncoder
from sonolux.encoders.hub.network import Network
from sonolux.encoders.text import encodable
from sonolux.types import Modality


class SiglipText(HubEncoder):
    """Text as in training: lower case, always padded to the full 64 tokens, the padding attended to."""

    def __init__(self, network: Network, dim: int, length: int) -> None:
        network.checkpoint.require_tokenizer()
        super().__init__(network.checkpoint, Modality.TEXT, dim)
        self.network = network
        self.length = length

    def encode_batch(self, batch: Sequence[str]) -> NDArray[np.float32]:
        """Encode strings into rows (n, dim)."""
        inputs = self.network.tokenizer(
            [encodable(text).lower() for text in batch],
            padding="max_length",
            truncation=True,
            max_length=self.length,
            return_tensors="pt",
        )
        tokens = {"input_ids": inputs["input_ids"]}
        return self.network.outputs(self.network.model.get_text_features, tokens)


def encoders(checkpoint: Checkpoint) -> list[Encoder]:
    """Return the two encoders of a SigLIP checkpoint."""
    vision = checkpoint.config.get("vision_config", {})
    text = checkpoint.config.get("text_config", {})
    network, dim = Network(checkpoint), vision.get("hidden_size", 768)
    length = text.get("max_position_embeddings", 64)
    return [ClipImage(network, dim), SiglipText(network, dim, length)]

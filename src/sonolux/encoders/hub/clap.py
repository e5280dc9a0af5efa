"""CLAP: sound and text in one space (Y. Wu et al., ICASSP 2023)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.encoders.base import Encoder
from sonolux.encoders.hub.checkpoint import Checkpoint
from sonolux.encoders.hub.clip import ClipText
from sonolux.encoders.hub.encoder import HubEncoder
from sonolux.encoders.hub.network import Network, load
from sonolux.types import Modality

SAMPLE_RATE = 48000
RESERVED_POSITIONS = 2  # RoBERTa counts positions from two


class ClapAudio(HubEncoder):
    """Sound: the middle ten seconds, shorter ones repeated, as mel spectrograms.

    The published processor cuts longer sounds at random; the middle is taken first, so that the same sound always
    gives the same row.
    """

    batch_size = 8

    def __init__(self, network: Network, dim: int, sample_rate: int) -> None:
        super().__init__(network.checkpoint, Modality.AUDIO, dim)
        self.network = network
        self.sample_rate = sample_rate

    def encode_batch(self, batch: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """Encode samples into rows (n, dim)."""
        import torch

        features = self._extractor(
            [self._middle(samples) for samples in batch],
            sampling_rate=self.sample_rate,
            return_tensors="pt",
        )["input_features"]
        # The extractor marks one sound of each batch as long, at random; none is.
        inputs = {"input_features": features, "is_longer": torch.zeros(len(batch), 1, dtype=torch.bool)}
        return self.network.outputs(self.network.model.get_audio_features, inputs)

    def _middle(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        longest = int(self._extractor.nb_max_samples)
        start = max(0, len(samples) - longest) // 2
        return samples[start : start + longest] if len(samples) else np.zeros(1, np.float32)

    @cached_property
    def _extractor(self) -> Any:
        from transformers import AutoFeatureExtractor

        return load(AutoFeatureExtractor.from_pretrained, self.checkpoint)


def encoders(checkpoint: Checkpoint) -> list[Encoder]:
    """Return the two encoders of a CLAP checkpoint."""
    config = checkpoint.config
    network, dim = Network(checkpoint), config.get("projection_dim", 512)
    positions = config.get("text_config", {}).get("max_position_embeddings", 514)
    rate = checkpoint.read("preprocessor_config.json").get("sampling_rate", SAMPLE_RATE)
    return [ClapAudio(network, dim, rate), ClipText(network, dim, positions - RESERVED_POSITIONS)]

"""Sounds by the encoder of Whisper tiny.en, which a package brings: 384 numbers, compared by cosine.

A. Radford et al., "Robust speech recognition via large-scale weak supervision", ICML 2023. What the encoder makes of
every 20 ms is read by a decoder that writes down speech; its mean tells what is said, and, because the network had to
tell speech from all else that is on the web, other sounds as well (Y. Gong et al., "Whisper-AT: Noise-robust automatic
speech recognizers are also strong general audio event taggers", Interspeech 2023).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.checkpoints.digest import digest_of
from sonolux.checkpoints.loading import LoadedOnce
from sonolux.encoders.base import LEARNED, Encoder
from sonolux.encoders.packaged.package import Package
from sonolux.encoders.packaged.packages import SPEECH, WHISPER
from sonolux.errors import EncoderError
from sonolux.extras import extras_named
from sonolux.types import Modality

RATE = 16_000
"""Hertz."""

BLOCK = 30 * RATE
"""Samples that the network hears at once, at most, as in its training."""

LEAST = RATE // 10
"""Samples, to which shorter sounds are filled up with silence."""

VERSION = 1
"""Of what is done around the weights; changes the digest."""


class WhisperEncoder(Encoder):
    """What is said, or sounds, 384 numbers compared by cosine; nothing of silence.

    Parameters
    ----------
    package : Package
    """

    name = spec = space = "whisper"
    modality = Modality.AUDIO
    sample_rate = RATE
    dim = 384
    weight = LEARNED

    def __init__(self, package: Package = SPEECH) -> None:
        self.package = package
        self.licence = package.licence
        self._model = LoadedOnce(self._loaded)

    @property
    def digest(self) -> str:  # type: ignore[override]
        """Of the pinned weights, and of what is around them."""
        return digest_of(self.package.digest, BLOCK, LEAST, VERSION)

    def encode_batch(self, batch: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """Encode samples at 16,000 Hz into rows (n, 384); zeros for silence."""
        return np.stack([self._heard(samples) for samples in batch])

    def _heard(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        if not samples.any():
            return np.zeros(self.dim, np.float32)
        starts = range(0, len(samples), BLOCK)
        states = np.concatenate([self._states(samples[start : start + BLOCK]) for start in starts])
        mean: NDArray[np.float32] = states.mean(axis=0, dtype=np.float32)
        return mean

    def _states(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what the network makes of every 20 ms of at most 30 s, (n, 384)."""
        model = self._model()
        filled = np.pad(block, (0, max(0, LEAST - len(block))))
        frames = model.feature_extractor(filled)[:, : BLOCK // model.feature_extractor.hop_length]
        states: NDArray[np.float32] = np.array(model.encode(frames), np.float32)[0]
        return states

    def _loaded(self) -> Any:
        with extras_named("hearing as Whisper does", EncoderError):
            from faster_whisper import WhisperModel
        folder = self.package.folder(f"{WHISPER}config.json")
        return WhisperModel(str(folder), device="cpu", compute_type="float32", local_files_only=True)


def whisper() -> Encoder:
    """Return the descriptor of what is said, or sounds."""
    return WhisperEncoder()

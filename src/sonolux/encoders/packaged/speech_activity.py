"""Voice activity detection by the Silero network that faster-whisper brings: is somebody speaking, for every 32 ms.

Silero Team, "Silero VAD: pre-trained enterprise-grade voice activity detector", 2021, version 6, MIT licence.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import EncoderError
from sonolux.extras import extras_named

RATE = 16_000
"""Hertz."""

CHUNK = 512
"""Samples of which each answer is."""

AT_ONCE = 60 * RATE // CHUNK * CHUNK
"""Samples that are looked at together; the network takes some fifty times their memory."""


def speech_probabilities(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the probability of speech in each chunk of 512 samples at 16,000 Hz, (ceil(n / 512),).

    Raises
    ------
    EncoderError
        Where faster-whisper is not installed, with the command that brings it.
    """
    with extras_named("telling where somebody speaks", EncoderError):
        from faster_whisper.vad import get_vad_model
    network = get_vad_model()
    padded = np.pad(samples, (0, -len(samples) % CHUNK))
    heard = [network(padded[start : start + AT_ONCE]).ravel() for start in range(0, len(padded), AT_ONCE)]
    return np.concatenate([np.empty(0, np.float32), *heard]).astype(np.float32)


def activity_version() -> str:
    """Return the version of the package whose network decides, empty where it is not installed."""
    try:
        return version("faster-whisper")
    except PackageNotFoundError:
        return ""

"""Statistics of chroma: which notes sound, whatever their octave, instrument and loudness."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sonolux.checkpoints.digest import digest_of
from sonolux.encoders.base import Encoder
from sonolux.encoders.classical.analysis import FRAME, HOP, SAMPLE_RATE
from sonolux.features.chroma import chroma_filters, pitch_class_shares
from sonolux.features.fourier import power_spectrogram
from sonolux.types import Modality


class Chroma(Encoder):
    """Mean and deviation over time of the twelve pitch classes, from C up: 24 numbers.

    The mean of the twelve is taken off each half, so that the cosine is a correlation of note profiles, as where keys
    are found: 0 between sounds that have nothing in common, not close to 1. Silence has no notes: a row of zeros.

    References
    ----------
    T. Fujishima, "Realtime chord recognition of musical sound", ICMC 1999. C. L. Krumhansl, "Cognitive Foundations of
    Musical Pitch", 1990, for the correlation of profiles.
    """

    name = spec = space = "chroma"
    weight = 0.39
    modality = Modality.AUDIO
    sample_rate = SAMPLE_RATE
    dim = 24

    def __init__(self) -> None:
        self.digest = digest_of(self.name, 1, SAMPLE_RATE, FRAME, HOP)

    def encode_batch(self, batch: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """Encode samples at 22,050 Hz into rows (n, 24): means, then deviations."""
        return np.stack([chroma_statistics(samples) for samples in batch])


def chroma_statistics(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the descriptor of one sound, (24,)."""
    power = power_spectrogram(samples.astype(np.float32, copy=False), FRAME, HOP)
    notes = pitch_class_shares(power @ chroma_filters(SAMPLE_RATE, FRAME).T)
    mean, deviation = notes.mean(axis=0), notes.std(axis=0)
    return np.concatenate([mean - mean.mean(), deviation - deviation.mean()])

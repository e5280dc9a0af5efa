"""Statistics of mel-frequency cepstral coefficients: the colour of a sound, whatever its loudness and its notes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sonolux.checkpoints.digest import digest_of
from sonolux.encoders.base import Encoder
from sonolux.encoders.classical.analysis import FRAME, HOP, SAMPLE_RATE
from sonolux.features.cepstrum import deltas, mel_bands, mfcc
from sonolux.features.fourier import power_spectrogram
from sonolux.features.mel_scale import mel_filters
from sonolux.types import Modality

BANDS = 128
COEFFICIENTS = 20
LIFTER = 22  # as in HTK
RANGE_DB = 80.0  # below the loudest band of the sound nothing is heard
SILENCE_DB = 40.0  # frames so far below the loudest one are left out
DELTA_REACH = 4  # frames each way, as in librosa's default width of 9


class Mfcc(Encoder):
    """Mean, deviation and deviation of the slope of coefficients 1 to 19: 57 numbers.

    The cosine needs numbers of similar size around 0, so coefficient 0, the loudness, is left out, and the others,
    which shrink as their order grows, are liftered as in speech recognition. No constant comes from a data set.
    Silent frames would bring every sound with pauses close to every other, so they do not count.

    References
    ----------
    S. Davis and P. Mermelstein, "Comparison of parametric representations for monosyllabic word recognition", IEEE
    TASSP 28(4), 1980. G. Tzanetakis and P. Cook, "Musical genre classification of audio signals", IEEE TSAP 10(5),
    2002, for the statistics. S. Young et al., "The HTK Book", 5.3 and 5.9, for lifter and slope.
    """

    name = spec = space = "mfcc"
    weight = 1.9
    modality = Modality.AUDIO
    sample_rate = SAMPLE_RATE
    dim = 3 * (COEFFICIENTS - 1)

    def __init__(self) -> None:
        self.digest = digest_of(
            self.name, 1, SAMPLE_RATE, FRAME, HOP, COEFFICIENTS, LIFTER, RANGE_DB, SILENCE_DB, DELTA_REACH
        )

    def encode_batch(self, batch: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """Encode samples at 22,050 Hz into rows (n, 57): means, deviations, deviations of the slope."""
        return np.stack([mfcc_statistics(samples) for samples in batch])


def mfcc_statistics(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the descriptor of one sound, (57,)."""
    power = power_spectrogram(samples.astype(np.float32, copy=False), FRAME, HOP)
    mel = mel_bands(power, mel_filters(SAMPLE_RATE, FRAME, BANDS))
    timbre = liftered(mfcc(mel, COEFFICIENTS, RANGE_DB))[:, 1:]
    slope = deltas(timbre, DELTA_REACH)
    heard = audible_frames(power)
    timbre, slope = timbre[heard], slope[heard]
    return np.concatenate([timbre.mean(axis=0), timbre.std(axis=0), slope.std(axis=0)])


def liftered(coefficients: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weigh the coefficients of each frame by HTK's sinusoidal lifter, which lifts the higher ones."""
    order = np.arange(coefficients.shape[1], dtype=np.float32)
    weights = 1 + LIFTER / 2 * np.sin(np.pi * order / LIFTER)
    return coefficients * weights.astype(np.float32)


def audible_frames(power: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Tell which frames are within 40 dB of the loudest; in silence, all are."""
    energy = power.sum(axis=1)
    heard: NDArray[np.bool_] = energy >= energy.max() * 10 ** (-SILENCE_DB / 10)
    return heard

"""The constant-Q transform: a spectrum whose lines are the notes, and chroma, the notes whatever their octave.

J. C. Brown, "Calculation of a constant Q spectral transform", JASA 89(1), 1991. Each filter is a complex wave under
Hann's window, as many periods long as half a step of pitch needs to be told apart, scaled as librosa scales it: by the
root of its length, after its absolute values sum to 1.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from sonolux.features.chroma import pitch_class_shares
from sonolux.features.filterbank import filtered, padded

LOWEST = 440.0 * 2 ** (-45 / 12)
"""Hertz of C1, the lowest C of a piano."""


def cqt(
    samples: torch.Tensor, rate: int, hop: int = 512, lowest: float = LOWEST, bins: int = 84, octave: int = 12
) -> torch.Tensor:
    """Return the constant-Q transform, complex (..., 1 + n // hop, bins).

    Parameters
    ----------
    samples : tensor, shape (..., n)
    rate : int
        Hertz.
    hop : int
        Samples from one frame to the next.
    lowest : float
        Hertz of the first bin.
    bins : int
    octave : int
        Bins an octave.

    Raises
    ------
    ValueError
        Where the last bin would lie above half the rate.
    """
    pitches = lowest * 2.0 ** (np.arange(bins) / octave)
    if pitches[-1] * (1 + 1 / _quality(octave)) > rate / 2:
        raise ValueError(f"bins reach {pitches[-1]:.0f} Hz, too high for {rate} samples a second")
    lengths = _quality(octave) * rate / pitches
    length = padded(samples.shape[-1], int(lengths[0]) + 1, hop)
    return filtered(samples, _responses(pitches, lengths, rate, length), hop, length)


def chroma(constant_q: torch.Tensor, octave: int = 12) -> torch.Tensor:
    """Return the share of each pitch class in each frame, (..., frames, octave); the loudest class of a frame is 1.

    Parameters
    ----------
    constant_q : tensor, shape (..., frames, bins)
        Complex, its first bin of pitch class 0.
    octave : int
        Bins an octave.
    """
    bins = constant_q.shape[-1]
    power = torch.nn.functional.pad(constant_q.abs(), (0, -bins % octave))
    energy = power.reshape(*power.shape[:-1], -1, octave).sum(dim=-2)
    return pitch_class_shares(energy)


def _quality(octave: int) -> float:
    """Return how many periods a filter holds: bandwidth is 1 / Q of the pitch, the distance to the two neighbours."""
    step: float = 2.0 ** (2 / octave)
    return (step + 1) / (step - 1)


def _responses(pitches: np.ndarray, lengths: np.ndarray, rate: int, length: int) -> Iterator[torch.Tensor]:
    """Yield the frequency response of each pitch's filter."""
    for pitch, size in zip(pitches, lengths, strict=True):
        times = np.arange(np.floor(-size / 2), np.floor(size / 2))
        window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(len(times)) / len(times))
        wave = window * np.exp(2j * np.pi * pitch / rate * times)
        wave *= np.sqrt(size) / np.abs(wave).sum()
        placed = np.zeros(length, np.complex128)
        placed[(-times).astype(int) % length] = np.conj(wave)
        yield torch.from_numpy(np.fft.fft(placed))

"""The continuous wavelet transform: short filters for high pitches and long ones for low ones.

With the wavelet of J. Morlet et al., "Wave propagation and sampling theory", Geophysics 47(2), 1982: a complex wave
under a bell, here six radians in the bell's deviation, scaled so that a pure tone answers with half its amplitude at
any pitch.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from sonolux.features.filterbank import filtered, padded

CYCLES = 6.0
"""Radians of the wave in one deviation of the bell."""

REACH = 4.0
"""Deviations of the bell after which nothing is left of it."""


def scalogram(
    samples: torch.Tensor, rate: int, hop: int = 512, lowest: float = 32.7, octaves: int = 8, octave: int = 12
) -> torch.Tensor:
    """Return the absolute values of the wavelet transform, float (..., 1 + n // hop, bins), the lowest pitch first.

    Parameters
    ----------
    samples : tensor, shape (..., n)
    rate : int
        Hertz.
    hop : int
        Samples from one frame to the next.
    lowest : float
        Hertz of the first bin.
    octaves, octave : int
        How many octaves, and bins of each; those above half the rate are left out.
    """
    pitches = lowest * 2.0 ** (np.arange(octaves * octave) / octave)
    pitches = pitches[pitches < rate / 2]
    length = padded(samples.shape[-1], round(REACH * CYCLES * rate / (2 * np.pi * lowest)), hop)
    return filtered(samples, _responses(pitches, rate, length), hop, length).abs()


def _responses(pitches: np.ndarray, rate: int, length: int) -> Iterator[torch.Tensor]:
    """Yield the frequency response of each pitch's wavelet, a bell around the pitch."""
    frequencies = np.fft.fftfreq(length, 1 / rate)
    for pitch in pitches:
        yield torch.from_numpy(np.exp(-0.5 * (CYCLES * (frequencies / pitch - 1)) ** 2))

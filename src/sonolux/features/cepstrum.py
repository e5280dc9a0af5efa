"""Mel spectrograms and mel-frequency cepstral coefficients (MFCC), with their slopes; of arrays and tensors alike.

S. Davis and P. Mermelstein, "Comparison of parametric representations for monosyllabic word recognition", IEEE TASSP
28(4), 1980; S. Furui, "Speaker-independent isolated word recognition using dynamic features", IEEE TASSP 34(1), 1986,
for the slopes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.features.fourier import Array, dct, decibels, power_spectrogram


def mel_spectrogram(samples: Array, filters: NDArray[np.float32], hop: int = 512) -> Array:
    """Return the power in each band of pitch as heard, float (..., 1 + n // hop, bands).

    Parameters
    ----------
    samples : array or tensor, shape (..., n)
    filters : ndarray, shape (bands, frame // 2 + 1)
        As `sonolux.features.mel_scale.mel_filters` gives them for this rate and frame.
    hop : int
        Samples from one frame to the next.
    """
    return mel_bands(power_spectrogram(samples, 2 * (filters.shape[1] - 1), hop), filters)


def mel_bands(power: Array, filters: NDArray[np.float32]) -> Array:
    """Return the same of a power spectrogram (..., frames, frame // 2 + 1)."""
    bands: Any
    if isinstance(power, np.ndarray):
        bands = power @ filters.T
    else:
        import torch

        bands = power @ torch.from_numpy(filters.T).to(power)
    return bands  # type: ignore[no-any-return]


def mfcc(mel: Array, coefficients: int = 20, reach: float | None = 80.0) -> Array:
    """Return the cepstral coefficients of a mel spectrogram (..., frames, bands), float (..., frames, coefficients).

    `reach` is that of `sonolux.features.fourier.decibels`.
    """
    return dct(decibels(mel, reach), coefficients)


def deltas(rows: Array, reach: int = 4) -> Array:
    """Return the slope over time of the best line through each number, the ends held: (..., frames, n) as `rows`.

    Parameters
    ----------
    rows : array or tensor, shape (..., frames, n)
    reach : int
        Frames each way.
    """
    frames = rows.shape[-2]
    held = rows[..., np.clip(np.arange(-reach, frames + reach), 0, frames - 1), :]
    steps = range(-reach, reach + 1)
    slopes: Any = 0 * rows
    for step in steps:
        slopes += step / sum(each**2 for each in steps) * held[..., reach + step : reach + step + frames, :]
    return slopes  # type: ignore[no-any-return]

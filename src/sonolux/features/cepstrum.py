"""Mel spectrograms and mel-frequency cepstral coefficients, with their slopes.

S. Davis and P. Mermelstein, "Comparison of parametric representations for monosyllabic word recognition", IEEE TASSP
28(4), 1980; S. Furui, "Speaker-independent isolated word recognition using dynamic features", IEEE TASSP 34(1), 1986,
for the slopes.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from sonolux.features.fourier import dct, decibels, power_spectrogram


def mel_spectrogram(samples: torch.Tensor, filters: NDArray[np.float32], hop: int = 512) -> torch.Tensor:
    """Return the power in each band of pitch as heard, float (..., 1 + n // hop, bands).

    Parameters
    ----------
    samples : tensor, shape (..., n)
    filters : ndarray, shape (bands, frame // 2 + 1)
        As `sonolux.features.mel_scale.mel_filters` gives them for this rate and frame.
    hop : int
        Samples from one frame to the next.
    """
    frame = 2 * (filters.shape[1] - 1)
    return power_spectrogram(samples, frame, hop) @ torch.from_numpy(filters.T).to(samples)


def mfcc(mel: torch.Tensor, coefficients: int = 20, reach: float | None = 80.0) -> torch.Tensor:
    """Return the cepstral coefficients of a mel spectrogram (..., frames, bands), float (..., frames, coefficients).

    `reach` is that of `sonolux.features.fourier.decibels`.
    """
    return dct(decibels(mel, reach), coefficients)


def deltas(rows: torch.Tensor, reach: int = 4) -> torch.Tensor:
    """Return the slope over time of the best line through each number, the ends held: (..., frames, n) as `rows`.

    Parameters
    ----------
    rows : tensor, shape (..., frames, n)
    reach : int
        Frames each way.
    """
    *front, frames, numbers = rows.shape
    flat = rows.reshape(-1, frames, numbers).transpose(1, 2)
    held = functional.pad(flat, (reach, reach), mode="replicate")
    steps = torch.arange(-reach, reach + 1, dtype=rows.dtype, device=rows.device)
    weights = (steps / steps.square().sum()).expand(numbers, 1, -1)
    return functional.conv1d(held, weights, groups=numbers).transpose(1, 2).reshape(*front, frames, numbers)

"""The discrete Fourier and cosine transforms, of frames of sound."""

from __future__ import annotations

from functools import lru_cache
from math import pi

import torch


def stft(samples: torch.Tensor, frame: int = 2048, hop: int = 512, window: torch.Tensor | None = None) -> torch.Tensor:
    """Return the short-time Fourier transform, complex (..., 1 + n // hop, frame // 2 + 1).

    Parameters
    ----------
    samples : tensor, shape (..., n)
    frame : int
        Samples of a frame, even.
    hop : int
        Samples from one frame to the next.
    window : tensor, shape (frame,), optional
        Hann's, periodic, by default.
    """
    if window is None:
        window = torch.hann_window(frame, dtype=samples.dtype, device=samples.device)
    rows = samples.reshape(samples.shape[:-1].numel(), samples.shape[-1])
    spectra = torch.stft(
        rows, frame, hop, window=window, center=True, pad_mode="constant", return_complex=True
    ).transpose(1, 2)
    return spectra.reshape(*samples.shape[:-1], *spectra.shape[1:])


def power_spectrogram(samples: torch.Tensor, frame: int = 2048, hop: int = 512) -> torch.Tensor:
    """Return the power of each frame at each frequency, float (..., 1 + n // hop, frame // 2 + 1)."""
    spectra = stft(samples, frame, hop)
    return spectra.real.square() + spectra.imag.square()


def decibels(power: torch.Tensor, reach: float | None = 80.0, least: float = 1e-10) -> torch.Tensor:
    """Return 10 log10 of power; what is `reach` dB below the loudest of a spectrogram is brought up to there.

    Parameters
    ----------
    power : tensor, shape (..., frames, bins)
    reach : float or None
        None for no limit.
    least : float
        Power that silence is taken for.
    """
    levels = 10 * torch.log10(power.clamp(min=least))
    return levels if reach is None else levels.maximum(levels.amax(dim=(-2, -1), keepdim=True) - reach)


def dct(rows: torch.Tensor, count: int | None = None) -> torch.Tensor:
    """Return the first coefficients of the orthonormal discrete cosine transform, type II, of rows (..., n)."""
    n = rows.shape[-1]
    return rows @ _cosines(n)[:, : count or n].to(rows)


@lru_cache(maxsize=8)
def _cosines(n: int) -> torch.Tensor:
    """Return the transform as a matrix (n, n), one coefficient a column."""
    places = torch.arange(n, dtype=torch.float64)
    waves = torch.cos(pi / n * (places[:, None] + 0.5) * places[None, :])
    waves[:, 0] /= 2**0.5
    transform: torch.Tensor = waves * (2 / n) ** 0.5
    return transform

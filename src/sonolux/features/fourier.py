"""The discrete Fourier and cosine transforms, of frames of sound.

What goes in, an array of numpy or a tensor of torch, is what comes out; numpy needs no torch, which takes seconds to
import. Hann's window is periodic, as in librosa, the oracle of the tests.
"""

from __future__ import annotations

from functools import lru_cache
from math import pi
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

Array = TypeVar("Array", bound="NDArray[Any] | torch.Tensor")
"""Arrays of numpy or tensors of torch."""


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
    import torch

    if window is None:
        window = torch.hann_window(frame, dtype=samples.dtype, device=samples.device)
    rows = samples.reshape(samples.shape[:-1].numel(), samples.shape[-1])
    spectra = torch.stft(
        rows, frame, hop, window=window, center=True, pad_mode="constant", return_complex=True
    ).transpose(1, 2)
    return spectra.reshape(*samples.shape[:-1], *spectra.shape[1:])


def power_spectrogram(samples: Array, frame: int = 2048, hop: int = 512) -> Array:
    """Return the power of each frame at each frequency, float (..., 1 + n // hop, frame // 2 + 1).

    Parameters
    ----------
    samples : array or tensor, shape (..., n)
        float32 or float64.
    frame : int
        Samples of a frame, even.
    hop : int
        Samples from one frame to the next.
    """
    spectra: Any = (
        _framed_spectra(samples, frame, hop) if isinstance(samples, np.ndarray) else stft(samples, frame, hop)
    )
    return spectra.real**2 + spectra.imag**2  # type: ignore[no-any-return]


def decibels(power: Array, reach: float | None = 80.0, least: float = 1e-10) -> Array:
    """Return 10 log10 of power; what is `reach` dB below the loudest of a spectrogram is brought up to there.

    Parameters
    ----------
    power : array or tensor, shape (..., frames, bins)
    reach : float or None
        None for no limit.
    least : float
        Power that silence is taken for.
    """
    levels: Any
    if isinstance(power, np.ndarray):
        levels = 10 * np.log10(np.maximum(power, least))
        return levels if reach is None else np.maximum(levels, levels.max(axis=(-2, -1), keepdims=True) - reach)  # type: ignore[no-any-return]
    levels = 10 * power.clamp(min=least).log10()
    return levels if reach is None else levels.maximum(levels.amax(dim=(-2, -1), keepdim=True) - reach)  # type: ignore[no-any-return]


def dct(rows: Array, count: int | None = None) -> Array:
    """Return the first coefficients of the orthonormal discrete cosine transform, type II, of rows (..., n)."""
    n = rows.shape[-1]
    transformed: Any
    if isinstance(rows, np.ndarray):
        from scipy.fft import dct as transform

        transformed = transform(rows, type=2, norm="ortho", axis=-1)[..., : count or n]
    else:
        transformed = rows @ _cosines(n)[:, : count or n].to(rows)
    return transformed  # type: ignore[no-any-return]


def _framed_spectra(samples: NDArray[Any], frame: int, hop: int) -> NDArray[np.complexfloating]:
    """Return what `stft` does, of arrays."""
    from scipy.fft import rfft

    around = [(0, 0)] * (samples.ndim - 1) + [(frame // 2, frame // 2)]
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(samples, around), frame, axis=-1)[..., ::hop, :]
    spectra: NDArray[np.complexfloating] = rfft(frames * _hann(frame).astype(samples.dtype), axis=-1)
    return spectra


@lru_cache(maxsize=8)
def _hann(frame: int) -> NDArray[np.float64]:
    return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(frame) / frame))


@lru_cache(maxsize=8)
def _cosines(n: int) -> torch.Tensor:
    """Return the transform as a matrix (n, n), one coefficient a column."""
    import torch

    places = torch.arange(n, dtype=torch.float64)
    waves = torch.cos(pi / n * (places[:, None] + 0.5) * places[None, :])
    waves[:, 0] /= 2**0.5
    transform: torch.Tensor = waves * (2 / n) ** 0.5
    return transform

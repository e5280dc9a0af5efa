"""Chroma: how much of each pitch class sounds, whatever the octave; of arrays and tensors alike."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.features.fourier import Array


@lru_cache(maxsize=4)
def chroma_filters(rate: int, frame: int) -> NDArray[np.float32]:
    """Return how much each frequency belongs to each pitch class, (12, frame // 2 + 1), C first; A is at 440 Hz.

    Each column has length 1, weighed by a bell over octaves that is centred five octaves above 27.5 Hz and two
    octaves wide.

    Parameters
    ----------
    rate : int
        Hertz of the samples.
    frame : int
        Samples of a frame.

    References
    ----------
    D. P. W. Ellis, "Chroma feature analysis and synthesis", Columbia University, 2007.
    """
    pitches = 12 * np.log2(np.fft.rfftfreq(frame, 1 / rate)[1:] / 27.5)
    pitches = np.concatenate([[pitches[0] - 18], pitches])  # 0 Hz has no pitch: 1.5 octaves below the first bin
    widths = np.append(np.maximum(np.diff(pitches), 1.0), 1.0)
    distance = (pitches - np.arange(12)[:, None] + 6 + 120) % 12 - 6
    weights = np.exp(-0.5 * (2 * distance / widths) ** 2)
    weights /= np.linalg.norm(weights, axis=0)
    weights *= np.exp(-0.5 * ((pitches / 12 - 5) / 2) ** 2)
    from_c: NDArray[np.float64] = np.roll(weights, -3, axis=0)  # pitch 0 is an A, three semitones below C
    return from_c.astype(np.float32)


def pitch_class_shares(energy: Array) -> Array:
    """Return the energy of each pitch class (..., frames, classes) as a share of the loudest class of its frame.

    A frame of silence is all 0.
    """
    shares: Any
    if isinstance(energy, np.ndarray):
        loudest = energy.max(axis=-1, keepdims=True)
        heard = loudest > np.finfo(energy.dtype).tiny
        shares = np.divide(energy, loudest, out=np.zeros_like(energy), where=heard)
    else:
        import torch

        loudest = energy.amax(dim=-1, keepdim=True)
        shares = torch.where(loudest > torch.finfo(energy.dtype).tiny, energy / loudest, torch.zeros_like(energy))
    return shares  # type: ignore[no-any-return]

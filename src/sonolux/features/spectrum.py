"""Spectra of sound, in the field's usual analysis: 22,050 Hz, frames of 2,048 samples, one every 512.

Frames are centred on their time, the sound is continued with silence on both sides, and the window is Hann's
(periodic): the conventions of librosa, which is the oracle of this module's tests. It is written out here because the
first use of librosa's own filter banks compiles for many seconds. Batches on torch, and other analyses, are in
`sonolux.features`.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft

SAMPLE_RATE = 22050  # hertz
FRAME = 2048  # samples, 93 ms
HOP = 512  # samples, 23 ms
BINS = FRAME // 2 + 1


def power_spectrogram(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the power of each frame at each frequency, (1 + samples // 512, 1025).

    No samples at all make one frame of silence.
    """
    padded = np.pad(samples.astype(np.float32, copy=False), FRAME // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP]
    spectra = rfft(frames * hann_window(), axis=1)
    power: NDArray[np.float32] = spectra.real**2 + spectra.imag**2
    return power


@lru_cache(maxsize=1)
def hann_window() -> NDArray[np.float32]:
    """Return the periodic Hann window, (2048,)."""
    phase = 2 * np.pi * np.arange(FRAME) / FRAME
    return (0.5 - 0.5 * np.cos(phase)).astype(np.float32)


@lru_cache(maxsize=1)
def chroma_filters() -> NDArray[np.float32]:
    """Return how much each frequency belongs to each pitch class, (12, 1025), C first; A is tuned to 440 Hz.

    Each column has length 1, weighed by a bell over octaves that is centred five octaves above 27.5 Hz and two
    octaves wide.

    Source: D. P. W. Ellis, "Chroma feature analysis and synthesis", Columbia University, 2007.
    """
    pitches = 12 * np.log2(np.fft.rfftfreq(FRAME, 1 / SAMPLE_RATE)[1:] / 27.5)
    pitches = np.concatenate([[pitches[0] - 18], pitches])  # 0 Hz has no pitch: 1.5 octaves below the first bin
    widths = np.append(np.maximum(np.diff(pitches), 1.0), 1.0)
    distance = (pitches - np.arange(12)[:, None] + 6 + 120) % 12 - 6
    weights = np.exp(-0.5 * (2 * distance / widths) ** 2)
    weights /= np.linalg.norm(weights, axis=0)
    weights *= np.exp(-0.5 * ((pitches / 12 - 5) / 2) ** 2)
    from_c: NDArray[np.float64] = np.roll(weights, -3, axis=0)  # pitch 0 is an A, three semitones below C
    return from_c.astype(np.float32)

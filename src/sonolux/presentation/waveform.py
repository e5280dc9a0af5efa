"""Waveform: the peaks of a sound as bars, for a page."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BARS = 48
"""Of a waveform."""


def waveform(samples: NDArray[np.float32], bars: int = BARS) -> NDArray[np.float32] | None:
    """Return the peaks of a sound (n,) as bars in [0, 1], the loudest 1; None for silence, or less than a sample a bar.

    Returns
    -------
    peaks : ndarray of float32, shape (bars,), or None
    """
    if samples.size < bars or not samples.any():
        return None
    peaks = np.array([np.abs(part).max() for part in np.array_split(samples, bars)], np.float32)
    return np.asarray(peaks / peaks.max(), np.float32)


def svg(wave: NDArray[np.float32]) -> str:
    """Return a waveform as an SVG element, in the colour of the text around it."""
    bars = "".join(
        f'<rect x="{5 * number}" y="{50 - 48 * peak:.1f}" width="3" height="{max(96 * peak, 2):.1f}" rx="1.5"/>'
        for number, peak in enumerate(wave)
    )
    return f'<svg viewBox="0 0 {5 * len(wave)} 100" fill="currentColor" aria-hidden="true">{bars}</svg>'

"""Pitch as heard: scales from hertz to mel, and the triangular filters that stand evenly on them.

``"slaney"`` is linear to 1,000 Hz and logarithmic above, with filters of area 1 (M. Slaney, "Auditory Toolbox",
Technical Report 1998-010, Interval Research, 1998); ``"htk"`` is logarithmic throughout, with filters of height 1
(S. Young et al., "The HTK Book", 5.4, 2006).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Scale = Literal["slaney", "htk"]


@lru_cache(maxsize=16)
def mel_filters(
    rate: int, frame: int, bands: int, lowest: float = 0.0, highest: float | None = None, scale: Scale = "slaney"
) -> NDArray[np.float32]:
    """Return triangular filters evenly spaced in mel, (bands, frame // 2 + 1).

    Parameters
    ----------
    rate : int
        Hertz of the samples.
    frame : int
        Samples of a frame.
    bands : int
    lowest, highest : float
        Hertz where the first filter begins and the last one ends; by default 0 and half the rate.
    scale : {"slaney", "htk"}
    """
    ends = hertz_to_mel(np.array([lowest, rate / 2 if highest is None else highest]), scale)
    corners = mel_to_hertz(np.linspace(ends[0], ends[1], bands + 2), scale)
    frequencies = np.fft.rfftfreq(frame, 1 / rate)
    widths = np.diff(corners)[:, None]
    slopes = frequencies - corners[:, None]
    rising, falling = slopes[:-2] / widths[:-1], -slopes[2:] / widths[1:]
    triangles = np.maximum(0, np.minimum(rising, falling))
    if scale == "slaney":
        triangles /= (corners[2:] - corners[:-2])[:, None] / 2
    return triangles.astype(np.float32)


def hertz_to_mel(hertz: NDArray[np.float64], scale: Scale = "slaney") -> NDArray[np.float64]:
    """Map frequency to pitch as heard; on Slaney's scale 1,000 Hz are 15 mel, on HTK's 1,000."""
    if scale == "htk":
        return np.asarray(2595 * np.log10(1 + np.asarray(hertz) / 700))
    logarithmic = 15 + 27 * np.log(np.maximum(hertz, 1000) / 1000) / np.log(6.4)
    return np.where(hertz < 1000, hertz * 15 / 1000, logarithmic)


def mel_to_hertz(mel: NDArray[np.float64], scale: Scale = "slaney") -> NDArray[np.float64]:
    """Map pitch as heard back to frequency, the inverse of `hertz_to_mel`."""
    if scale == "htk":
        return np.asarray(700 * (10 ** (np.asarray(mel) / 2595) - 1))
    logarithmic = 1000 * np.exp((np.maximum(mel, 15) - 15) * np.log(6.4) / 27)
    return np.where(mel < 15, mel * 1000 / 15, logarithmic)

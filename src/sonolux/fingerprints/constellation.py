"""Constellation map: the spectral peaks of a recording, in time and pitch.

Sound of 8,000 Hz, frames of 1,024 samples, one every 256 (32 ms), 36 bands an octave from 200 Hz to 3,800 Hz, which is
what a telephone leaves. Bands are equal steps of pitch, so that a recording that is played faster keeps its
image, moved along the bands and squeezed in time. Times are frames: frame i begins at i x 32 ms, and is about the
sound 64 ms later.

A peak is larger than all around it, and stands out from the mean of its surroundings; of each second the clearest 28
are kept. Sound is worked through in stretches of a fixed length, so memory does not grow with a recording, and the
answer does not depend on the blocks in which it comes.

Source: A. Wang, "An industrial-strength audio search algorithm", ISMIR 2003; on pitch bands, J. Six and M. Leman,
"Panako: a scalable acoustic fingerprinting system handling time-scale and pitch modification", ISMIR 2014.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

RATE = 8_000
"""Hertz."""

FRAME, HOP = 1_024, 256
"""Samples."""

SECONDS = HOP / RATE
"""From one frame to the next."""

MIDDLE = FRAME / 2 / RATE
"""Seconds from the start of a frame to the time that it is about."""

LOWEST, HIGHEST = 200.0, 3_800.0
"""Hertz."""

PER_OCTAVE = 36
"""Bands; 3 % of speed are one and a half of them."""

BANDS = int(PER_OCTAVE * np.log2(HIGHEST / LOWEST))

FAINTEST = 1e-6
"""Power under which all is silence: 108 dB below a tone of full scale."""

REACH = (4, 3)
"""Frames and bands on each side in which a peak is the largest."""

AROUND = (31, 37)
"""Frames and bands of the surroundings that a peak stands out from: a second, an octave."""

CLEAREST = 28
"""Peaks of a second, at most."""

CONTRAST = 0.3
"""How far a peak stands out, at least: natural logarithm of power."""

SECOND = 31
"""Frames."""

STRETCH = 64 * SECOND
"""Frames that are worked through at once, and a second more on each side."""

BandSpectra = NDArray[np.float32]
"""Log power of frames in bands, or its contrast, (frames, bands)."""


class AnalysedChunk(NamedTuple):
    """A part of a recording as it is worked through.

    Attributes
    ----------
    peaks : Constellation
        Of the part, on the axis of the recording.
    standing_out : ndarray of float32, shape (frames + at most a second, BANDS)
        Contrast of the part and of what comes after it.
    frames : int
        Of the part.
    """

    peaks: Constellation
    standing_out: BandSpectra
    frames: int


class Constellation(NamedTuple):
    """Peaks in the order of time.

    Attributes
    ----------
    times : ndarray of int64, shape (n,)
        Frames.
    bands : ndarray of float32, shape (n,)
        From 0 to `BANDS` - 1, between bands too.
    """

    times: NDArray[np.int64]
    bands: NDArray[np.float32]


def band_log_power(samples: NDArray[np.float32]) -> BandSpectra:
    """Return the logarithm of the power in each band of each whole frame, (frames, bands)."""
    from scipy.fft import rfft

    if samples.size < FRAME:
        return np.zeros((0, BANDS), np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples.astype(np.float32, copy=False), FRAME)[::HOP]
    spectra = rfft(frames * _hann(), axis=1)
    power = (spectra.real**2 + spectra.imag**2) @ _filters()
    found: BandSpectra = np.log(power + np.float32(FAINTEST))
    return found


def spectral_contrast(found: BandSpectra) -> BandSpectra:
    """Return how far each level stands out from the mean of its surroundings."""
    from scipy.ndimage import uniform_filter

    return found - uniform_filter(found, AROUND, mode="nearest") if len(found) else found


def pick_peaks(found: BandSpectra, standing_out: BandSpectra) -> Constellation:
    """Return the peaks among levels, given their contrast; seconds are counted from the first frame."""
    from scipy.ndimage import maximum_filter

    size = (2 * REACH[0] + 1, 2 * REACH[1] + 1)
    highest = found == maximum_filter(found, size, mode="nearest")
    # What is silent is level, and everything in it is the largest around.
    loud = found > np.log(FAINTEST) + 1
    times, bands = np.nonzero(highest & loud & (standing_out > CONTRAST))
    kept = _clearest(times, standing_out[times, bands])
    times, bands = times[kept], bands[kept]
    return Constellation(times.astype(np.int64), _between_bands(found, times, bands))


def extract_constellation(blocks: Iterable[NDArray[np.float32]]) -> Constellation:
    """Return the peaks of a recording that comes in blocks of samples of 8,000 Hz."""
    return join_constellations([stretch.peaks for stretch in analyse_chunks(blocks)])


def join_constellations(parts: Sequence[Constellation]) -> Constellation:
    """Return the peaks of stretches that follow each other as those of the whole."""
    if not parts:
        return Constellation(np.zeros(0, np.int64), np.zeros(0, np.float32))
    return Constellation(np.concatenate([one.times for one in parts]), np.concatenate([one.bands for one in parts]))


def analyse_chunks(blocks: Iterable[NDArray[np.float32]]) -> Iterator[AnalysedChunk]:
    """Work through a recording that comes in blocks of samples of 8,000 Hz, and yield one stretch after the other."""
    for first, before, sound, last in _overlapping(blocks):
        found = band_log_power(sound)
        standing_out = spectral_contrast(found)
        times, bands = pick_peaks(found, standing_out)
        end = len(found) if last else before + STRETCH
        inside = (times >= before) & (times < end)
        yield AnalysedChunk(
            Constellation(times[inside] + (first - before), bands[inside]), standing_out[before:], end - before
        )


def _overlapping(
    blocks: Iterable[NDArray[np.float32]],
) -> Iterator[tuple[int, int, NDArray[np.float32], bool]]:
    """Yield first frame, frames heard before it, the sound of a stretch, and whether it is the last."""
    held: list[NDArray[np.float32]] = []
    count = first = before = 0
    for block in blocks:
        held.append(block)
        count += block.size
        while count >= (wanted := (before + STRETCH + SECOND) * HOP + FRAME - HOP):
            sound = np.concatenate(held)
            yield first, before, sound[:wanted], False
            rest = sound[(before + STRETCH - SECOND) * HOP :]
            held, count = [rest], rest.size
            first, before = first + STRETCH, SECOND
    if count >= FRAME + before * HOP:
        yield first, before, np.concatenate(held), True


def _clearest(times: NDArray[np.int64], clearness: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return which peaks are among the clearest of their second, in the order of time."""
    second = times // SECOND
    order = np.lexsort((-clearness, second))
    ordered = second[order]
    rank = np.arange(len(order)) - np.searchsorted(ordered, ordered)
    kept: NDArray[np.int64] = np.sort(order[rank < CLEAREST])
    return kept


def _between_bands(found: BandSpectra, times: NDArray[np.int64], bands: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return where between bands peaks are: the top of the parabola through three levels."""
    middle = np.clip(bands, 1, BANDS - 2)
    left, top, right = (found[times, middle + step] for step in (-1, 0, 1))
    bend = np.minimum(left - 2 * top + right, -1e-6)
    between = bands + np.clip(0.5 * (left - right) / bend, -0.5, 0.5)
    inside: NDArray[np.float32] = np.clip(between, 0, BANDS - 1).astype(np.float32)
    return inside


@lru_cache(maxsize=1)
def _hann() -> NDArray[np.float32]:
    phase = 2 * np.pi * np.arange(FRAME) / FRAME
    window: NDArray[np.float32] = (0.5 - 0.5 * np.cos(phase)).astype(np.float32)
    return window


@lru_cache(maxsize=1)
def _filters() -> NDArray[np.float32]:
    """Return the share of each frequency in each band, (513, bands): triangles, at least two frequencies wide."""
    spacing = RATE / FRAME
    frequencies = np.arange(FRAME // 2 + 1)[:, None] * spacing
    centres = LOWEST * 2 ** (np.arange(-1, BANDS + 1) / PER_OCTAVE)
    low = np.minimum(centres[:-2], centres[1:-1] - spacing)
    high = np.maximum(centres[2:], centres[1:-1] + spacing)
    rising = (frequencies - low) / (centres[1:-1] - low)
    falling = (high - frequencies) / (high - centres[1:-1])
    triangles = np.maximum(0, np.minimum(rising, falling))
    filters: NDArray[np.float32] = (triangles / triangles.sum(axis=0)).astype(np.float32)
    return filters

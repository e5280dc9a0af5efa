"""Motion alignment: at which offset two videos show the same movement, and for how long.

What changes from one tick to the next, small and in grey, is the trace of a video. Two traces correlate where one video
was made from the other, at one offset alone; two recordings by one camera that stands still look alike at every offset
and do not correlate. A video in which nothing moves has no trace.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

TICK = 0.1
"""Seconds between frames that are compared."""

SIDE = 24
"""Pixels a side of a trace."""

SHORTEST = 1.0
"""Seconds that must be in common."""

SAME = 0.6
"""Correlation of two traces from which they are of one recording."""

WHILE, SAME_WHILE = 3.0, 0.35
"""Seconds that contradict a stretch, where their traces correlate by less."""

LIVELY = 0.25
"""Of the mean movement, from which a while contradicts; in calmer ones, grain decides."""

STILL = 1.0
"""Mean change, of 255, under which nothing moves."""


class CommonStretch(NamedTuple):
    """A stretch of two videos that show the same: seconds in both, and how far their movement correlates."""

    first_start: float
    second_start: float
    seconds: float
    correlation: float


def trace_of(frames: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the trace (n - 1, SIDE * SIDE) of frames (n, h, w, 3), one every `TICK`, within their borders."""
    import cv2

    from sonolux.retrieval.copies.inner import inner_picture

    box = inner_picture(frames[:: max(1, len(frames) // 64)].max(axis=0))
    left, upper, right, lower = box or (0, 0, frames.shape[2], frames.shape[1])
    grey = frames[:, upper:lower, left:right].mean(axis=3, dtype=np.float32)
    small = np.stack([cv2.resize(one, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for one in grey])
    changes = np.diff(small, axis=0).reshape(len(small) - 1, -1)
    # Grain and compression change everywhere by a little.
    return np.where(np.abs(changes) >= STILL, changes, 0).astype(np.float32)


def common_stretch(first: NDArray[np.float32], second: NDArray[np.float32]) -> CommonStretch | None:
    """Return the stretch that two traces have in common; None where they are of different recordings, or still."""
    scores, energies = _correlations(first, second)
    least = round(SHORTEST / TICK)
    offsets = np.arange(-(len(second) - 1), len(first))
    common = np.minimum(len(first), offsets + len(second)) - np.maximum(offsets, 0)
    usable = (common >= min(least, len(first), len(second))) & (energies > 0)
    if not usable.any():
        return None
    # An offset at which little is in common can agree by chance: the product itself decides which is best.
    best = int(np.argmax(np.where(usable, scores * np.sqrt(energies), -np.inf)))
    offset = int(offsets[best])
    start, end = max(offset, 0), min(len(first), offset + len(second))
    return _longest_agreeing(first[start:end], second[start - offset : end - offset], start, start - offset)


def _correlations(
    first: NDArray[np.float32], second: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return for every offset how far traces correlate, and the energy of what they have in common."""
    from scipy.fft import irfft, next_fast_len, rfft

    length = next_fast_len(len(first) + len(second) - 1)
    products = rfft(first, length, axis=0) * np.conj(rfft(second, length, axis=0))
    raw = irfft(products.sum(axis=1), length)
    together = np.concatenate([raw[length - len(second) + 1 :], raw[: len(first)]])
    one, other = _energy_until(first), _energy_until(second)
    offsets = np.arange(-(len(second) - 1), len(first))
    start, end = np.maximum(offsets, 0), np.minimum(len(first), offsets + len(second))
    energies = (one[end] - one[start]) * (other[end - offsets] - other[start - offsets])
    return together / np.sqrt(np.maximum(energies, 1e-9)), energies


def _energy_until(trace: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the energy of a trace before each of its rows, and of all of it."""
    return np.concatenate([[0.0], np.cumsum((trace**2).sum(axis=1, dtype=np.float64))])


def _longest_agreeing(
    first: NDArray[np.float32], second: NDArray[np.float32], first_start: int, second_start: int
) -> CommonStretch | None:
    """Return the longest run of aligned traces that nothing contradicts for long; still seconds go along."""
    together = _windowed((first * second).sum(axis=1))
    one, other = (_windowed((trace**2).sum(axis=1)) for trace in (first, second))
    moving = np.maximum(one, other)
    contradicts = (together < SAME_WHILE * np.sqrt(one * other)) & (moving >= LIVELY * moving.mean())
    start, end = _longest_run(~contradicts)
    energy = float(np.sqrt((first[start:end] ** 2).sum() * (second[start:end] ** 2).sum()))
    correlation = float((first[start:end] * second[start:end]).sum()) / energy if energy else 0.0
    if correlation < SAME or (end - start) * TICK < min(SHORTEST, len(first) * TICK):
        return None
    # A change lies between two frames: there is one frame more.
    seconds = (end - start + 1) * TICK
    return CommonStretch((first_start + start) * TICK, (second_start + start) * TICK, seconds, correlation)


def _windowed(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the sums of the values within `WHILE` around each."""
    window = np.ones(round(WHILE / TICK))
    return np.convolve(values.astype(np.float64), window, mode="same")


def _longest_run(true: NDArray[np.bool_]) -> tuple[int, int]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], true, [False]]).astype(np.int8)))
    if not len(edges):
        return 0, 0
    longest = int(np.argmax(edges[1::2] - edges[::2]))
    return int(edges[2 * longest]), int(edges[2 * longest + 1])

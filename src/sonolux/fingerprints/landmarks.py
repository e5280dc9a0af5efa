"""Landmarks: pairs of spectral peaks (anchor and target), hashed to numbers that noise leaves as they are.

The hash of a pair is the band of its anchor, the step in bands to the target, and the frames between them: 153 x 61 x
39 numbers, packed in 20 bits. Targets are looked for in a zone after the anchor, some frames long and bands wide. A
recording keeps pairs as they are. A query that may run faster or slower turns its own pairs back by each speed: a speed
s moves a peak by log2(s) octaves and divides times by s. What rounding moves to another number is not looked for there:
of a hundred pairs enough are whole, and wider look-ups find more of what is wrong than of what is right.

Source: A. Wang, "An industrial-strength audio search algorithm", ISMIR 2003.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sonolux.fingerprints.constellation import BANDS, PER_OCTAVE, Constellation

TARGET_NEAREST, TARGET_FARTHEST = 2, 40
"""Frames from anchor to target: the length of the target zone."""

TARGET_WIDTH = 30
"""Bands from anchor to target, up or down."""

FAN_OUT = 4
"""Pairs of an anchor, at most: those with the next peaks."""

QUERY_FAN_OUT = 12
"""The same of a query: it must pair the next peaks even where noise has put others between."""

LOOKED_AT = 60
"""Peaks after the anchor among which targets are looked for."""

PAIRED_AT_ONCE = 2**16
"""Peaks."""

SPEEDS = np.round(np.arange(0.95, 1.051, 0.01), 2)
"""That are tried: 1.03 is 3 % faster. The steps are half a band."""


class Landmarks(NamedTuple):
    """Numbers and times of pairs, in no order.

    Attributes
    ----------
    hashes : ndarray of uint32, shape (n,)
    times : ndarray of int64, shape (n,)
        Frames of the first peaks.
    """

    hashes: NDArray[np.uint32]
    times: NDArray[np.int64]


class QueryLandmarks(NamedTuple):
    """Landmarks of a query at each speed that is tried: hashes to look up, with speed and time.

    Attributes
    ----------
    hashes : ndarray of uint32, shape (n,)
        Ascending.
    speeds : ndarray of int64, shape (n,)
        Places in `SPEEDS`.
    times : ndarray of int64, shape (n,)
        Frames of the first peaks, as they would be at speed 1.
    """

    hashes: NDArray[np.uint32]
    speeds: NDArray[np.int64]
    times: NDArray[np.int64]


def pair_landmarks(found: Constellation) -> Landmarks:
    """Return the landmarks that a recording is kept by.

    Peaks are paired some hours at a time, so that a recording of a day needs little more memory than its landmarks.
    """
    parts = [_landmarks(found, start) for start in range(0, max(len(found.times), 1), PAIRED_AT_ONCE)]
    return Landmarks(np.concatenate([one.hashes for one in parts]), np.concatenate([one.times for one in parts]))


def _landmarks(found: Constellation, start: int) -> Landmarks:
    """Return the landmarks that begin with the peaks from one on."""
    seen = slice(start, start + PAIRED_AT_ONCE + LOOKED_AT)
    times, bands = found.times[seen], found.bands[seen]
    first, second = _pairs(Constellation(times, bands), FAN_OUT, 0)
    mine = first < PAIRED_AT_ONCE
    first, second = first[mine], second[mine]
    step, between = bands[second] - bands[first], times[second] - times[first]
    inside = _inside(bands[first], step, between)
    return Landmarks(_numbers(bands[first], step, between)[inside], times[first][inside])


def query_landmarks(found: Constellation) -> QueryLandmarks:
    """Return what to look up for a recording that may run at another speed."""
    first, second = _pairs(found, QUERY_FAN_OUT, 1)
    times, bands = found
    step, between = bands[second] - bands[first], times[second] - times[first]
    parts = []
    for number, speed in enumerate(SPEEDS):
        start = bands[first] - PER_OCTAVE * np.log2(speed)
        at = np.rint(times[first] * speed).astype(np.int64)
        pair = start, step, np.rint(between * speed).astype(np.int64)
        inside = _inside(*pair)
        parts.append(_packed(_numbers(*pair)[inside], number, at[inside]))
    packed = np.unique(np.concatenate(parts))
    speeds, at = packed >> TIME_BITS & 15, packed & (2**TIME_BITS - 1)
    return QueryLandmarks((packed >> (TIME_BITS + 4)).astype(np.uint32), speeds, at)


TIME_BITS = 28
"""Of the time in a packed probe; 4 of the speed and 20 of the number lie above."""


def _packed(numbers: NDArray[np.uint32], speed: int, times: NDArray[np.int64]) -> NDArray[np.int64]:
    return (numbers.astype(np.int64) << 4 | speed) << TIME_BITS | times


def _pairs(found: Constellation, fan: int, more: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which peaks make pairs; the limits of time and pitch are wider by `more`."""
    times, bands = found
    begun = np.zeros(len(times), np.int64)
    firsts, seconds = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for ahead in range(1, min(LOOKED_AT, len(times))):
        between = times[ahead:] - times[:-ahead]
        near = (between >= TARGET_NEAREST - more) & (between <= TARGET_FARTHEST + 2 * more) & (begun[:-ahead] < fan)
        near &= np.abs(bands[ahead:] - bands[:-ahead]) <= TARGET_WIDTH + more
        first = np.flatnonzero(near)
        begun[first] += 1
        firsts.append(first)
        seconds.append(first + ahead)
    return np.concatenate(firsts), np.concatenate(seconds)


def _inside(start: NDArray[np.float32], step: NDArray[np.float32], between: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which pairs have a number."""
    lowest, highest = np.rint(start) >= 0, np.rint(start) <= BANDS
    return (
        lowest
        & highest
        & (np.abs(np.rint(step)) <= TARGET_WIDTH)
        & (between >= TARGET_NEAREST)
        & (between <= TARGET_FARTHEST)
    )


def _numbers(start: NDArray[np.float32], step: NDArray[np.float32], between: NDArray[np.int64]) -> NDArray[np.uint32]:
    """Pack band, step and time between into 20 bits; only those that are `_inside` mean anything."""
    band, up = np.rint(start).astype(np.int64), np.rint(step).astype(np.int64) + 32
    return ((band << 6 | up & 63) << 6 | between & 63).astype(np.uint32)

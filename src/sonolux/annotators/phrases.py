"""Where somebody may be speaking: stretches of sound between pauses, by a voice activity or by loudness alone."""

from __future__ import annotations

from itertools import pairwise
from math import ceil

import numpy as np
import soxr
from numpy.typing import NDArray

from sonolux.annotators.voice import VoiceActivity

STEP = 0.02
"""Seconds whose loudness is looked at."""

PAUSE = 0.4
"""Seconds of quiet that part two phrases."""

SHORTEST = 0.1
"""Seconds of a phrase, at least."""

LONGEST = 20.0
"""Seconds after which a phrase is cut where it is softest, in its second half."""

AROUND = 0.15
"""Seconds of quiet before and after a phrase that are heard with it."""

ABOVE = 6.0
"""Decibels over the quiet of the recording at which something is said."""

AUDIBLE = -70.0
"""Decibels of full scale under which a whole recording is silent."""

BELOW = 35.0
"""Decibels under its loudest at which nothing is."""


def phrases(samples: NDArray[np.float32], rate: int, voice: VoiceActivity | None = None) -> list[tuple[int, int]]:
    """Return start and end of each phrase in samples (n,), in samples.

    Without a voice activity, a step belongs to a phrase where it is louder than the quiet of the recording, the tenth
    of its steps that is softest, and not far softer than its loudest.
    """
    if voice is not None:
        return _voiced(samples, rate, voice)
    step = max(1, round(STEP * rate))
    count = len(samples) // step
    if not count:
        return []
    power = np.square(samples[: count * step].astype(np.float64)).reshape(count, step).mean(axis=1)
    levels = 10 * np.log10(power + 1e-10)
    loudest = levels.max()
    if loudest < AUDIBLE:
        return []
    quiet = max(np.quantile(levels, 0.1) + ABOVE, loudest - BELOW)
    # What is never quiet, without a pause from end to end, is one phrase.
    spoken = levels >= min(quiet, loudest - ABOVE)
    runs = [run for run in _joined(_runs(spoken), round(PAUSE / STEP)) if run[1] - run[0] >= SHORTEST / STEP]
    cut = [part for run in runs for part in _cut(run, levels, round(LONGEST / STEP))]
    around = round(AROUND / STEP)
    return [(max(start - around, 0) * step, min(end + around, count) * step) for start, end in cut]


def _voiced(samples: NDArray[np.float32], rate: int, voice: VoiceActivity) -> list[tuple[int, int]]:
    """Return the stretches of speech, those that are too long in equal parts."""
    heard = samples if rate == voice.sample_rate else soxr.resample(samples, rate, voice.sample_rate)
    found = []
    for stretch in sorted((one.span for one in voice.annotate_one(heard) if one.span), key=lambda span: span.start):
        parts = ceil((stretch.end - stretch.start) / LONGEST)
        edges = np.linspace(stretch.start, stretch.end, parts + 1)
        found += [(round(start * rate), round(end * rate)) for start, end in pairwise(edges)]
    return found


def _runs(spoken: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], spoken, [False]]).astype(np.int8)))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def _joined(runs: list[tuple[int, int]], pause: int) -> list[tuple[int, int]]:
    """Join runs with less than a pause between them."""
    joined: list[tuple[int, int]] = []
    for start, end in runs:
        if joined and start - joined[-1][1] < pause:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _cut(run: tuple[int, int], levels: NDArray[np.float64], longest: int) -> list[tuple[int, int]]:
    start, end = run
    parts = []
    while end - start > longest:
        half = start + longest // 2
        softest = half + int(levels[half : start + longest].argmin())
        parts.append((start, softest))
        start = softest
    return [*parts, (start, end)]

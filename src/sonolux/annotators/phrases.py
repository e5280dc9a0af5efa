"""Phrase segmentation: stretches of sound between pauses, by voice activity detection or by loudness alone."""

from __future__ import annotations

import numpy as np
import soxr
from numpy.typing import NDArray

from sonolux.annotators.voice_activity import VoiceActivity

STEP = 0.02
"""Seconds whose loudness is looked at."""

PAUSE = 0.4
"""Seconds of quiet that part two phrases."""

SHORTEST = 0.1
"""Seconds of a phrase, at least."""

LONGEST = 20.0
"""Seconds after which a phrase is cut where it is softest, in its second half."""

BREATH = 0.2
"""Seconds over which it is told how soft a place is."""

AROUND = 0.15
"""Seconds of quiet before and after a phrase that are heard with it."""

ABOVE = 6.0
"""Decibels over the quiet of the recording at which something is said."""

AUDIBLE = -70.0
"""Decibels of full scale under which a whole recording is silent."""

BELOW = 35.0
"""Decibels under its loudest at which nothing is."""


def phrases(samples: NDArray[np.float32], rate: int, voice: VoiceActivity | None = None) -> list[tuple[int, int]]:
    """Return start and end of each phrase in samples (n,), in samples."""
    step = max(1, round(STEP * rate))
    levels = _levels(samples, step)
    if not len(levels):
        return []
    runs = _loud(levels) if voice is None else _voiced(samples, rate, step, voice)
    # Whoever stops to breathe is soft for longer than within a word.
    breath = round(BREATH / STEP)
    softened = np.convolve(levels, np.full(breath, 1 / breath), mode="same")
    cut = [part for run in runs for part in _cut(run, softened, round(LONGEST / STEP))]
    return [(start * step, min(end * step, len(samples))) for start, end in cut]


def _levels(samples: NDArray[np.float32], step: int) -> NDArray[np.float64]:
    """Return the loudness of each step, in decibels of full scale."""
    count = len(samples) // step
    power = np.square(samples[: count * step].astype(np.float64)).reshape(count, step).mean(axis=1)
    return np.asarray(10 * np.log10(power + 1e-10))


def _loud(levels: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Return the runs of steps that are loud, with the quiet around them.

    A step is loud where it is above the quiet of the recording, the tenth of its steps that is softest, and not far
    softer than its loudest.
    """
    loudest = levels.max()
    if loudest < AUDIBLE:
        return []
    quiet = max(np.quantile(levels, 0.1) + ABOVE, loudest - BELOW)
    # What is never quiet, without a pause from end to end, is one phrase.
    spoken = levels >= min(quiet, loudest - ABOVE)
    around = round(AROUND / STEP)
    return [
        (max(start - around, 0), min(end + around, len(levels)))
        for start, end in _joined(_runs(spoken), round(PAUSE / STEP))
        if end - start >= SHORTEST / STEP
    ]


def _voiced(samples: NDArray[np.float32], rate: int, step: int, voice: VoiceActivity) -> list[tuple[int, int]]:
    """Return the runs of steps in which somebody speaks."""
    heard = samples if rate == voice.sample_rate else soxr.resample(samples, rate, voice.sample_rate)
    spans = sorted((one.span for one in voice.annotate_one(heard) if one.span), key=lambda span: span.start)
    return [(round(span.start * rate / step), round(span.end * rate / step)) for span in spans]


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
    """Cut a run that is too long where it is softest."""
    start, end = run
    parts = []
    while end - start > longest:
        half = start + longest // 2
        softest = half + int(levels[half : start + longest].argmin())
        parts.append((start, softest))
        start = softest
    return [*parts, (start, end)]

"""Recordings to learn from, decoded in worker processes, block by block."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from sonolux.media.reading import ReadOptions, read_sound
from sonolux.media.segment import Audio, Segment
from sonolux.media.workers.pool import DecoderPool
from sonolux.settings import settings
from sonolux.training.data.memory import MemoryGuard
from sonolux.types import Failure

Kept = TypeVar("Kept")

BLOCK = 60.0
"""Seconds of a file that are decoded at once."""

SHORTEST = 0.05
"""Seconds of sound from which anything can be learned."""

FAINTEST = 1e-4
"""Of full scale, that the loudest sample of a file reaches at least: three times the smallest step of 16 bits."""


def decode_clips(
    paths: Sequence[str], rate: int, keep: Callable[[NDArray[np.float32]], Kept], longest: float = float("inf")
) -> tuple[dict[str, list[Kept]], list[Failure]]:
    """Return what is kept of each recording, from its zero on, and the files that cannot be learned from.

    Those are what cannot be decoded, is silent (as samples that are no numbers are), too short or too long.

    Parameters
    ----------
    paths : sequence of str
    rate : int
        Hertz of the samples.
    keep : callable
        Takes the samples (n,) of a block, of at most `BLOCK` seconds.
    longest : float
        Seconds of a recording, at most.

    Raises
    ------
    TrainingError
        Where what is kept would not fit into memory.
    """
    limits = settings()
    options = ReadOptions(audio_rate=rate, audio_window=BLOCK, audio_hop=BLOCK, max_pixels=limits.max_pixels)
    kept: dict[str, list[Kept]] = {}
    seconds: dict[str, float] = {}
    peaks: dict[str, float] = {}
    failed: dict[str, Failure] = {}
    reader = partial(read_sound, filled=True)
    guard = MemoryGuard("recordings", len(paths))
    with DecoderPool(
        limits.workers, options, timeout=limits.decode_seconds, memory=limits.decode_memory, reader=reader
    ) as pool:
        for path, event in pool.read(paths):
            if isinstance(event, Failure):
                failed[path] = event
            elif isinstance(event, Segment) and isinstance(event.content, Audio):
                samples = event.content.samples
                seconds[path] = seconds.get(path, 0.0) + len(samples) / rate
                peaks[path] = max(peaks.get(path, 0.0), float(np.abs(samples).max(initial=0.0)))
                if seconds[path] <= longest:
                    kept.setdefault(path, []).append(keep(samples))
                    guard.keep(int(getattr(kept[path][-1], "nbytes", 0)), len(kept))
    for path in paths:
        reason = _unfit(seconds.get(path, 0.0), peaks.get(path, 0.0), longest)
        if path not in failed and reason:
            failed[path] = Failure(path, reason)
    return {path: blocks for path, blocks in kept.items() if path not in failed}, [*failed.values()]


def _unfit(seconds: float, peak: float, longest: float) -> str:
    """Return why nothing can be learned from a recording; empty where something can."""
    if not seconds:
        return "holds no sound"
    if seconds > longest:
        return f"is longer than {longest:.0f} s: cut it"
    if seconds < SHORTEST:
        return f"is {seconds:.3f} s long, too short to learn from"
    return "is silent" if peak < FAINTEST else ""

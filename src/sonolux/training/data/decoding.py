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
from sonolux.types import Failure

Kept = TypeVar("Kept")

BLOCK = 60.0
"""Seconds of a file that are decoded at once."""


def decode_clips(
    paths: Sequence[str], rate: int, keep: Callable[[NDArray[np.float32]], Kept], longest: float = float("inf")
) -> tuple[dict[str, list[Kept]], list[Failure]]:
    """Return what is kept of each recording, from its zero on, and the files that cannot be learned from.

    Parameters
    ----------
    paths : sequence of str
    rate : int
        Hertz of the samples.
    keep : callable
        Takes the samples (n,) of a block, of at most `BLOCK` seconds.
    longest : float
        Seconds of a recording, at most.
    """
    limits = settings()
    options = ReadOptions(audio_rate=rate, audio_window=BLOCK, audio_hop=BLOCK, max_pixels=limits.max_pixels)
    kept: dict[str, list[Kept]] = {}
    seconds: dict[str, float] = {}
    failed: dict[str, Failure] = {}
    reader = partial(read_sound, filled=True)
    with DecoderPool(
        limits.workers, options, timeout=limits.decode_seconds, memory=limits.decode_memory, reader=reader
    ) as pool:
        for path, event in pool.read(paths):
            if isinstance(event, Failure):
                failed[path] = event
            elif isinstance(event, Segment) and isinstance(event.content, Audio):
                seconds[path] = seconds.get(path, 0.0) + len(event.content.samples) / rate
                if seconds[path] <= longest:
                    kept.setdefault(path, []).append(keep(event.content.samples))
    for path in paths:
        if path not in failed and path not in seconds:
            failed[path] = Failure(path, "holds no sound")
        elif path not in failed and seconds[path] > longest:
            failed[path] = Failure(path, f"is longer than {longest:.0f} s: cut it")
    return {path: blocks for path, blocks in kept.items() if path not in failed}, [*failed.values()]

"""The sound of files, decoded in a worker process: one that crashes there, hangs or takes too much costs that file."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from functools import partial
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import MediaError
from sonolux.fingerprints.constellation import RATE
from sonolux.media.reading import ReadOptions, read_sound
from sonolux.media.segment import Audio, Segment
from sonolux.media.workers.isolated import IsolatedDecoder
from sonolux.media.workers.pool import DecoderPool
from sonolux.settings import settings
from sonolux.types import Failure

BLOCK = 30.0
"""Seconds that are handed over at once, 1 MB."""

OPTIONS = ReadOptions(audio_rate=RATE, audio_window=BLOCK, audio_hop=BLOCK)
"""At 8,000 Hz, in blocks that do not overlap."""

READER = partial(read_sound, filled=True)
"""From the file's zero on, so that what is counted are its times."""

Blocks = Generator[NDArray[np.float32], None, None]


def decode_audio_files(paths: Iterable[str]) -> Iterator[tuple[str, Blocks]]:
    """Yield files, each with its sound at 8,000 Hz in blocks; while one is dealt with the next is decoded.

    The blocks of a file raise `MediaError` where it cannot be decoded, or no further.
    """
    limits = settings()
    with DecoderPool(1, OPTIONS, timeout=limits.decode_seconds, memory=limits.decode_memory, reader=READER) as decoder:
        for path, events in groupby(decoder.read(paths), key=lambda heard: heard[0]):
            yield path, _blocks(events)


def decode_audio_file(path: str, decoder: IsolatedDecoder, *, waits: bool = True) -> Blocks:
    """Yield the sound of a file at 8,000 Hz in blocks; close it where it is left before its end.

    Parameters
    ----------
    waits : bool
        Whether to wait for a turn, see `IsolatedDecoder.read`.

    Raises
    ------
    MediaError
        Where it cannot be decoded; it names the file.
    """
    with closing(decoder.read(path, OPTIONS, READER, waits=waits)) as events:
        for event in events:
            if isinstance(event, Segment) and isinstance(event.content, Audio):
                yield event.content.samples


def _blocks(events: Iterable[tuple[str, Any]]) -> Blocks:
    for _, event in events:
        if isinstance(event, Failure):
            raise MediaError(event.reason)
        if isinstance(event, Segment) and isinstance(event.content, Audio):
            yield event.content.samples

"""What stands for an item on a page: a thumbnail, the shape of its sound, or the words found.

A file that cannot be read any more has none of them.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import MediaError
from sonolux.types import Modality, Span

SIDE = 320
"""Pixels of the longer side of a thumbnail."""

BARS = 48
"""Of a waveform."""

WAVE_RATE = 8_000
"""Hertz; more than enough for the shape."""

LATEST = 300.0
"""Seconds: sound that begins later in a file would take too long to reach, and is shown without its shape."""

LONGEST = 30.0
"""Seconds of sound whose shape is drawn."""


@dataclass(frozen=True, slots=True)
class Preview:
    """At most one of the two: ``thumbnail`` is a data URI, ``wave`` the bars of a waveform in [0, 1], shape (n,)."""

    thumbnail: str = ""
    wave: NDArray[np.float32] | None = None


def preview(path: str, modality: Modality, span: Span | None = None) -> Preview:
    """Look at a file, or listen to it, for what stands for it."""
    if modality == Modality.TEXT:
        return Preview()
    try:
        return Preview(thumbnail=_thumbnail(path, modality, span))
    except (MediaError, OSError):
        return Preview(wave=_wave(path, span)) if modality == Modality.AUDIO else Preview()


def _thumbnail(path: str, modality: Modality, span: Span | None) -> str:
    from sonolux.media.thumbnail import thumbnail

    middle = (span.start + span.end) / 2 if span and modality == Modality.VIDEO else None
    return data_uri(thumbnail(path, SIDE, middle), "image/jpeg")


def data_uri(content: bytes, kind: str) -> str:
    """Return content as a URI that holds it."""
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def _wave(path: str, span: Span | None) -> NDArray[np.float32] | None:
    """Return the peaks of a sound, the loudest as 1."""
    from sonolux.media.audio import decode_audio

    start = span.start if span else 0.0
    end = min(span.end, start + LONGEST) if span else LONGEST
    if start > LATEST:
        return None
    wanted: list[NDArray[np.float32]] = []
    reached = 0
    try:
        for block in decode_audio(path, WAVE_RATE):
            first = max(0, int(start * WAVE_RATE) - reached)
            wanted.append(block[first : max(0, int(end * WAVE_RATE) - reached)])
            reached += len(block)
            if reached >= end * WAVE_RATE:
                break
    except (MediaError, OSError):
        return None
    samples = np.abs(np.concatenate(wanted)) if wanted else np.empty(0, np.float32)
    if samples.size < BARS or not samples.max():
        return None
    peaks = np.array([bar.max() for bar in np.array_split(samples, BARS)], np.float32)
    return np.asarray(peaks / peaks.max(), np.float32)

"""A stretch of one recording, or of a video's sound, at its own rate: for whoever wants to see or hear that alone."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sonolux.errors import MediaError
from sonolux.media.audio import load_audio
from sonolux.media.pool import DecoderPool
from sonolux.media.probing import probe
from sonolux.media.reading import ReadOptions
from sonolux.media.segment import Audio, Probe, Segment
from sonolux.settings import settings
from sonolux.types import Failure, Modality, Span

RATES = (8_000, 48_000)
"""Hertz; what is below or above is resampled."""


def excerpt(path: str, start: float, seconds: float) -> tuple[Probe, Audio]:
    """Decode a stretch in a process of its own; a long recording takes no more memory than a short one.

    Parameters
    ----------
    path : str
    start, seconds : float
        Where the stretch begins, and how long it is at most.

    Raises
    ------
    MediaError
        Where it cannot be read or has no sound, or none there.
    """
    limits = settings()
    found, heard = None, None
    with DecoderPool(
        1,
        ReadOptions.from_settings(),
        timeout=limits.decode_seconds,
        memory=limits.decode_memory,
        reader=partial(read_excerpt, start=start, seconds=seconds),
    ) as pool:
        for _, event in pool.read([path]):
            if isinstance(event, Failure):
                raise MediaError(event.reason)
            if isinstance(event, Probe):
                found = event
            if isinstance(event, Segment) and isinstance(event.content, Audio):
                heard = event.content
    assert found is not None and heard is not None  # what finished has both
    return found, heard


def read_excerpt(path: str, options: ReadOptions, start: float, seconds: float) -> Iterator[Probe | Segment]:
    """Yield the probe of a file and the stretch as one piece; `options` do not matter here."""
    found = probe(path)
    if found.modality in {Modality.IMAGE, Modality.TEXT}:
        raise MediaError(f"is {'a picture' if found.modality == Modality.IMAGE else 'text'}: there is nothing to hear")
    yield found
    lowest, highest = RATES
    sound = load_audio(path, min(max(int(found.metadata.get("rate", highest)), lowest), highest), seconds, start)
    yield Segment("window", sound, Span(start, start + len(sound.samples) / sound.rate))

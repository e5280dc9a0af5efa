"""A stretch of one recording, or of a video's sound, at its own rate: for whoever wants to see or hear that alone."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sonolux.errors import MediaError
from sonolux.media.containers.audio import load_audio
from sonolux.media.probing import probe
from sonolux.media.reading import ReadOptions
from sonolux.media.segment import Audio, Probe, Segment
from sonolux.media.workers.isolated import IsolatedDecoder
from sonolux.types import Modality, Span

RATES = (8_000, 48_000)
"""Hertz; what is below or above is resampled."""


def excerpt(path: str, start: float, seconds: float) -> tuple[Probe, Audio]:
    """Decode a stretch in a worker process; a long recording takes no more memory than a short one.

    Parameters
    ----------
    path : str
    start, seconds : float
        Where the stretch begins, and how long it is at most.

    Raises
    ------
    MediaError
        Where it cannot be read or has no sound, or none there; it names the file.
    """
    reader = partial(read_excerpt, start=start, seconds=seconds)
    found, heard = IsolatedDecoder().read(path, ReadOptions.from_settings(), reader)
    assert isinstance(found, Probe) and isinstance(heard, Segment) and isinstance(heard.content, Audio)
    return found, heard.content


def read_excerpt(path: str, options: ReadOptions, start: float, seconds: float) -> Iterator[Probe | Segment]:
    """Yield the probe of a file and the stretch as one piece; `options` do not matter here."""
    found = probe(path)
    if found.modality in {Modality.IMAGE, Modality.TEXT}:
        raise MediaError(f"is {'a picture' if found.modality == Modality.IMAGE else 'text'}: there is nothing to hear")
    yield found
    lowest, highest = RATES
    sound = load_audio(path, min(max(int(found.metadata.get("rate", highest)), lowest), highest), seconds, start)
    yield Segment("window", sound, Span(start, start + len(sound.samples) / sound.rate))

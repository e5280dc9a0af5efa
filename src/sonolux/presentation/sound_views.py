"""Views of sound: the peaks of its waveform and its mel spectrogram, made in decoding processes and kept in the cache.

Long recordings are read as a stream, two hours of them at most; what is kept of one meanwhile is a few numbers for
each twentieth of a second.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import MediaError
from sonolux.features.fourier import decibels, power_spectrogram
from sonolux.features.mel_scale import mel_filters
from sonolux.media.containers.audio import decode_audio
from sonolux.media.disk_cache import DiskCache
from sonolux.media.options import ReadOptions
from sonolux.media.segment import Decoded, Image, ReadEvent, Segment
from sonolux.media.workers.isolated import IsolatedDecoder
from sonolux.media.workers.worker import Progress
from sonolux.presentation.file_keys import file_key
from sonolux.settings import settings
from sonolux.types import Span

FORMAT = 1
"""Of what is kept: another number, and all of it is made again."""

LONGEST = 7200.0
"""Seconds of sound that are looked at."""

MOST_PEAKS = 4096

RATE = 22_050
FRAME, HOP = 2048, 1024
"""Hertz, and samples of a frame of the spectrogram and between two."""

BANDS = 128
BLOCK = 512 * HOP
"""Samples that are transformed at once."""

QUALITY = 85
"""Of the WebP."""

SHADES = np.array([(0, 0, 8), (40, 12, 84), (120, 28, 109), (205, 66, 71), (251, 155, 36), (252, 250, 190)], np.float64)
"""Colours from quiet to loud, evenly spaced; each is lighter than the one before."""


def sound_peaks(path: str, bins: int, span: Span | None = None) -> tuple[list[float], float]:
    """Return the peaks of a sound, each of an equal part of it, and its seconds.

    Parameters
    ----------
    path : str
    bins : int
        Peaks, up to `MOST_PEAKS`.
    span : Span, optional
        In seconds; all of the file by default.

    Raises
    ------
    MediaError
        Where there is no sound.
    """
    kept = _kept(path, "peaks", bins, span, partial(read_peaks, bins=bins, span=span))
    found = json.loads(kept)
    return found["peaks"], found["seconds"]


def mel_image(path: str, width: int, span: Span | None = None) -> bytes:
    """Return the mel spectrogram of a sound as a WebP of so many columns, low pitches below; parameters as above."""
    return _kept(path, "mel", width, span, partial(read_spectrogram, width=width, span=span))


def read_peaks(path: str, _: ReadOptions, bins: int, span: Span | None) -> Iterator[ReadEvent | Progress]:
    """Yield the peaks of a sound as metadata ``peaks`` and ``seconds``; what a decoding process runs."""
    peaks: list[NDArray[np.float32]] = []
    samples = 0
    for block in _heard(path, span):
        samples += block.size
        edges = np.arange(0, block.size, HOP)
        peaks.append(np.maximum.reduceat(np.abs(block), edges))
        yield Progress()
    every = np.concatenate(peaks)
    parts = np.minimum(np.arange(bins) * every.size // bins, every.size - 1)
    found = np.minimum(np.maximum.reduceat(every, parts), 1.0)
    yield Decoded({"peaks": [round(float(peak), 4) for peak in found], "seconds": round(samples / RATE, 3)})


def read_spectrogram(path: str, _: ReadOptions, width: int, span: Span | None) -> Iterator[ReadEvent | Progress]:
    """Yield the mel spectrogram of a sound as an image (bands, width); what a decoding process runs."""
    filters = mel_filters(RATE, FRAME, BANDS).T
    rows: list[NDArray[np.float32]] = []
    before = np.zeros(FRAME, np.float32)
    for block in _heard(path, span):
        # The end of the block before stands for the padding, whose frames are left out.
        power = power_spectrogram(np.concatenate([before, block]), FRAME, HOP)[FRAME // HOP - 1 :]
        rows.append((power @ filters).astype(np.float32))
        before = np.concatenate([before, block])[-FRAME:]
        yield Progress()
    levels = decibels(_columns(np.concatenate(rows), width))
    spread = float(levels.max() - levels.min())
    shares = (levels - levels.min()) / spread if spread else np.zeros_like(levels)
    yield Segment("image", Image(_coloured(shares.T[::-1])))


def _heard(path: str, span: Span | None) -> Iterator[NDArray[np.float32]]:
    """Yield a sound, or a span of it, in blocks of `BLOCK` samples and a rest."""
    first = round((span.start if span else 0.0) * RATE)
    last = min(round(span.end * RATE) if span else first + round(LONGEST * RATE), first + round(LONGEST * RATE))
    held: list[NDArray[np.float32]] = []
    place = count = 0
    for decoded in decode_audio(path, RATE):
        piece = decoded[max(first - place, 0) : max(last - place, 0)]
        place += decoded.size
        held.append(piece)
        count += piece.size
        if count >= BLOCK:
            joined = np.concatenate(held)
            whole = count - count % BLOCK
            yield from np.split(joined[:whole], whole // BLOCK)
            held, count = [joined[whole:]], count - whole
        if place >= last:
            break
    if place <= first:
        raise MediaError("ends before this place")
    if count:
        yield np.concatenate(held)


def _columns(rows: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    """Return frames (n, bands) as so many columns (width, bands): each the mean of its frames."""
    edges = np.minimum(np.arange(width) * len(rows) // width, len(rows) - 1)
    sums = np.add.reduceat(rows.astype(np.float64), edges, axis=0)
    counts = np.maximum(np.diff(np.append(edges, len(rows))), 1)
    return np.asarray(sums / counts[:, None], np.float32)


def _coloured(shares: NDArray[Any]) -> NDArray[np.uint8]:
    """Return shares in [0, 1] as colours (..., 3)."""
    places = np.linspace(0, 1, len(SHADES))
    channels = [np.interp(shares, places, SHADES[:, channel]) for channel in range(3)]
    return np.asarray(np.rint(np.stack(channels, axis=-1)), np.uint8)


def _kept(path: str, what: str, size: int, span: Span | None, reader: Callable[..., Any]) -> bytes:
    """Return what a reader makes of a file, from the cache where it was made before."""
    cache = DiskCache(settings().cache / "thumbnails", settings().thumbnail_cache)
    name = file_key(path, FORMAT, what, size, span)
    found = cache.get(f"{name}.{what}") if name else None
    if found is not None:
        return found
    for event in IsolatedDecoder().read(path, ReadOptions.from_settings(), reader):
        if isinstance(event, Decoded):
            found = json.dumps(event.metadata).encode("ascii")
        elif isinstance(event, Segment) and isinstance(event.content, Image):
            found = _webp(event.content)
    if found is None:
        raise MediaError("holds no sound")
    if name:
        cache.put(f"{name}.{what}", found)
    return found


def _webp(image: Image) -> bytes:
    import PIL.Image

    out = io.BytesIO()
    PIL.Image.fromarray(image.pixels).save(out, "WEBP", quality=QUALITY)
    return out.getvalue()

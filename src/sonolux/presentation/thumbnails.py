"""Thumbnails and waveforms of files, made in decoding processes and kept in a bounded cache on disk.

A file that harms its decoder costs its own thumbnail, and no other of a page. What was made is found again by the
file's path, size and modification time, and by what is seen of it; ``SONOLUX_THUMBNAIL_CACHE`` says how much is kept.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import MediaError
from sonolux.media.disk_cache import DiskCache
from sonolux.media.images.thumbnail import View, read_views
from sonolux.media.reading import ReadOptions
from sonolux.media.segment import Audio, Content, Image, Probe, Segment
from sonolux.media.workers.isolated import IsolatedDecoder
from sonolux.presentation.file_keys import file_key
from sonolux.presentation.waveform import waveform
from sonolux.settings import settings
from sonolux.types import Modality

FORMAT = 2
"""Of what is kept: another number, and all of it is made again."""

QUALITY = 85
"""Of the JPEG."""

LONGEST = 10.0
"""Seconds that a decoder may be silent: a page waits for it."""

FILES = 8
"""Files for which another process is worth its start."""

JPEG, WAVE = ".jpg", ".wave"
"""Endings of what is kept: a JPEG, or a byte a bar."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """What stands for a view: an image, a waveform, or neither, where there is nothing to see or hear.

    Attributes
    ----------
    jpeg : bytes
        Empty for none.
    wave : ndarray of float32, shape (n,), or None
        Bars in [0, 1].
    modality : Modality or None
        Of the file, where it had to be looked at to know what stands for it.
    """

    jpeg: bytes = b""
    wave: NDArray[np.float32] | None = None
    modality: Modality | None = None


def thumbnails(views: Iterable[View]) -> dict[View, Thumbnail]:
    """Return what stands for each view, made or found in the cache; nothing for a file that cannot be decoded.

    Raises
    ------
    SonoluxError
        Where decoding processes do not start at all.
    """
    cache = _cache(settings().cache / "thumbnails", settings().thumbnail_cache)
    seen: dict[View, Thumbnail] = {}
    missing: dict[View, str] = {}
    for view in dict.fromkeys(views):
        name = _name_of(view)
        found = Thumbnail() if name is None else _kept(cache, name)
        if found is None and name is not None:
            missing[view] = name
        seen[view] = found or Thumbnail()
    for view, made in _made(list(missing)):
        seen[view] = made
        if made.jpeg:
            cache.put(missing[view] + JPEG, made.jpeg)
        elif made.wave is not None:
            cache.put(missing[view] + WAVE, np.rint(made.wave * 255).astype(np.uint8).tobytes())
    return seen


def kept_thumbnail(view: View) -> Thumbnail | None:
    """Return what stands for a view where it was made before; None where it has to be made, or there is nothing."""
    name = _name_of(view)
    cache = _cache(settings().cache / "thumbnails", settings().thumbnail_cache)
    return None if name is None else _kept(cache, name)


@lru_cache(maxsize=8)
def _cache(folder: Path, limit: int) -> DiskCache:
    """Return one cache for a folder: by itself each would look through all of it when it first writes."""
    return DiskCache(folder, limit)


def _name_of(view: View) -> str | None:
    return file_key(view.path, FORMAT, view.side, view.span, view.region)


def _kept(cache: DiskCache, name: str) -> Thumbnail | None:
    jpeg = cache.get(name + JPEG)
    if jpeg is not None:
        return Thumbnail(jpeg)
    wave = cache.get(name + WAVE)
    return None if wave is None else Thumbnail(wave=np.divide(np.frombuffer(wave, np.uint8), 255, dtype=np.float32))


def _made(views: list[View]) -> Iterator[tuple[View, Thumbnail]]:
    """Decode views, each file once, several files at a time."""
    wanted: dict[str, list[View]] = {}
    for view in views:
        wanted.setdefault(view.path, []).append(view)
    if not wanted:
        return
    with ThreadPoolExecutor(min(settings().workers, -(-len(wanted) // FILES))) as threads:
        for path, seen in zip(wanted, threads.map(_decoded, wanted.items()), strict=True):
            yield from zip(wanted[path], seen, strict=False)


def _decoded(wanted: tuple[str, list[View]]) -> list[Thumbnail]:
    """Decode the views of one file in a process of its own; fewer, or none, where that fails."""
    path, views = wanted
    options, timeout = ReadOptions.from_settings(), min(settings().decode_seconds, LONGEST)
    reader = partial(read_views, wanted=views)
    seen: list[Thumbnail] = []
    modality = None
    try:
        for event in IsolatedDecoder().read(path, options, reader, timeout=timeout):
            if isinstance(event, Probe):
                modality = event.modality
            elif isinstance(event, Segment):
                seen.append(_drawn(event.content, modality))
    except MediaError:  # what stands for it is nothing
        return seen
    return seen


def _drawn(content: Content, modality: Modality | None) -> Thumbnail:
    if isinstance(content, Image):
        return Thumbnail(_jpeg(content), modality=modality)
    wave = waveform(content.samples) if isinstance(content, Audio) else None
    return Thumbnail(wave=wave, modality=modality)


def _jpeg(image: Image) -> bytes:
    import PIL.Image

    out = io.BytesIO()
    PIL.Image.fromarray(image.pixels).save(out, "JPEG", quality=QUALITY)
    return out.getvalue()

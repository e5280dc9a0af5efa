"""Items where they are: the path and the open file of an item, and what is seen and heard of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from anyio import to_thread
from starlette.concurrency import run_in_threadpool

from sonolux.media.images.thumbnail import View
from sonolux.media.inside.names import holder_of
from sonolux.media.objects.urls import is_url
from sonolux.presentation.data import region_from_data, span_from_data
from sonolux.presentation.sound_views import mel_image, sound_peaks
from sonolux.presentation.thumbnails import Thumbnail, kept_thumbnail, thumbnails
from sonolux.server.front import Front
from sonolux.server.media.object_stretch import ObjectStretch
from sonolux.server.media.opening import open_stretch
from sonolux.server.media.stretch import Stretch
from sonolux.server.problems import ProblemError
from sonolux.types import Region, Span


@dataclass(frozen=True, slots=True)
class Located:
    """Where an item is: its path, what of the file it is, its bytes open for reading."""

    path: str
    modality: str
    span: Span | None
    region: Region | None
    stretch: Stretch | ObjectStretch

    def check_same(self) -> None:
        """Raise where the path no longer leads to the file that was opened, by whatever links.

        An object is read under its entity tag, so that another one in its place is never taken for it.
        """
        if is_url(self.path):
            return
        try:
            there = Path(holder_of(self.path)).stat()
        except (OSError, ValueError):
            there = None
        if there is None or (there.st_dev, there.st_ino) != self.stretch.state[:2]:
            raise ProblemError("unopened", "the file of this item was exchanged while it was read")


@asynccontextmanager
async def located(front: Front, id_: UUID) -> AsyncIterator[Located]:
    """Open an item for as long as a block lasts; who reads by its path checks afterwards that it was the same file."""
    place = await front.locations.find(id_)
    stretch = await run_in_threadpool(open_stretch, place["path"], front.configuration.roots)
    span, region = span_from_data(place), region_from_data(place["region"])
    item = Located(place["path"], place["modality"], span, region, stretch)
    try:
        item.check_same()
        yield item
    finally:
        await run_in_threadpool(stretch.close)


async def thumbnail_of(front: Front, id_: UUID, side: int) -> bytes:
    """Return a small picture of an item, a JPEG; ``nothing-to-show`` where it has nothing to see."""
    async with located(front, id_) as item:
        view = View(item.path, item.span, item.region, side)
        seen = await seen_of(front, view)
        item.check_same()
    if not seen.jpeg:
        raise ProblemError("nothing-to-show", "this item has nothing to see: sound has a waveform, a text its words")
    return seen.jpeg


async def seen_of(front: Front, view: View) -> Thumbnail:
    """Return what stands for a view; what was made before does not wait behind what is being made."""
    kept = await run_in_threadpool(kept_thumbnail, view)
    if kept is not None:
        return kept
    return (await to_thread.run_sync(thumbnails, [view], limiter=front.decoders))[view]


async def peaks_of(front: Front, id_: UUID, bins: int) -> tuple[list[float], float]:
    """Return the peaks of the sound of an item, and its seconds; ``nothing-to-show`` where it has none."""
    async with located(front, id_) as item:
        _refuse_silent(item)
        peaks = await to_thread.run_sync(sound_peaks, item.path, bins, item.span, limiter=front.decoders)
        item.check_same()
    return peaks


async def mel_image_of(front: Front, id_: UUID, width: int) -> bytes:
    """Return the mel spectrogram of the sound of an item, a WebP; ``nothing-to-show`` where it has none."""
    async with located(front, id_) as item:
        _refuse_silent(item)
        image = await to_thread.run_sync(mel_image, item.path, width, item.span, limiter=front.decoders)
        item.check_same()
    return image


def _refuse_silent(item: Located) -> None:
    if item.modality not in ("audio", "video"):
        raise ProblemError("nothing-to-show", "this item has no sound")

"""Media of items: the file itself, a thumbnail, a waveform, a spectrogram; each by the item's id, never by a path."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from pydantic import BeforeValidator
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from sonolux.media.images.thumbnail import View
from sonolux.presentation.sound_views import MOST_PEAKS, mel_image, sound_peaks
from sonolux.presentation.thumbnails import thumbnails
from sonolux.server.api.documents import PeaksDocument
from sonolux.server.api.refusals import refusals
from sonolux.server.etags import matches
from sonolux.server.front import Front, FrontDep
from sonolux.server.media.opened_file import OpenedFile
from sonolux.server.media.opening import open_item
from sonolux.server.media.types import HEAD, SHOWN_AS_THEY_ARE, media_type_of
from sonolux.server.problems import ProblemError
from sonolux.types import Mask, Region, Span

router = APIRouter(prefix="/api/v1/items/{id}", tags=["media"])

Width = Annotated[Literal[160, 320, 640, 1280], BeforeValidator(int)]
"""Pixels; an address holds text."""
SECONDS = 3600
"""For which a browser keeps what is made of a file without asking again."""

OPENED = refusals("not-found", "unopened", "busy", "unavailable")
SHOWN = refusals("not-found", "unopened", "nothing-to-show", "busy", "unavailable")


@dataclass(frozen=True, slots=True)
class Located:
    """Where an item is: its path, what of the file it is, its file open for reading."""

    path: str
    modality: str
    span: Span | None
    region: Region | None
    descriptor: int

    def check_same(self) -> None:
        """Raise where the path no longer leads to the file that was opened, by whatever links."""
        opened = os.fstat(self.descriptor)
        try:
            there = Path(self.path).stat()
        except (OSError, ValueError):
            there = None
        if there is None or (there.st_dev, there.st_ino) != (opened.st_dev, opened.st_ino):
            raise ProblemError("unopened", "the file of this item was exchanged while it was read")


@asynccontextmanager
async def located(front: Front, id_: UUID) -> AsyncIterator[Located]:
    """Open an item for as long as a block lasts."""
    place = await front.calls.call("locate", id=str(id_))
    descriptor = await run_in_threadpool(open_item, place["path"], front.configuration.roots)
    try:
        yield Located(place["path"], place["modality"], _span(place), _region(place["region"]), descriptor)
    finally:
        os.close(descriptor)


@router.head("/media", include_in_schema=False)
@router.get(
    "/media",
    response_class=Response,
    responses={**refusals("not-found", "unopened", "range", "busy", "unavailable"), **{
        200: {"description": "The file", "content": {"application/octet-stream": {}}},
        206: {"description": "One range of its bytes", "content": {"application/octet-stream": {}}},
        304: {"description": "It is what the client has"},
    }},
)  # fmt: skip
async def send_media(front: FrontDep, id: UUID) -> Response:  # noqa: A002 - the word of the address
    """Send the file of an item as it is, whole or one range of it."""
    place = await front.calls.call("locate", id=str(id))
    descriptor = await run_in_threadpool(open_item, place["path"], front.configuration.roots)
    try:
        return OpenedFile(descriptor, Path(place["path"]).name)
    except BaseException:
        os.close(descriptor)
        raise


@router.get(
    "/media/web",
    response_class=Response,
    responses={**refusals("not-found", "unopened", "media", "nothing-to-show", "range", "being-made"), **{
        200: {"description": "What browsers show and play", "content": {"application/octet-stream": {}}},
        206: {"description": "One range of its bytes", "content": {"application/octet-stream": {}}},
        304: {"description": "It is what the client has"},
    }},
)  # fmt: skip
async def send_web_version(front: FrontDep, id: UUID) -> Response:  # noqa: A002
    """Send what browsers can show or play of an item: the file itself where they can, else one that is made of it."""
    async with located(front, id) as item:
        if item.modality == "text":
            raise ProblemError("nothing-to-show", "a text has its words")
        kind = media_type_of(os.pread(item.descriptor, HEAD, 0))
        if kind.name in SHOWN_AS_THEY_ARE:
            return OpenedFile(os.dup(item.descriptor), Path(item.path).name)
        item.check_same()
        made = await front.web_versions.find(item.path, item.descriptor)
        item.check_same()
    return OpenedFile(os.open(made, os.O_RDONLY | os.O_CLOEXEC), Path(item.path).stem + made.suffix)


@router.get(
    "/thumbnail",
    response_class=Response,
    responses={**SHOWN, 200: {"description": "A JPEG", "content": {"image/jpeg": {}}}},
)
async def send_thumbnail(
    front: FrontDep,
    request: Request,
    id: UUID,  # noqa: A002
    width: Annotated[Width, Query(description="Pixels of the longer side, at most.")] = 320,
) -> Response:
    """Send a small picture of an image, a frame, a page, a region, or the cover of a recording."""
    async with located(front, id) as item:
        view = View(item.path, item.span, item.region, width)
        item.check_same()
        seen = await to_thread.run_sync(thumbnails, [view], limiter=front.decoders)
        item.check_same()
    if not seen[view].jpeg:
        raise ProblemError("nothing-to-show", "this item has nothing to see: sound has a waveform, a text its words")
    return picture(request, seen[view].jpeg, "image/jpeg")


@router.get("/waveform", responses=SHOWN)
async def send_waveform(
    front: FrontDep,
    id: UUID,  # noqa: A002
    bins: Annotated[int, Query(ge=16, le=MOST_PEAKS)] = 512,
) -> PeaksDocument:
    """Return the peaks of the sound of an item."""
    async with located(front, id) as item:
        _refuse_silent(item)
        item.check_same()
        peaks, seconds = await to_thread.run_sync(sound_peaks, item.path, bins, item.span, limiter=front.decoders)
        item.check_same()
    return PeaksDocument(peaks=peaks, seconds=seconds)


@router.get(
    "/spectrogram",
    response_class=Response,
    responses={**SHOWN, 200: {"description": "A WebP", "content": {"image/webp": {}}}},
)
async def send_spectrogram(
    front: FrontDep,
    request: Request,
    id: UUID,  # noqa: A002
    width: Annotated[Width, Query(description="Pixels.")] = 640,
) -> Response:
    """Send the mel spectrogram of the sound of an item as a picture: time to the right, pitch upwards."""
    async with located(front, id) as item:
        _refuse_silent(item)
        item.check_same()
        image = await to_thread.run_sync(mel_image, item.path, width, item.span, limiter=front.decoders)
        item.check_same()
    return picture(request, image, "image/webp")


def picture(request: Request, content: bytes, media_type: str) -> Response:
    """Return a picture with its entity tag, or that it is known already."""
    tag = f'"{blake2b(content, digest_size=12).hexdigest()}"'
    headers = {"etag": tag, "cache-control": f"private, max-age={SECONDS}"}
    if matches(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=media_type)


def _refuse_silent(item: Located) -> None:
    if item.modality not in ("audio", "video"):
        raise ProblemError("nothing-to-show", "this item has no sound")


def _span(place: dict[str, Any]) -> Span | None:
    if place["start"] is None:
        return None
    return Span(place["start"], place["end"], place["unit"])


def _region(told: dict[str, Any] | None) -> Region | None:
    if told is None:
        return None
    drawn = told["mask"]
    mask = Mask(drawn["height"], drawn["width"], tuple(drawn["runs"])) if drawn else None
    x0, y0, x1, y1 = told["box"]
    return Region(x0, y0, x1, y1, time=told["time"], mask=mask)

"""Media of items: the file itself, a thumbnail, a waveform, a spectrogram; each by the item's id, never by a path."""

from __future__ import annotations

import os
from hashlib import blake2b
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BeforeValidator
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from sonolux.media.inside.names import own_name
from sonolux.presentation.sound_views import MOST_PEAKS
from sonolux.server.api.documents import PeaksDocument
from sonolux.server.api.refusals import refusals
from sonolux.server.etags import matches
from sonolux.server.front import FrontDep
from sonolux.server.media.located import located, mel_image_of, peaks_of, thumbnail_of
from sonolux.server.media.opened_file import OpenedFile
from sonolux.server.media.stretch import whole_file
from sonolux.server.media.types import HEAD, SHOWN_AS_THEY_ARE, media_type_of
from sonolux.server.problems import ProblemError

router = APIRouter(prefix="/api/v1/items/{id}", tags=["media"])

Width = Annotated[Literal[160, 320, 640, 1280], BeforeValidator(int)]
"""Pixels; an address holds text."""
SECONDS = 3600
"""For which a browser keeps what is made of a file without asking again."""

OPENED = refusals("not-found", "unopened", "busy", "unavailable")
SHOWN = refusals("not-found", "unopened", "nothing-to-show", "busy", "unavailable")


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
async def send_media(front: FrontDep, id: UUID) -> Response:
    """Send the file of an item as it is, whole or one range of it."""
    async with located(front, id) as item:
        return await run_in_threadpool(OpenedFile, item.stretch.duplicate(), own_name(item.path))


@router.get(
    "/media/web",
    response_class=Response,
    responses={**refusals("not-found", "unopened", "media", "nothing-to-show", "range", "being-made"), **{
        200: {"description": "What browsers show and play", "content": {"application/octet-stream": {}}},
        206: {"description": "One range of its bytes", "content": {"application/octet-stream": {}}},
        304: {"description": "It is what the client has"},
    }},
)  # fmt: skip
async def send_web_version(front: FrontDep, id: UUID) -> Response:
    """Send what browsers can show or play of an item: the file itself where they can, else one that is made of it."""
    async with located(front, id) as item:
        if item.modality == "text":
            raise ProblemError("nothing-to-show", "a text has its words")
        kind = media_type_of(await run_in_threadpool(item.stretch.read_at, 0, HEAD))
        if kind.name in SHOWN_AS_THEY_ARE:
            return await run_in_threadpool(OpenedFile, item.stretch.duplicate(), own_name(item.path))
        made = await front.web_versions.find(item.path, item.stretch)
        item.check_same()
    stretch = whole_file(os.open(made, os.O_RDONLY | os.O_CLOEXEC))
    return OpenedFile(stretch, Path(own_name(item.path)).stem + made.suffix)


@router.get(
    "/thumbnail",
    response_class=Response,
    responses={**SHOWN, 200: {"description": "A JPEG", "content": {"image/jpeg": {}}}},
)
async def send_thumbnail(
    front: FrontDep,
    request: Request,
    id: UUID,
    width: Annotated[Width, Query(description="Pixels of the longer side, at most.")] = 320,
) -> Response:
    """Send a small picture of an image, a frame, a page, a region, or the cover of a recording."""
    return picture(request, await thumbnail_of(front, id, width), "image/jpeg")


@router.get("/waveform", responses=SHOWN)
async def send_waveform(
    front: FrontDep,
    id: UUID,
    bins: Annotated[int, Query(ge=16, le=MOST_PEAKS)] = 512,
) -> PeaksDocument:
    """Return the peaks of the sound of an item."""
    peaks, seconds = await peaks_of(front, id, bins)
    return PeaksDocument(peaks=peaks, seconds=seconds)


@router.get(
    "/spectrogram",
    response_class=Response,
    responses={**SHOWN, 200: {"description": "A WebP", "content": {"image/webp": {}}}},
)
async def send_spectrogram(
    front: FrontDep,
    request: Request,
    id: UUID,
    width: Annotated[Width, Query(description="Pixels.")] = 640,
) -> Response:
    """Send the mel spectrogram of the sound of an item as a picture: time to the right, pitch upwards."""
    return picture(request, await mel_image_of(front, id, width), "image/webp")


def picture(request: Request, content: bytes, media_type: str) -> Response:
    """Return a picture with its entity tag, or that it is known already."""
    tag = f'"{blake2b(content, digest_size=12).hexdigest()}"'
    headers = {"etag": tag, "cache-control": f"private, max-age={SECONDS}"}
    if matches(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=media_type)

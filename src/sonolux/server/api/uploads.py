"""Uploads: raw bodies of PUT, under an id that the client makes, so that one sent twice is one."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from sonolux.media.images.thumbnail import View
from sonolux.server.api.documents import HummedDocument, UploadDocument, UploadsDocument
from sonolux.server.api.media import Width, picture
from sonolux.server.api.questions import HitLimit
from sonolux.server.api.refusals import refusals
from sonolux.server.front import LONG, FrontDep, TakesTurn
from sonolux.server.media.located import seen_of
from sonolux.server.problems import ProblemError

router = APIRouter(prefix="/api/v1/uploads", tags=["uploads"])

BODY = {
    "requestBody": {
        "required": True,
        "description": "The file as it is; its media type is found, not believed.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get("", responses=refusals())
def list_uploads(front: FrontDep) -> UploadsDocument:
    """List the uploads that are kept."""
    return UploadsDocument.model_validate({"uploads": [front.uploads.as_data(one) for one in front.uploads.all()]})


@router.put(
    "/{id}",
    status_code=201,
    openapi_extra=BODY,
    responses=refusals("slow", "library", "unknown-medium", "quota"),
)
async def receive_upload(
    front: FrontDep,
    request: Request,
    id: UUID,
    name: Annotated[str, Query(max_length=255, description="What it is called, for people.")] = "",
) -> UploadDocument:
    """Keep a file to ask with, in place of any other of this id; it is on the disk once this is answered."""
    told = request.headers.get("content-length", "")
    length = int(told) if told.isascii() and told.isdigit() and len(told) < 19 else None
    try:
        upload = await front.uploads.receive(id, name, length, request.stream())
    except ProblemError as error:
        error.headers["connection"] = "close"  # what is still to come is not waited for
        raise
    return UploadDocument.model_validate(front.uploads.as_data(upload))


@router.get("/{id}", responses=refusals("not-found"))
def find_upload(front: FrontDep, id: UUID) -> UploadDocument:
    """Return what is known of an upload."""
    return UploadDocument.model_validate(front.uploads.as_data(front.uploads.find(id)))


@router.delete("/{id}", status_code=204, responses=refusals("not-found"))
def remove_upload(front: FrontDep, id: UUID) -> None:
    """Remove an upload."""
    front.uploads.remove(id)


@router.get(
    "/{id}/thumbnail",
    response_class=Response,
    responses={
        **refusals("not-found", "nothing-to-show"),
        200: {"description": "A JPEG", "content": {"image/jpeg": {}}},
    },
)
async def send_upload_thumbnail(
    front: FrontDep,
    request: Request,
    id: UUID,
    width: Annotated[Width, Query(description="Pixels of the longer side, at most.")] = 320,
) -> Response:
    """Send a small picture of an upload."""
    _, path = await run_in_threadpool(front.uploads.use, id)
    view = View(str(path), side=width)
    seen = await seen_of(front, view)
    if not seen.jpeg:
        raise ProblemError("nothing-to-show", "this upload has nothing to see")
    return picture(request, seen.jpeg, "image/jpeg")


@router.get(
    "/{id}/tunes",
    dependencies=[TakesTurn],
    responses=refusals("question", "media", "library", "not-found", "busy", "unavailable"),
    response_model_exclude_unset=True,
)
async def find_tunes(front: FrontDep, id: UUID, limit: HitLimit = 20) -> HummedDocument:
    """Find the recordings in which a tune is that somebody hums, whistles or plays in an upload."""
    _, path = await run_in_threadpool(front.uploads.use, id)
    return HummedDocument(**await front.calls.call("hum", path=str(path), limit=limit, deadline=LONG))

"""Items: their list, and what the library tells of each."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from sonolux.server.api.documents import (
    AnnotationsDocument,
    CopiesDocument,
    HitsDocument,
    ItemsDocument,
    TextDocument,
    WholeItemDocument,
)
from sonolux.server.api.questions import LIMITS, ShortName
from sonolux.server.api.refusals import refusals
from sonolux.server.api.search import WhereText, filter_of
from sonolux.server.front import FrontDep, TakesTurn
from sonolux.server.problems import ProblemError

router = APIRouter(prefix="/api/v1", tags=["items"])

LOOKED_UP = refusals("question", "not-found", "busy", "unavailable")
SPOKEN = ("transcript", "text", "caption")
"""Kinds of annotations that are words."""


@router.get("/items", responses=refusals("question", "busy", "unavailable"), response_model_exclude_unset=True)
async def list_items(
    front: FrontDep,
    where: WhereText = "{}",
    cursor: Annotated[str, Query(max_length=200, description="The `next` of the page before.")] = "",
    limit: Annotated[int, Query(ge=1, le=LIMITS.hits)] = 50,
) -> ItemsDocument:
    """List the files of the library in a fixed order, page by page."""
    after = _after(cursor) if cursor else None
    page = await front.calls.call("items", where=filter_of(where), after=after, limit=limit)
    return ItemsDocument(items=page["items"], next=_cursor(page["next"]) if page["next"] else None)


@router.get("/items/{id}", responses=LOOKED_UP, response_model_exclude_unset=True)
async def find_item(front: FrontDep, id: UUID) -> WholeItemDocument:
    """Return an item, with its metadata, its spans, and what annotators said of it."""
    return WholeItemDocument(**await front.calls.call("item", id=str(id)))


@router.get("/items/{id}/annotations", responses=LOOKED_UP, response_model_exclude_unset=True)
async def list_annotations(
    front: FrontDep,
    id: UUID,
    kind: Annotated[list[ShortName], Query(max_length=16, description="label, caption, transcript, text")] = [],  # noqa: B006
) -> AnnotationsDocument:
    """Return labels, events, captions, transcripts and lines of text; all kinds, or those that are asked for."""
    return AnnotationsDocument(**await front.calls.call("annotations", id=str(id), kinds=kind or None))


@router.get("/items/{id}/text", responses=LOOKED_UP, response_model_exclude_unset=True)
async def read_text(front: FrontDep, id: UUID) -> TextDocument:
    """Return what an item says: the passages of a text, and words that were read or heard in anything else."""
    item = await front.calls.call("item", id=str(id))
    own = [item] if item["text"] and not any(part["text"] for part in item["spans"]) else []
    keys = ("text", "kind", "start", "end", "unit")
    passages = [{key: part[key] for key in keys} for part in (*own, *item["spans"]) if part["text"]]
    said = [
        {"text": one["label"], "kind": one["kind"], "start": one["start"], "end": one["end"], "unit": "seconds"}
        for one in item["annotations"]
        if one["kind"] in SPOKEN
    ]
    return TextDocument.model_validate({"passages": passages + said})


@router.get("/items/{id}/neighbours", dependencies=[TakesTurn], responses=LOOKED_UP, response_model_exclude_unset=True)
async def find_neighbours(
    front: FrontDep,
    id: UUID,
    space: Annotated[ShortName, Query(description="One of the spaces of the library.")],
    k: Annotated[int, Query(ge=1, le=LIMITS.hits)] = 20,
) -> HitsDocument:
    """Return the files that are nearest to an item in one space."""
    return HitsDocument(**await front.calls.call("neighbours", id=str(id), space=space, k=k))


@router.get("/items/{id}/copies", responses=LOOKED_UP)
async def find_copies(front: FrontDep, id: UUID) -> CopiesDocument:
    """Return the groups of identical and altered copies that hold an item, as the last job `copies` has found them."""
    return CopiesDocument(**await front.calls.call("copies", id=str(id)))


@router.get("/copies", responses=refusals("question", "busy", "unavailable"))
async def list_copies(
    front: FrontDep,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=LIMITS.hits)] = 50,
) -> CopiesDocument:
    """List groups of copies, as the last job `copies` has found them."""
    return CopiesDocument(**await front.calls.call("copies", offset=offset, limit=limit))


def _cursor(after: str) -> str:
    return urlsafe_b64encode(after.encode()).decode().rstrip("=")


def _after(cursor: str) -> str:
    try:
        return str(UUID(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()))
    except ValueError:
        raise ProblemError("invalid", "a cursor is the `next` of the page before", field="cursor") from None

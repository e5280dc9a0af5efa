"""Search: questions, the pages of their rankings, facets, and the names of recordings that are heard in a clip."""

from __future__ import annotations

import json
import os
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Query
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from sonolux.server.api.documents import (
    FacetsDocument,
    MatchesDocument,
    RankingDocument,
    WindowDocument,
)
from sonolux.server.api.questions import (
    LIMITS,
    SEARCH_EXAMPLES,
    SearchBody,
    ShortName,
    StrictBody,
    UploadPart,
)
from sonolux.server.api.refusals import refusals
from sonolux.server.calls.protocol import CallError
from sonolux.server.front import LONG, Front, FrontDep, TakesTurn
from sonolux.server.problems import ProblemError

router = APIRouter(prefix="/api/v1", tags=["search"])

WhereText = Annotated[
    str,
    Query(
        max_length=2000,
        description="A filter, as a JSON object, like the `where` of a search.",
        examples=['{"modality": "image"}'],
    ),
]


@router.post(
    "/search",
    dependencies=[TakesTurn],
    responses=refusals("question", "media", "not-found", "busy", "unavailable"),
    response_model_exclude_unset=True,
)
async def search(
    front: FrontDep, body: Annotated[SearchBody, Body(openapi_examples=SEARCH_EXAMPLES)]
) -> RankingDocument:
    """Find items by words, items, uploads, or several of them; the ranking is kept for a while."""
    params = body.model_dump(mode="json", exclude={"parts"})
    names: dict[str, str] = {}
    parts = [await _part(front, part, names) for part in body.parts]
    try:
        return RankingDocument(**await front.calls.call("search", parts=parts, **params))
    except CallError as error:  # it names a file of the service's own, which means nothing to who sent it
        for path, name in names.items():
            error.message = error.message.replace(path, name)
        raise


@router.get(
    "/rankings/{ranking}",
    responses=refusals("question", "expired", "busy", "unavailable"),
    response_model_exclude_unset=True,
)
async def window(
    front: FrontDep,
    ranking: ShortName,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=LIMITS.hits)] = 20,
) -> WindowDocument:
    """Return a part of a ranking, which stays as it was while the library changes."""
    return WindowDocument(**await front.calls.call("window", ranking=ranking, offset=offset, limit=limit))


@router.get("/facets", dependencies=[TakesTurn], responses=refusals("question", "expired", "busy", "unavailable"))
async def facets(
    front: FrontDep,
    key: Annotated[list[ShortName], Query(min_length=1, max_length=16, description="Keys of filters.")],
    where: WhereText = "{}",
    own: Annotated[bool, Query(description="Whether the filter's conditions on a key hold for its own values.")] = True,
    ranking: Annotated[ShortName | None, Query(description="Count among the hits of this ranking.")] = None,
) -> FacetsDocument:
    """Count the files of each value that a key has."""
    told = await front.calls.call("facets", keys=key, where=filter_of(where), own=own, ranking=ranking)
    return FacetsDocument(facets=told)


InTurn = Annotated[bool, Field(description="Whether matches come as they end in the clip, not the surest first.")]


class ClipBody(StrictBody):
    """What is to be named: an upload, or an item."""

    upload: UUID | None = None
    item: UUID | None = None
    in_turn: InTurn = False


CLIP_EXAMPLES: dict[str, Any] = {
    "item": {"summary": "A recording of the library", "value": {"item": "00000000-0000-4000-8000-000000000002"}}
}


@router.post(
    "/identify",
    dependencies=[TakesTurn],
    responses=refusals("question", "media", "library", "not-found", "busy", "unavailable"),
)
async def identify(front: FrontDep, clip: Annotated[ClipBody, Body(openapi_examples=CLIP_EXAMPLES)]) -> MatchesDocument:
    """Name the recordings of the library that are heard in a clip, and where."""
    if (clip.upload is None) == (clip.item is None):
        raise ProblemError("invalid", "a clip is an upload or an item", field="upload")
    asked: dict[str, Any] = {"in_turn": clip.in_turn, "deadline": LONG}
    if clip.item is not None:
        return MatchesDocument(**await front.calls.call("identify", item=str(clip.item), **asked))
    assert clip.upload is not None
    _, path = await run_in_threadpool(front.uploads.use, clip.upload)
    return MatchesDocument(**await front.calls.call("identify", path=str(path), **asked))


def filter_of(where: str) -> dict[str, Any]:
    """Return a filter that came in an address."""
    try:
        found = json.loads(where, parse_constant=float)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ProblemError("invalid", 'where is a JSON object such as {"modality": "image"}', field="where")
    return found


async def _part(front: Front, part: Any, names: dict[str, str]) -> dict[str, Any]:
    """Return a part as the library process takes it: of an upload its file, whose name, if any, `names` gets."""
    told: dict[str, Any] = part.model_dump(mode="json")
    if isinstance(part, UploadPart):
        upload, path = await run_in_threadpool(front.uploads.use, part.upload)
        del told["upload"]
        if upload.name:
            names[os.path.realpath(path)] = upload.name
        told |= {"path": str(path), "modality": part.modality or upload.modality}
    return told

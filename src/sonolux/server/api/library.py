"""The library as a whole: its counts, its spaces and models, judgements of its answers, its map."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query
from pydantic import Field

from sonolux.media.paths import printable
from sonolux.server.api.documents import (
    Document,
    InfoDocument,
    JudgementsDocument,
    KeptDocument,
    SpacesDocument,
    WithdrawnDocument,
)
from sonolux.server.api.questions import StrictBody
from sonolux.server.api.refusals import refusals
from sonolux.server.front import Front, FrontDep, TakesTurn
from sonolux.server.problems import ProblemError

router = APIRouter(prefix="/api/v1", tags=["library"])

LOOKED_UP = refusals("busy", "unavailable")

MAP_SECONDS = 120.0
"""For a map: what has been added since it was made is placed on it first."""


def allow_writing(front: FrontDep) -> Front:
    """Return the front, where the service may change the library; ``read-only`` where it may not."""
    if front.configuration.read_only:
        raise ProblemError("read-only", "this service was started with --read-only")
    return front


WritingDep = Annotated[Front, Depends(allow_writing)]


@router.get("/info", responses=LOOKED_UP)
async def count_library(front: FrontDep) -> InfoDocument:
    """Return what the library holds, and what may be done with it here."""
    told = await front.calls.call("info")
    front.metrics.items.set(told["files"])
    roots = [printable(str(root)) for root in front.configuration.roots]
    return InfoDocument(**{**told, "read_only": front.configuration.read_only, "roots": roots})


@router.get("/spaces", responses=LOOKED_UP)
async def list_spaces(front: FrontDep) -> SpacesDocument:
    """Return the spaces of the library, each with what is known of the models that write into it."""
    return SpacesDocument(**await front.calls.call("spaces"))


class JudgementBody(StrictBody):
    """What is liked and disliked of the answer to words, or to an item."""

    query: UUID | None = None
    text: Annotated[str, Field(max_length=10_000)] = ""
    liked: Annotated[list[UUID], Field(default_factory=list, max_length=200)]
    disliked: Annotated[list[UUID], Field(default_factory=list, max_length=200)]


JUDGEMENT_EXAMPLES: dict[str, Any] = {
    "words": {
        "summary": "An answer to words",
        "value": {"text": "a red circle", "liked": ["00000000-0000-4000-8000-000000000001"]},
    }
}


@router.post("/judgements", responses=refusals("question", "read-only", "library", "busy", "unavailable"))
async def judge(
    front: WritingDep, body: Annotated[JudgementBody, Body(openapi_examples=JUDGEMENT_EXAMPLES)]
) -> KeptDocument:
    """Keep what is liked and disliked of an answer."""
    return KeptDocument(**await front.calls.call("judge", **body.model_dump(mode="json")))


@router.get("/judgements", responses=LOOKED_UP, response_model_exclude_unset=True)
async def list_judgements(front: FrontDep) -> JudgementsDocument:
    """List the judgements that hold, in the order in which they were made."""
    return JudgementsDocument(**await front.calls.call("judgements"))


@router.delete("/judgements", responses=refusals("question", "read-only", "library", "busy", "unavailable"))
async def withdraw(
    front: WritingDep, body: Annotated[JudgementBody, Body(openapi_examples=JUDGEMENT_EXAMPLES)]
) -> WithdrawnDocument:
    """Take back judgements as they were made, the last of each; the one before it holds again."""
    return WithdrawnDocument(**await front.calls.call("withdraw", **body.model_dump(mode="json")))


class MapDocument(Document):
    """Places of files on a plane, in [-1, 1]: one column a key, one row a file."""

    space: str
    ids: list[str]
    x: list[float]
    y: list[float]
    modality: list[Literal["image", "audio", "video", "text"]]
    name: list[str]
    value: list[str | int | float | None] = Field(
        default_factory=list, description="Of the key by which it is coloured; null for a file that has none."
    )


@router.get("/map", dependencies=[TakesTurn], responses=refusals("question", "no-map", "busy", "unavailable"))
async def find_map(
    front: FrontDep,
    space: Annotated[str, Query(max_length=200, description="By default the learned one of most files.")] = "",
    colour: Annotated[str, Query(max_length=64, description="A key of facets, such as label, folder or date.")] = "",
) -> MapDocument:
    """Return the places of files on a plane, once a job has laid them out; what is alike lies close together."""
    found = await front.calls.call("map", space=space, colour=colour, deadline=MAP_SECONDS)
    if found is None:
        raise ProblemError("no-map", "no map has been drawn yet: start a job of kind map")
    return MapDocument(**found)

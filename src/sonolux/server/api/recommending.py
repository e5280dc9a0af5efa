"""Recommendations: what fits a person, what a station plays next, paths, starters, and factors of taste."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request
from pydantic import Field

from sonolux.server.api.documents import Document, FileDocument, HitDocument, HitsDocument, ItemDocument, Medium
from sonolux.server.api.questions import LIMITS, FilterBody, FilterLines, ShortName, StrictBody
from sonolux.server.api.refusals import refusals
from sonolux.server.api.search import WhereText, filter_of
from sonolux.server.front import LONG, Front, FrontDep, TakesTurn
from sonolux.server.problems import ProblemError
from sonolux.server.security.own_socket import came_by

router = APIRouter(prefix="/api/v1", tags=["recommendations"])

ASKED = refusals("question", "not-found", "busy", "unavailable")

LONGEST_USER = 1_000

UserId = Annotated[str, Field(max_length=LONGEST_USER, description="An id of your own; empty for nobody.")]
Liked = Annotated[list[UUID], Field(default_factory=list, max_length=1000, description="Items that are liked.")]
Disliked = Annotated[list[UUID], Field(default_factory=list, max_length=1000, description="Items that are not.")]
NewOnly = Annotated[bool, Field(description="Whether what the user ever played, rated or skipped is left out.")]
TasteFilter = Annotated[FilterBody | FilterLines, Field(default_factory=dict, description="A filter, as of a search.")]
StationSeed = Annotated[int, Field(ge=0, le=2**53, description="Of what is drawn at random.")]


class ExampleDocument(FileDocument):
    """A liked item that others resemble."""

    id: str
    title: str
    modality: Medium


class RecommendationsDocument(HitsDocument):
    """What is recommended, best first: each hit has the liked item that it resembles in `why`."""

    examples: list[ExampleDocument]
    spaces: list[str]
    remark: str = Field(description="Of all of it, such as that not enough is known of the user; empty for nothing.")
    seconds: float


class NextDocument(Document):
    """What a station plays next; null where everything has been played."""

    hit: HitDocument | None
    examples: list[ExampleDocument]


class ListedDocument(Document):
    """Some items, in order."""

    items: list[ItemDocument]


class EndDocument(Document):
    """An artist or item at an end of a factor."""

    name: str
    value: float


class FactorDocument(Document):
    """A factor, and what has the highest and the lowest values of it."""

    factor: int
    positive: list[EndDocument]
    negative: list[EndDocument]


class FactorsDocument(Document):
    """Factors of what people play."""

    factors: list[FactorDocument]


class RecommendBody(StrictBody):
    """For whom, and how the answer is to look."""

    user: UserId = ""
    like: Liked
    unlike: Disliked
    new_only: NewOnly = False
    where: TasteFilter
    spaces: Annotated[
        list[ShortName],
        Field(default_factory=list, max_length=64, description="Spaces to ask; by default all that fit."),
    ]
    diverse: Annotated[float, Field(ge=0, lt=1, description="0 for what fits best, towards 1 for variety.")] = 0.3
    fresh: Annotated[float, Field(ge=0, lt=1, description="Towards 1: what was played lately is held back.")] = 0.5
    limit: Annotated[int, Field(ge=1, le=10_000, description=f"Hits; {LIMITS.hits} at most over a network.")] = 20


ONE, OTHER, THIRD = (f"00000000-0000-4000-8000-00000000000{number}" for number in (1, 2, 3))
RECOMMEND_EXAMPLES: dict[str, Any] = {
    "likes": {"summary": "Somebody who likes two items", "value": {"like": [ONE, OTHER], "limit": 5}},
    "sounds": {
        "summary": "Sounds alone, and nothing like the other item",
        "value": {"like": [OTHER], "unlike": [ONE], "where": {"modality": "audio"}, "diverse": 0.6},
    },
}


@router.post("/recommendations", dependencies=[TakesTurn], responses=ASKED, response_model_exclude_unset=True)
async def recommend(
    front: FrontDep, request: Request, body: Annotated[RecommendBody, Body(openapi_examples=RECOMMEND_EXAMPLES)]
) -> RecommendationsDocument:
    """Recommend items to a user, or to somebody who likes some items; who is new needs no training."""
    _check_length(front, request, "limit", body.limit)
    return RecommendationsDocument(**await front.calls.call("recommend", **body.model_dump(mode="json")))


class StationBody(StrictBody):
    """What a station knows: for whom it plays, what it has played, what was said of that."""

    user: UserId = ""
    like: Liked
    unlike: Disliked
    played: Annotated[
        list[UUID], Field(default_factory=list, max_length=1000, description="What is not to come again.")
    ]
    new_only: NewOnly = False
    where: TasteFilter
    seed: StationSeed = 0


STATION_EXAMPLES: dict[str, Any] = {
    "liked": {"summary": "After one that was liked", "value": {"like": [OTHER], "played": [OTHER]}},
    "nothing": {"summary": "From nothing, at random", "value": {"where": {"modality": "audio"}, "seed": 7}},
}


@router.post("/recommendations/next", dependencies=[TakesTurn], responses=ASKED, response_model_exclude_unset=True)
async def choose_next(
    front: FrontDep, body: Annotated[StationBody, Body(openapi_examples=STATION_EXAMPLES)]
) -> NextDocument:
    """Choose what a station plays next; nothing of the station is kept here, so it survives whatever ends."""
    return NextDocument(**await front.calls.call("next", **body.model_dump(mode="json")))


class PathBody(StrictBody):
    """From where to where."""

    start: UUID
    end: UUID
    steps: Annotated[int, Field(ge=0, le=1000, description=f"Items between; {LIMITS.hits} over a network.")] = 8
    space: Annotated[str, Field(max_length=200, description="In which steps are measured.")] = ""
    where: TasteFilter


PATH_EXAMPLES: dict[str, Any] = {
    "sounds": {
        "summary": "Between two sounds",
        "value": {"start": OTHER, "end": THIRD, "steps": 3},
    }
}


@router.post("/recommendations/path", dependencies=[TakesTurn], responses=ASKED, response_model_exclude_unset=True)
async def find_path_between(
    front: FrontDep, request: Request, body: Annotated[PathBody, Body(openapi_examples=PATH_EXAMPLES)]
) -> ListedDocument:
    """Find items that lead from one to another in small even steps."""
    _check_length(front, request, "steps", body.steps)
    return ListedDocument(**await front.calls.call("path", **body.model_dump(mode="json"), deadline=LONG))


@router.get("/recommendations/starters", dependencies=[TakesTurn], responses=ASKED, response_model_exclude_unset=True)
async def find_some_starters(
    front: FrontDep,
    user: Annotated[str, Query(max_length=LONGEST_USER, description="What this user has judged does not come.")] = "",
    where: WhereText = "{}",
    seed: Annotated[int, Query(ge=0, le=2**53, description="Another one finds others.")] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 12,
) -> ListedDocument:
    """Find items that differ, for somebody of whom nothing is known to choose from."""
    told = await front.calls.call("starters", user=user, where=filter_of(where), seed=seed, limit=limit)
    return ListedDocument(**told)


@router.get("/factors", dependencies=[TakesTurn], responses=ASKED)
async def show_factors(
    front: FrontDep,
    factor: Annotated[int | None, Query(ge=1, le=100_000, description="Only this one.")] = None,
    k: Annotated[int, Query(ge=1, le=LIMITS.hits, description="Artists at each end.")] = 5,
    titles: Annotated[bool, Query(description="Items by their titles, not artists.")] = False,
) -> FactorsDocument:
    """Return the artists with the highest and the lowest values of each factor of what people play."""
    return FactorsDocument(**await front.calls.call("factors", factor=factor, k=k, titles=titles))


def _check_length(front: Front, request: Request, field: str, wanted: int) -> None:
    """Raise where somebody else than whoever serves the library asks for more than an answer holds."""
    if wanted > LIMITS.hits and not came_by(request.scope, front.configuration.own_socket):
        raise ProblemError("invalid", f"{field}: an answer has {LIMITS.hits} at most", field=field)

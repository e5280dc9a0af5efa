"""Interactions: who played, rated and skipped what. A user is named in bodies and queries, which are not logged."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request
from pydantic import Field

from sonolux.server.api.documents import Document, KeptDocument, Medium, PathsDocument, ShownPath, WithdrawnDocument
from sonolux.server.api.library import LOOKED_UP, WritingDep
from sonolux.server.api.questions import LIMITS, StrictBody
from sonolux.server.api.recommending import LONGEST_USER, ONE, OTHER
from sonolux.server.api.refusals import refusals
from sonolux.server.front import LONG, FrontDep, TakesTurn
from sonolux.server.problems import ProblemError
from sonolux.server.security.own_socket import came_by

router = APIRouter(prefix="/api/v1/interactions", tags=["interactions"])

CHANGED = refusals("question", "read-only", "not-found", "library", "busy", "unavailable")

Kind = Literal["play", "rating", "skip"]
Player = Annotated[str, Field(min_length=1, max_length=LONGEST_USER, description="An id of your own.")]
PlayerQuery = Annotated[str, Query(min_length=1, max_length=LONGEST_USER, description="An id of your own.")]
ChosenItems = Annotated[list[UUID], Field(min_length=1, max_length=200)]
Seconds = Annotated[float, Field(ge=0, le=1e11, allow_inf_nan=False, description="Seconds since 1970.")]
Cursor = Annotated[str, Query(max_length=8000, description="The `next` of the page before.")]
PageLimit = Annotated[int, Query(ge=1, le=LIMITS.hits)]


class InteractionDocument(PathsDocument):
    """That a user did something with an item; without `path` where the item is gone."""

    item: str
    kind: Kind
    weight: float
    time: float = Field(description="Seconds since 1970; 0 where none is known.")
    path: ShownPath | None = None
    title: str = ""
    modality: Medium | None = None


class InteractionsDocument(Document):
    """A page of what a user did, the latest first; `next` is the cursor of the one after it, null at the end."""

    interactions: list[InteractionDocument]
    next: str | None


class UserDocument(Document):
    """A user."""

    user: str
    interactions: int


class UsersDocument(Document):
    """A page of users, by name; `next` is the cursor of the one after it, null at the end."""

    users: list[UserDocument]
    next: str | None


class PlayedDocument(PathsDocument):
    """An item, and how many users played it."""

    item: str
    users: int
    path: ShownPath | None = None
    title: str = ""
    modality: Medium | None = None


class PlaysDocument(Document):
    """Counts of all that is kept."""

    interactions: int
    users: int
    items: int
    most_played: list[PlayedDocument]


class TasteDocument(Document):
    """How many items a user is known to like and dislike, and how many are known at all."""

    liked: int
    disliked: int
    items: int


class KeptPlaysDocument(KeptDocument):
    """How many interactions were kept, and of which time: by that they can be taken back."""

    at: float


class ImportedDocument(Document):
    """What an import kept, and what it did not."""

    rows: int
    kept: int


class InteractionBody(StrictBody):
    """That a user played, rated or skipped items."""

    user: Player
    items: ChosenItems
    kind: Kind = "play"
    weight: Annotated[
        float, Field(gt=0, le=1e9, allow_inf_nan=False, description="How many plays or skips, or which rating.")
    ] = 1.0
    at: Annotated[Seconds | None, Field(description="When; now by default.")] = None


class WithdrawalBody(StrictBody):
    """Interactions as they were made."""

    user: Player
    items: ChosenItems
    kind: Kind = "play"
    at: Seconds


class UserBody(StrictBody):
    """Who is to be forgotten."""

    user: Player


class ImportBody(StrictBody):
    """A file of this machine."""

    path: Annotated[str, Field(min_length=1, max_length=8192, description="As stored text.")]
    user: Annotated[str, Field(max_length=LONGEST_USER, description="Whose the rows are that name nobody.")] = ""


class RowCursor(StrictBody):
    """After which interaction a page begins."""

    after_time: Seconds
    after_item: Annotated[str, Field(max_length=LONGEST_USER)]
    after_kind: Kind


class UserCursor(StrictBody):
    """After which user a page begins."""

    after: Annotated[str, Field(max_length=LONGEST_USER)]


Read = TypeVar("Read", RowCursor, UserCursor)

INTERACTION_EXAMPLES: dict[str, Any] = {
    "played": {"summary": "Somebody has played an item", "value": {"user": "me", "items": [OTHER]}},
    "rated": {"summary": "A rating", "value": {"user": "me", "items": [ONE], "kind": "rating", "weight": 4.5}},
}
WITHDRAWAL_EXAMPLES: dict[str, Any] = {
    "skipped": {
        "summary": "It was no skip",
        "value": {"user": "me", "items": [OTHER], "kind": "skip", "at": 1700000000.0},
    }
}
USER_EXAMPLES: dict[str, Any] = {"user": {"summary": "Forget a user", "value": {"user": "me"}}}


@router.get("", dependencies=[TakesTurn], responses=LOOKED_UP, response_model_exclude_unset=True)
async def list_interactions(
    front: FrontDep, user: PlayerQuery, cursor: Cursor = "", limit: PageLimit = 50
) -> InteractionsDocument:
    """List what a user played, rated and skipped, the latest first."""
    after = _read(cursor, RowCursor).model_dump() if cursor else {}
    told = await front.calls.call("interactions", **after, user=user, limit=limit)
    return InteractionsDocument(**{**told, "next": _written(told["next"])})


@router.post("", responses=CHANGED)
async def keep_interactions(
    front: WritingDep, body: Annotated[InteractionBody, Body(openapi_examples=INTERACTION_EXAMPLES)]
) -> KeptPlaysDocument:
    """Keep that a user played, rated or skipped items; said again for the same second, it is one."""
    return KeptPlaysDocument(**await front.calls.call("interact", **body.model_dump(mode="json")))


@router.delete("", responses=CHANGED)
async def withdraw_interactions(
    front: WritingDep, body: Annotated[WithdrawalBody, Body(openapi_examples=WITHDRAWAL_EXAMPLES)]
) -> WithdrawnDocument:
    """Take interactions back as they were made, at the time that was told when they were kept."""
    return WithdrawnDocument(**await front.calls.call("withdraw-interactions", **body.model_dump(mode="json")))


@router.get("/summary", dependencies=[TakesTurn], responses=LOOKED_UP, response_model_exclude_unset=True)
async def count_interactions(front: FrontDep) -> PlaysDocument:
    """Count interactions, users and items, and tell what most users played."""
    return PlaysDocument(**await front.calls.call("played"))


@router.get("/taste", dependencies=[TakesTurn], responses=LOOKED_UP)
async def count_taste(front: FrontDep, user: PlayerQuery) -> TasteDocument:
    """Tell how much is known of a user; of somebody unknown, nothing is."""
    return TasteDocument(**await front.calls.call("taste", user=user))


@router.get("/users", dependencies=[TakesTurn], responses=LOOKED_UP)
async def list_users(front: FrontDep, cursor: Cursor = "", limit: PageLimit = 50) -> UsersDocument:
    """List the users, each with how many interactions there are."""
    after = _read(cursor, UserCursor).after if cursor else ""
    told = await front.calls.call("users", after=after, limit=limit)
    following = {"after": told["next"]} if told["next"] is not None else None
    return UsersDocument(**{**told, "next": _written(following)})


class RemovedDocument(Document):
    """How many interactions were removed, and whether factors that were learned with them stay."""

    removed: int
    learned: bool


@router.delete("/users", responses=CHANGED)
async def forget_user(
    front: WritingDep, body: Annotated[UserBody, Body(openapi_examples=USER_EXAMPLES)]
) -> RemovedDocument:
    """Remove all that is kept of a user, the name too."""
    return RemovedDocument(**await front.calls.call("forget-user", user=body.user))


@router.post("/import", include_in_schema=False)
async def import_file(front: WritingDep, request: Request, body: ImportBody) -> ImportedDocument:
    """Keep the plays and ratings in a file of this machine; only `sonolux interactions import` may ask for that."""
    if not came_by(request.scope, front.configuration.own_socket):
        detail = "path: only `sonolux interactions import`, run by the user who serves the library, may name a file"
        raise ProblemError("outside-roots", detail, field="path")
    told = await front.calls.call("import-interactions", path=body.path, user=body.user, deadline=LONG)
    return ImportedDocument(**told)


def _written(following: dict[str, Any] | None) -> str | None:
    """Return the cursor of a page."""
    return urlsafe_b64encode(json.dumps(following).encode()).decode().rstrip("=") if following else None


def _read(cursor: str, kind: type[Read]) -> Read:
    try:
        return kind.model_validate_json(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        raise ProblemError("invalid", "a cursor is the `next` of the page before", field="cursor") from None

"""Calls on interactions: who played, rated and skipped what; told to whoever asks, and logged nowhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any

from pydantic import Field

from sonolux.index.interactions import LONGEST_NAME, Interaction, InteractionKind
from sonolux.index.interactions.rows import NUMBERS
from sonolux.library.interactions.factors import FACTORS
from sonolux.media.paths import from_stored
from sonolux.retrieval.recommendation.taste import taste_of
from sonolux.server.calls.answering import Answering, Limit, User, checked, items_there, named_items
from sonolux.server.calls.parts import ItemId
from sonolux.server.calls.protocol import CallError

NamedUser = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
SomeItems = Annotated[list[ItemId], Field(min_length=1, max_length=1000)]
Time = Annotated[float, Field(ge=0, le=1e11)]

MOST_PLAYED = 5

AHEAD = 60.0
"""Seconds that another clock may be ahead of this one."""


@checked
def answer_taste(answering: Answering, *, user: NamedUser) -> dict[str, Any]:
    """Tell how much is known of a user."""
    taste = taste_of(answering.library.interactions.of_user(user))
    return {"liked": len(taste.liked), "disliked": len(taste.disliked), "items": len(taste.played)}


@checked
def answer_interactions(
    answering: Answering,
    *,
    user: NamedUser,
    after_time: Time | None = None,
    after_item: Annotated[str, Field(max_length=LONGEST_NAME)] = "",
    after_kind: InteractionKind = "play",
    limit: Limit = 50,
) -> dict[str, Any]:
    """Return what a user played, rated and skipped, the latest first, and where the next page begins."""
    rows = answering.library.interactions.of_user(user)
    if after_time is not None:
        last = (-after_time, after_item, NUMBERS[after_kind])
        rows = [row for row in rows if _order(row) > last]
    page = rows[:limit]
    files = {item["id"]: item for item in named_items(answering, [row.item for row in page])}
    told = [{**_without_user(row), **_file_of(files, row.item)} for row in page]
    more = len(rows) > limit
    following = (
        {"after_time": page[-1].time, "after_item": page[-1].item, "after_kind": page[-1].kind} if more else None
    )
    return {"interactions": told, "next": following}


@checked
def answer_users(answering: Answering, *, after: User = "", limit: Limit = 50) -> dict[str, Any]:
    """Return the users, each with how many interactions there are, and where the next page begins."""
    found = answering.library.interactions.user_counts(after, limit + 1)
    told = [{"user": user, "interactions": count} for user, count in found[:limit]]
    return {"users": told, "next": told[-1]["user"] if len(found) > limit else None}


@checked
def answer_played(answering: Answering) -> dict[str, Any]:
    """Tell how many interactions there are, of how many users and items, and what most users played."""
    kept = answering.library.interactions
    most = kept.most_played(MOST_PLAYED)
    files = {item["id"]: item for item in named_items(answering, [item for item, _ in most])}
    told = [{"item": item, "users": count, **_file_of(files, item)} for item, count in most]
    counts = {"interactions": kept.count(), "users": len(kept.users()), "items": len(kept.items())}
    return {**counts, "most_played": told}


@checked
def answer_interact(
    answering: Answering,
    *,
    user: NamedUser,
    items: SomeItems,
    kind: InteractionKind = "play",
    weight: Annotated[float, Field(gt=0, le=1e9)] = 1.0,
    at: Time | None = None,
) -> dict[str, Any]:
    """Keep that a user played, rated or skipped items, now or at a time that is over."""
    now = time.time()
    if at is not None and at > now + AHEAD:
        raise CallError("query", "at: this time is still to come", "at")
    when = now if at is None else at
    kept = answering.library.interact(user, *items_there(answering, items, "items"), kind=kind, weight=weight, at=when)
    return {"kept": kept, "at": when}


@checked
def answer_withdraw_interactions(
    answering: Answering,
    *,
    user: NamedUser,
    items: SomeItems,
    at: Time,
    kind: InteractionKind = "play",
) -> dict[str, Any]:
    """Take interactions back as they were made."""
    rows = [Interaction(user, item.lower(), 1.0, at, kind) for item in items]
    return {"withdrawn": answering.library.interactions.withdraw(rows)}


@checked
def answer_forget_user(answering: Answering, *, user: NamedUser) -> dict[str, Any]:
    """Remove all that is kept of a user; and tell whether factors stay that were learned with it."""
    removed = answering.library.interactions.remove_user(user)
    return {"removed": removed, "learned": bool(removed) and FACTORS in answering.library.spaces.names()}


@checked
def answer_import_interactions(
    answering: Answering, *, path: Annotated[str, Field(min_length=1, max_length=8192)], user: User = ""
) -> dict[str, Any]:
    """Keep the interactions in a file of this machine, as stored text names it."""
    return asdict(answering.library.import_interactions(from_stored(path), user=user))


INTERACTION_CALLS: dict[str, Callable[..., Any]] = {
    "taste": answer_taste,
    "interactions": answer_interactions,
    "users": answer_users,
    "played": answer_played,
    "interact": answer_interact,
    "withdraw-interactions": answer_withdraw_interactions,
    "forget-user": answer_forget_user,
    "import-interactions": answer_import_interactions,
}
"""Every call by its name."""


def _file_of(files: dict[str, dict[str, Any]], item: str) -> dict[str, Any]:
    found = files.get(item)
    return {key: found[key] for key in ("path", "title", "modality")} if found else {}


def _without_user(row: Interaction) -> dict[str, Any]:
    return {"item": row.item, "kind": row.kind, "weight": row.weight, "time": row.time}


def _order(row: Interaction) -> tuple[float, str, int]:
    """Return by what interactions of one user are in order."""
    return -row.time, row.item, NUMBERS[row.kind]

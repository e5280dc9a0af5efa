"""Calls that recommend: items, what a station plays next, what leads from one item to another, starters, factors."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Annotated, Any

from pydantic import Field

from sonolux.library.interactions.factors import factor_tables
from sonolux.library.playlists import MOST_STEPS
from sonolux.library.starters import MOST_STARTERS
from sonolux.presentation.data import item_as_data
from sonolux.server.calls.answering import (
    Answering,
    AnyFilter,
    Depth,
    JudgedItems,
    Limit,
    Name,
    Seed,
    User,
    checked,
    hits_with_facts,
    items_there,
    named_items,
)
from sonolux.server.calls.parts import ItemId
from sonolux.types import Hit

Share = Annotated[float, Field(ge=0, lt=1)]


@checked
def answer_recommend(  # noqa: PLR0913 - each is a part of the question, or of how the answer is to look
    answering: Answering,
    *,
    user: User = "",
    like: JudgedItems | None = None,
    unlike: JudgedItems | None = None,
    new_only: bool = False,
    where: AnyFilter = None,
    spaces: Annotated[list[Name], Field(max_length=64)] | None = None,
    diverse: Share = 0.3,
    fresh: Share = 0.5,
    limit: Depth = 20,
) -> dict[str, Any]:
    """Recommend items, each with why; and tell how many liked items are known to ask with."""
    started = time.monotonic()
    library = answering.library
    liked, disliked = items_there(answering, like, "like"), items_there(answering, unlike, "unlike")
    found = library.recommend(
        user,
        like=liked,
        unlike=disliked,
        new_only=new_only,
        where=answering.areas.conditions(library, where),
        spaces=spaces or (),
        k=limit,
        diverse=diverse,
        fresh=fresh,
    )
    return {
        "hits": hits_with_facts(answering, found),
        "examples": _examples(answering, found),
        "spaces": list(found.spaces),
        "remark": found.remark,
        "seconds": round(time.monotonic() - started, 4),
    }


@checked
def answer_next(  # noqa: PLR0913 - as above
    answering: Answering,
    *,
    user: User = "",
    like: JudgedItems | None = None,
    unlike: JudgedItems | None = None,
    played: JudgedItems | None = None,
    new_only: bool = False,
    where: AnyFilter = None,
    seed: Seed = 0,
) -> dict[str, Any]:
    """Tell what a station plays next, which has played and been told what is said; null where nothing is left."""
    station = answering.library.station(
        user,
        like=items_there(answering, like, "like"),
        unlike=items_there(answering, unlike, "unlike"),
        new_only=new_only,
        where=answering.areas.conditions(answering.library, where),
        seed=seed,
    )
    station.played = [item.lower() for item in played or ()]
    hits = [hit for hit in [station.play()] if hit is not None]
    return {"hit": next(iter(hits_with_facts(answering, hits)), None), "examples": _examples(answering, hits)}


@checked
def answer_path(
    answering: Answering,
    *,
    start: ItemId,
    end: ItemId,
    steps: Annotated[int, Field(ge=0, le=MOST_STEPS)] = 8,
    space: Annotated[str, Field(max_length=200)] = "",
    where: AnyFilter = None,
) -> dict[str, Any]:
    """Return files that lead from one item to another, both among them."""
    library = answering.library
    [first], [last] = items_there(answering, [start], "start"), items_there(answering, [end], "end")
    conditions = answering.areas.conditions(library, where)
    items = library.path_between(first, last, steps=steps, space=space, where=conditions)
    return {"items": [item_as_data(item) for item in items]}


@checked
def answer_starters(
    answering: Answering,
    *,
    user: User = "",
    where: AnyFilter = None,
    seed: Seed = 0,
    limit: Annotated[int, Field(ge=1, le=MOST_STARTERS)] = 12,
) -> dict[str, Any]:
    """Return files that differ, of those that a user has not judged, for somebody of whom little is known."""
    conditions = answering.areas.conditions(answering.library, where)
    found = answering.library.starters(limit, user=user, where=conditions, seed=seed)
    return {"items": [item_as_data(item) for item in found]}


@checked
def answer_factors(
    answering: Answering,
    *,
    factor: Annotated[int, Field(ge=1, le=100_000)] | None = None,
    k: Limit = 5,
    titles: bool = False,
) -> dict[str, Any]:
    """Return, by factor, the artists or items with the highest and those with the lowest values."""
    library = answering.library
    with library.locks.questions.reading:
        tables = factor_tables(library.index, [factor] if factor else None, k, titles=titles)
    sides = ("positive", "negative")
    return {
        "factors": [
            {
                "factor": number,
                **{
                    side: [{"name": name, "value": value} for name, value in end]
                    for side, end in zip(sides, ends, strict=True)
                },
            }
            for number, ends in tables.items()
        ]
    }


RECOMMENDING_CALLS: dict[str, Callable[..., Any]] = {
    "recommend": answer_recommend,
    "next": answer_next,
    "path": answer_path,
    "starters": answer_starters,
    "factors": answer_factors,
}
"""Every call by its name."""


def _examples(answering: Answering, hits: Iterable[Hit]) -> list[dict[str, Any]]:
    """Return what liked items are called that hits resemble."""
    return named_items(answering, sorted({reason.example for hit in hits for reason in hit.why if reason.example}))

"""Calls of the library process: one function each, from JSON data to JSON data, over one open library.

Hits, items and annotations are as in `sonolux.presentation.data`. Each function takes what it works on, `Answering`,
and its parameters as keywords, which are checked by their annotations; a new call is a function in `CALLS`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from itertools import islice
from typing import Annotated, Any

from pydantic import Field, ValidationError

from sonolux.library.humming import find_hummed
from sonolux.media.paths import from_stored
from sonolux.presentation.data import annotation_as_data, hit_as_data, item_as_data, judgement_as_data, part_as_data
from sonolux.retrieval.facets import Facets
from sonolux.retrieval.kept_rankings import DEPTH, Ranking
from sonolux.retrieval.query import Query
from sonolux.server.calls.answering import (
    Answering,
    Depth,
    Filter,
    JudgedItems,
    Limit,
    Name,
    Offset,
    WrittenFilter,
    checked,
    hits_with_facts,
    item_called,
)
from sonolux.server.calls.interactions import INTERACTION_CALLS
from sonolux.server.calls.map_data import map_as_data
from sonolux.server.calls.parts import MOST_PARTS, GivenPart, ItemId, checked_upload, query_parts
from sonolux.server.calls.protocol import CallError
from sonolux.server.calls.recommending import RECOMMENDING_CALLS
from sonolux.server.calls.serving import Call

JudgedWords = Annotated[str, Field(max_length=10_000)]


@checked
def answer_ping(answering: Answering) -> dict[str, Any]:
    """Tell that the process is there, and whether it is warm."""
    waited = answering.library.index.longest_wait
    return {"pid": os.getpid(), "ready": answering.warm.is_set(), "longest_wait": round(waited, 4)}


@checked
def answer_search(  # noqa: PLR0913 - each is a part of the question, or of how the answer is to look
    answering: Answering,
    *,
    parts: Annotated[list[GivenPart], Field(min_length=1, max_length=MOST_PARTS)],
    where: Filter | WrittenFilter | None = None,
    spaces: Annotated[list[Name], Field(max_length=64)] | None = None,
    spans: bool = False,
    confident: bool = False,
    diverse: Annotated[float, Field(ge=0, lt=1)] = 0.0,
    explain: bool = False,
    facets: Annotated[list[Name], Field(max_length=16)] | None = None,
    fold: bool = False,
    depth: Depth = DEPTH,
    limit: Limit = 20,
) -> dict[str, Any]:
    """Answer a question, and keep its ranking for `window`."""
    started = time.monotonic()
    asked = query_parts(parts, answering.uploads)
    for named in (*asked["like"], *asked["unlike"]):
        item_called(answering, named)
    query = Query(
        **asked,
        spaces=tuple(spaces or ()),
        where=answering.areas.conditions(answering.library, where),
        diverse=diverse,
        spans=spans,
        confident=confident,
        explain=explain,
    )
    ranking = answering.library.rank(query, depth=depth, copies=answering.copies.numbers_of if fold else None)
    counted = {"facets": _counts(ranking.facets(facets))} if facets else {}
    return {
        **counted,
        **_window(answering, ranking, 0, limit),
        "spaces": list(ranking.spaces),
        "seconds": round(time.monotonic() - started, 4),
    }


@checked
def answer_window(answering: Answering, *, ranking: Name, offset: Offset = 0, limit: Limit = 20) -> dict[str, Any]:
    """Return a part of a ranking that is kept."""
    return _window(answering, answering.library.ranking(ranking), offset, limit)


@checked
def answer_facets(
    answering: Answering,
    *,
    keys: Annotated[list[Name], Field(min_length=1, max_length=16)],
    where: Filter | None = None,
    own: bool = True,
    ranking: Name | None = None,
    limit: Limit = 100,
) -> dict[str, Any]:
    """Count the files of each value of some keys; with a ranking, of the files of its hits."""
    if ranking is None:
        conditions = answering.areas.conditions(answering.library, where)
        found = answering.library.facets(keys, conditions, own=own, limit=limit)
    else:
        found = answering.library.ranking(ranking).facets(keys, limit=limit)
    return _counts(found)


@checked
def answer_items(
    answering: Answering, *, where: Filter | None = None, after: ItemId | None = None, limit: Limit = 50
) -> dict[str, Any]:
    """Return files in the order of their ids, and where the next page begins."""
    conditions = answering.areas.conditions(answering.library, where)
    found = list(islice(answering.library.items(conditions, after=(after or "").lower()), limit + 1))
    page = found[:limit]
    return {"items": [item_as_data(one) for one in page], "next": page[-1].id if len(found) > limit else None}


@checked
def answer_item(answering: Answering, *, id: ItemId) -> dict[str, Any]:
    """Return an item with its spans and regions, and what annotators said of it."""
    library, found = answering.library, item_called(answering, id)
    parts = library.spans_of(found.id) if found.kind == "file" else []
    said = library.annotations(found.id)
    return {
        **item_as_data(found),
        "spans": [part_as_data(part) for part in parts],
        "annotations": [annotation_as_data(annotation) for annotation in said],
    }


@checked
def answer_locate(answering: Answering, *, id: ItemId) -> dict[str, Any]:
    """Return where an item is on the disk: what media and thumbnails are made from."""
    data = item_as_data(item_called(answering, id))
    keys = ("id", "path", "modality", "kind", "file", "start", "end", "unit", "region")
    return {**{key: data[key] for key in keys}, "title": data["metadata"].get("title")}


@checked
def answer_neighbours(answering: Answering, *, id: ItemId, space: Name, k: Limit = 20) -> dict[str, Any]:
    """Return the nearest files of an item in one space, best first."""
    hits = answering.library.search(like=item_called(answering, id).id, spaces=space, k=k)
    return {"hits": [hit_as_data(hit) for hit in hits]}


@checked
def answer_annotations(
    answering: Answering,
    *,
    id: ItemId,
    kinds: Annotated[list[Name], Field(max_length=16)] | None = None,
) -> dict[str, Any]:
    """Return what annotators said of an item; with kinds, only that of these."""
    said = answering.library.annotations(item_called(answering, id).id)
    return {"annotations": [annotation_as_data(one) for one in said if not kinds or one.kind in kinds]}


@checked
def answer_copies(
    answering: Answering,
    *,
    id: ItemId | None = None,
    offset: Offset = 0,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Return the groups of copies that a file is in, or some of all, as the last such job found them."""
    if id is not None:
        groups = answering.copies.of_file(item_called(answering, id).file)
        return {"total": len(groups), "groups": groups[offset : offset + limit]}
    total, groups = answering.copies.page(offset, limit)
    return {"total": total, "groups": groups}


@checked
def answer_info(answering: Answering) -> dict[str, Any]:
    """Return counts of files by modality, of spans, regions and descriptors."""
    return answering.library.info()


@checked
def answer_spaces(answering: Answering) -> dict[str, Any]:
    """Return the spaces, how much is in each, and what writes and asks there."""
    library = answering.library
    found = []
    for name in library.spaces.names():
        space = library.spaces.by_name(name)
        encoders = [asdict(entry) for entry in library.spaces.entries[name]]
        described = {"space": name, "kind": space.kind, "metric": space.metric, "dim": space.dim}
        found.append({**described, "count": library.index.count(space=name), "encoders": encoders})
    return {"spaces": found}


@checked
def answer_identify(
    answering: Answering,
    *,
    path: Annotated[str, Field(max_length=4096)] = "",
    item: ItemId | None = None,
    in_turn: bool = False,
) -> dict[str, Any]:
    """Name the recordings that are heard in an uploaded file, or in one of the library; if wanted, in its order."""
    if bool(path) == bool(item):
        raise CallError("query", "a clip is an uploaded file or an item", "item")
    clip = item_called(answering, item).path if item else checked_upload(path, answering.uploads, "path")
    remarks: list[str] = []
    library = answering.library
    found = (library.identify_stream if in_turn else library.identify)(clip, remark=remarks.append)
    return {"matches": [asdict(match) for match in found], "remarks": remarks}


@checked
def answer_hum(
    answering: Answering, *, path: Annotated[str, Field(max_length=4096)], limit: Limit = 20
) -> dict[str, Any]:
    """Find the recordings in which a tune is that somebody hums in an uploaded file."""
    hits = find_hummed(answering.library, checked_upload(path, answering.uploads, "path"), limit)
    return {"hits": [hit_as_data(hit) for hit in hits], "spaces": list(hits.spaces)}


@checked
def answer_judge(
    answering: Answering,
    *,
    query: ItemId | None = None,
    text: JudgedWords = "",
    liked: JudgedItems | None = None,
    disliked: JudgedItems | None = None,
) -> dict[str, Any]:
    """Keep what is liked and disliked of what an item, or else words, found."""
    return {"kept": answering.library.judge(query, text=text, liked=liked or (), disliked=disliked or ())}


@checked
def answer_judgements(answering: Answering) -> dict[str, Any]:
    """Return the judgements that hold, in the order in which they were made."""
    library = answering.library
    found = library.judgements()
    needed = sorted({id_ for one in found for id_ in one.items})
    paths = {point.id: from_stored(point.payload["path"]) for point in library.index.fetch(needed, keys=("path",))}
    told = [
        judgement_as_data(one, paths[one.item], paths[one.query] if one.asked == "item" else None)
        for one in found
        if set(one.items) <= paths.keys()  # else it was removed just now
    ]
    return {"judgements": told}


@checked
def answer_withdraw(
    answering: Answering,
    *,
    query: ItemId | None = None,
    text: JudgedWords = "",
    liked: JudgedItems | None = None,
    disliked: JudgedItems | None = None,
) -> dict[str, Any]:
    """Take back judgements as they were made; those before them hold again."""
    return {"withdrawn": answering.library.withdraw(query, text=text, liked=liked or (), disliked=disliked or ())}


@checked
def answer_map(
    answering: Answering,
    *,
    space: Annotated[str, Field(max_length=200)] = "",
    colour: Annotated[str, Field(max_length=64)] = "",
) -> dict[str, Any] | None:
    """Return where files lie on the plane, column by column, as the last job laid them out; None before one has."""
    return map_as_data(answering.library, space, colour)


CALLS: dict[str, Callable[..., Any]] = {
    "ping": answer_ping,
    "search": answer_search,
    "window": answer_window,
    "facets": answer_facets,
    "items": answer_items,
    "item": answer_item,
    "locate": answer_locate,
    "neighbours": answer_neighbours,
    "annotations": answer_annotations,
    "copies": answer_copies,
    "info": answer_info,
    "spaces": answer_spaces,
    "identify": answer_identify,
    "hum": answer_hum,
    "judge": answer_judge,
    "judgements": answer_judgements,
    "withdraw": answer_withdraw,
    "map": answer_map,
    **RECOMMENDING_CALLS,
    **INTERACTION_CALLS,
}
"""Every call by its name."""

QUESTIONS = frozenset(
    {"search", "facets", "hum", "neighbours", "identify", "map", *RECOMMENDING_CALLS}
    | {"interactions", "taste", "users", "played"}
)
"""Calls of which a bounded number is answered at once: they compute, all others look up."""


def calls_over(answering: Answering) -> dict[str, Call]:
    """Return every call as a function of its parameters alone."""
    return {name: partial(_answer, call, answering) for name, call in CALLS.items()}


def _answer(call: Callable[..., Any], answering: Answering, params: dict[str, Any]) -> Any:
    if "answering" in params:
        raise CallError("query", "there is no parameter 'answering'", "answering")
    try:
        return call(answering, **params)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(map(str, wrong["loc"]))
        raise CallError("query", f"{place or 'the call'}: {wrong['msg'].lower()}", place or None) from None


def _counts(facets: Facets) -> dict[str, Any]:
    return {key: [{"value": one.value, "count": one.files} for one in counts] for key, counts in facets.items()}


def _window(answering: Answering, ranking: Ranking, offset: int, limit: int) -> dict[str, Any]:
    hits = ranking.window(offset, limit)
    told = {"ranking": ranking.id, "total": ranking.total, "complete": ranking.complete, "offset": offset}
    told["sure"] = ranking.sure
    return {**told, "hits": hits_with_facts(answering, hits)}

"""Parameters and answers that calls share: what they work on, the types, items, hits with their facts."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import ConfigDict, Field, validate_call

from sonolux.errors import QueryError
from sonolux.index.interactions import LONGEST_NAME
from sonolux.library import Library
from sonolux.media.paths import from_stored
from sonolux.presentation.data import hit_as_data
from sonolux.retrieval.query import MOST_HITS
from sonolux.server.calls.map_areas import MapAreas
from sonolux.server.calls.parts import ItemId
from sonolux.server.calls.protocol import CallError
from sonolux.server.copy_groups import CopyGroups
from sonolux.types import Hit, Item

Name = Annotated[str, Field(min_length=1, max_length=200)]
Limit = Annotated[int, Field(ge=1, le=500)]
Offset = Annotated[int, Field(ge=0, le=1_000_000)]
Depth = Annotated[int, Field(ge=1, le=MOST_HITS)]
Seed = Annotated[int, Field(ge=0, le=2**53)]
Filter = Annotated[dict[str, Any], Field(max_length=64)]
JudgedItems = Annotated[list[ItemId], Field(max_length=1000)]
WrittenFilter = Annotated[list[Annotated[str, Field(max_length=1000)]], Field(max_length=64)]
"""As people write them: ``artist=Quesabe``."""

AnyFilter = Filter | WrittenFilter | None
User = Annotated[str, Field(max_length=LONGEST_NAME)]
"""An id of the interactions; empty for nobody."""


@dataclass(frozen=True, slots=True)
class Answering:
    """What calls work on.

    Attributes
    ----------
    library : Library
    uploads : path
        The folder of uploaded files, the only ones that are asked with.
    copies : CopyGroups
        What the last job of that kind found.
    areas : MapAreas
        Of filters.
    warm : Event
        Set once models are loaded and background models drawn.
    """

    library: Library
    uploads: Path
    copies: CopyGroups
    areas: MapAreas = field(default_factory=MapAreas)
    warm: threading.Event = field(default_factory=threading.Event)


checked = validate_call(config=ConfigDict(arbitrary_types_allowed=True, strict=True))


def item_called(answering: Answering, id_: str) -> Item:
    """Return an item by its id.

    Raises
    ------
    CallError
        Where there is none.
    """
    try:
        return answering.library.item(id_.lower())
    except QueryError:
        raise CallError("not-found", f"there is no item {id_}", "id") from None


def hits_with_facts(answering: Answering, hits: Sequence[Hit]) -> list[dict[str, Any]]:
    """Return hits, with what a page lays them out and sorts them by."""
    facts = _facts(answering, {hit.file for hit in hits})
    return [{**hit_as_data(hit), **facts.get(hit.file, {})} for hit in hits]


def _facts(answering: Answering, files: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return facts by files; ``copies`` is how many others there are of it."""
    wanted = list(files)
    numbers = answering.copies.numbers_of(wanted)
    sizes = answering.copies.sizes_of(set(numbers.values()))
    found = {}
    for point in answering.library.index.fetch(wanted, keys=("date", "meta")):
        meta = point.payload.get("meta", {})
        facts = {key: meta.get(key) for key in ("width", "height", "duration")}
        copies = sizes[numbers[point.id]] - 1 if point.id in numbers else 0
        found[point.id] = {**facts, "date": point.payload.get("date"), "copies": copies}
    return found


def items_there(answering: Answering, given: Sequence[str] | None, field: str) -> list[str]:
    """Return ids of items, each once, all of which the library holds.

    Raises
    ------
    CallError
        Where it does not, about a parameter.
    """
    ids = [item.lower() for item in dict.fromkeys(given or ())]
    there = {point.id for point in answering.library.index.fetch(ids, keys=())}
    for item in ids:
        if item not in there:
            raise CallError("not-found", f"{field}: there is no item {item}", field)
    return ids


def named_items(answering: Answering, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Return what tells people which items are meant; without those that were removed just now."""
    points = answering.library.index.fetch(ids, keys=("path", "title", "modality"))
    return [
        {
            "id": point.id,
            "path": from_stored(point.payload["path"]),
            "title": point.payload.get("title") or "",
            "modality": point.payload["modality"],
        }
        for point in points
    ]

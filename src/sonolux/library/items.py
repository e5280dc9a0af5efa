"""Stored points as items, and how people name them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sonolux.errors import QueryError
from sonolux.index import Condition, Index, Point, Where
from sonolux.index.payload import region_of, span_of
from sonolux.media.metadata import with_lists
from sonolux.media.paths import from_stored, named, stored_paths
from sonolux.types import Item, Modality

OWN_KEYS = frozenset((
    "kind", "file", "path", "folders", "volume", "modality", "clock", "start", "end", "unit", "text", "words", "region",
    "encoded", "meta", "annotations", "annotated", "sidecars",
))  # fmt: skip
"""Payload keys that are no metadata."""


def item_of(point: Point) -> Item:
    """Return the item that a stored point is."""
    stored = point.payload
    filed = {key: value for key, value in stored.items() if key not in OWN_KEYS}
    return Item(
        id=point.id,
        path=from_stored(stored["path"]),
        modality=Modality(stored["modality"]),
        kind=stored["kind"],
        file=stored["file"],
        span=span_of(stored),
        metadata=filed | with_lists(stored["meta"]),
        text=stored.get("text", ""),
        region=region_of(stored["region"]) if "region" in stored else None,
    )


def ids_of(index: Index, targets: Sequence[str]) -> list[str]:
    """Return the ids that ids and paths of files name.

    Raises
    ------
    QueryError
        For a target that the library does not hold.
    """
    return [_id_of(index, target) for target in targets]


def where_target(index: Index, target: str) -> Where:
    """Return the condition that a file's id, a file or a folder with all in it satisfies.

    Raises
    ------
    QueryError
        Where the library holds nothing of it.
    """
    paths = stored_paths(named(target))
    candidates = [Condition("folders", "=", paths), Condition("path", "=", paths), Condition("file", "=", target)]
    for condition in candidates:
        if index.count([condition]):
            return [condition]
    raise QueryError(f"{target} is no file's id, file or folder in this library")


def _id_of(index: Index, target: str) -> str:
    if _is_uuid(target) and index.fetch([target], keys=()):
        return target
    where = [Condition("kind", "=", "file"), Condition("path", "=", stored_paths(named(target)))]
    for point in index.scroll(where, keys=()):
        return point.id
    raise QueryError(f"{target} is no id or file in this library")


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False

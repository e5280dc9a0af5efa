"""Ids of points: UUIDs in their canonical form, 36 lower-case characters."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sonolux.errors import LibraryError


def checked_id(text: str) -> str:
    """Return the canonical form of an id; raise LibraryError where it is no UUID."""
    try:
        return str(UUID(text))
    except ValueError:
        raise LibraryError(f"{text!r} is no id of an item: ids are UUIDs") from None


def known_ids(texts: Iterable[str]) -> list[str]:
    """Return those that can be ids, once each, in order; the others can name no point."""
    ids: dict[str, None] = {}
    for text in texts:
        try:
            ids[str(UUID(text))] = None
        except ValueError:
            continue
    return list(ids)

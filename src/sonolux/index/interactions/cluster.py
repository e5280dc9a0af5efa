"""Interactions on a cluster: a collection of their own, ``NAME-interactions``."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from sonolux.errors import LibraryError
from sonolux.index.base import Condition, Index, Point
from sonolux.index.interactions.base import FORMAT, Interactions, refuse_newer
from sonolux.index.interactions.rows import NUMBERS, Interaction, checked_batches, merged, occasion_of
from sonolux.index.interactions.table import ROW, InteractionTable, table_of


class ClusterInteractions(Interactions):
    """Interactions as points, without descriptors, of an index of their own.

    Parameters
    ----------
    index : Index
        Made by the first interaction. Of counts that two processes add for one user and item at the same moment, one
        may be lost; events and ratings, whose ids follow from what they say, are not.
    """

    def __init__(self, index: Index) -> None:
        self.index = index

    def add(self, rows: Iterable[Interaction]) -> int:
        """Keep interactions."""
        kept = 0
        for batch in checked_batches(rows):
            self._prepare()
            ids = [_point_id(row) for row in batch]
            stored = {point.id: _from_payload(point.payload) for point in self.index.fetch(list(dict.fromkeys(ids)))}
            for name, row in zip(ids, batch, strict=True):
                stored[name] = merged(stored[name], row) if name in stored else row
            self.index.upsert([Point(name, payload=row._asdict()) for name, row in stored.items()])
            kept += len(batch)
        return kept

    def of_user(self, user: str) -> list[Interaction]:
        """Return what a user did."""
        return self._rows("user", user)

    def of_item(self, item: str) -> list[Interaction]:
        """Return what was done with an item."""
        return self._rows("item", item)

    def users(self) -> list[str]:
        """Return the users."""
        return sorted({str(point.payload["user"]) for point in self._points(keys=("user",))})

    def items(self) -> list[str]:
        """Return the items."""
        return sorted({str(point.payload["item"]) for point in self._points(keys=("item",))})

    def table(self) -> InteractionTable:
        """Return everything as arrays."""
        users: dict[str, int] = {}
        items: dict[str, int] = {}

        def numbered(row: Interaction) -> tuple[int, int, int, float, float]:
            user, item = users.setdefault(row.user, len(users)), items.setdefault(row.item, len(items))
            return user, item, NUMBERS[row.kind], row.weight, row.time

        found = np.fromiter((numbered(_from_payload(point.payload)) for point in self._points()), ROW)
        return table_of(list(users), list(items), found)

    def most_played(self, limit: int) -> list[tuple[str, int]]:
        """Return the items that most users played."""
        found = (_from_payload(point.payload) for point in self._points())
        players = Counter(item for item, _ in {(row.item, row.user) for row in found if row.kind != "skip"})
        return sorted(players.items(), key=lambda pair: (-pair[1], pair[0]))[:limit]

    def count(self) -> int:
        """Return how many interactions there are."""
        return self.index.count() if self.index.exists() else 0

    def remove_user(self, user: str) -> int:
        """Remove all of a user."""
        removed = len(self.of_user(user))
        if removed:
            self.index.delete_where([Condition("user", "=", user)])
        return removed

    def user_counts(self, after: str = "", limit: int = 100) -> list[tuple[str, int]]:
        """Return users with how many interactions each has."""
        counts = Counter(str(point.payload["user"]) for point in self._points(keys=("user",)))
        return sorted(pair for pair in counts.items() if pair[0] > after)[:limit]

    def withdraw(self, rows: Iterable[Interaction]) -> int:
        """Take interactions back."""
        if not self.index.exists():
            return 0
        there = [point.id for point in self.index.fetch(list(dict.fromkeys(map(_point_id, rows))), keys=())]
        self.index.delete(there)
        return len(there)

    def forget(self, items: Collection[str]) -> None:
        """Remove interactions."""
        if items and self.index.exists():
            self.index.delete_where([Condition("item", "=", tuple(items))])

    def note(self, name: str) -> dict[str, Any]:
        """Return what was noted."""
        return dict(self.index.read_meta().get("notes", {}).get(name, {})) if self.index.exists() else {}

    def keep_note(self, name: str, said: Mapping[str, Any]) -> None:
        """Note something."""
        self._prepare()
        self.index.update_meta(lambda meta: meta | {"notes": {**meta.get("notes", {}), name: dict(said)}})

    def close(self) -> None:
        """Let go of the connection."""
        self.index.close()

    def _rows(self, key: str, name: str) -> list[Interaction]:
        found = [_from_payload(point.payload) for point in self._points((Condition(key, "=", name),))]
        return sorted(found, key=lambda row: (-row.time, row.user, row.item, NUMBERS[row.kind]))

    def _points(self, where: tuple[Condition, ...] = (), keys: tuple[str, ...] | None = None) -> Iterator[Point]:
        if self.index.exists():
            self._check_format()
            yield from self.index.scroll(where, keys=keys)

    def _prepare(self) -> None:
        if not self.index.exists():
            try:
                self.index.create()
            except LibraryError:  # somebody else wrote first at the same moment
                if not self.index.exists():
                    raise
            self.index.update_meta(lambda meta: meta | {"format": FORMAT})
        self._check_format()

    def _check_format(self) -> None:
        # None where whoever made it was ended before the format was written.
        refuse_newer(self.index.read_meta().get("format", FORMAT), self.index.location)


def _point_id(row: Interaction) -> str:
    said = (row.user, row.item, row.kind, occasion_of(row)[0])
    return str(uuid.uuid5(uuid.NAMESPACE_OID, json.dumps(said)))


def _from_payload(payload: Mapping[str, Any]) -> Interaction:
    return Interaction(**{name: payload[name] for name in Interaction._fields})

"""Brute force over a list: what kept interactions must say, computed the slow obvious way."""

from __future__ import annotations

from collections.abc import Iterable

from sonolux.index.interactions import KINDS, Interaction


class ListedInteractions:
    """Every row that was ever added, in order; merged when asked."""

    def __init__(self) -> None:
        self.rows: list[Interaction] = []

    def add(self, rows: Iterable[Interaction]) -> None:
        self.rows += rows

    def remove_user(self, user: str) -> None:
        self.rows = [row for row in self.rows if row.user != user]

    def withdraw(self, rows: Iterable[Interaction]) -> None:
        gone = {occasion_of(row) for row in rows}
        self.rows = [row for row in self.rows if occasion_of(row) not in gone]

    def forget(self, items: Iterable[str]) -> None:
        gone = set(items)
        self.rows = [row for row in self.rows if row.item not in gone]

    def merged(self) -> list[Interaction]:
        """Return one row an occasion, by user, item, kind and time."""
        occasions: dict[tuple[object, ...], list[Interaction]] = {}
        for row in self.rows:
            occasions.setdefault(occasion_of(row), []).append(row)
        found = [one_of(rows) for rows in occasions.values()]
        return sorted(found, key=lambda row: (row.user, row.item, KINDS.index(row.kind), row.time))


def occasion_of(row: Interaction) -> tuple[object, ...]:
    return (row.user, row.item, row.kind, 0 if row.kind == "rating" else int(row.time))


def one_of(rows: list[Interaction]) -> Interaction:
    last = rows[0]
    for row in rows[1:]:
        last = row if row.time >= last.time else last
    if last.kind != "rating" and not int(last.time):
        return last._replace(weight=sum(row.weight for row in rows), time=max(row.time for row in rows))
    return last

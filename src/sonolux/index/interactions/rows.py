"""One interaction, what can be kept of it, and what two of them say together.

- Plays and skips with a time are one event: the same user, item and second again is the same event, with the weight
  that was said last. So an export that grows can be imported again.
- Plays and skips without a time are counts: they add up.
- Of ratings the latest holds; of those that are as late, or have no time, the last that was said.

Times are seconds since 1970, UTC; 0 where no time is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from math import inf
from typing import Literal, NamedTuple

from sonolux.errors import QueryError

InteractionKind = Literal["play", "rating", "skip"]

KINDS: tuple[InteractionKind, ...] = ("play", "rating", "skip")
"""In the order of their numbers."""

NUMBERS = {kind: number for number, kind in enumerate(KINDS)}

BATCH = 10_000
"""Rows that are held in memory at once."""

LONGEST_NAME = 1_000
"""Characters of the id of a user or an item."""


class Interaction(NamedTuple):
    """That a user did something with an item; a named tuple, because there may be ten million.

    Attributes
    ----------
    user : str
        An id of your own.
    item : str
        Id of the item.
    weight : float
        How many plays or skips, or what rating: above 0, finite.
    time : float
        Seconds since 1970, 0 for none.
    kind : {"play", "rating", "skip"}
    """

    user: str
    item: str
    weight: float = 1.0
    time: float = 0.0
    kind: InteractionKind = "play"


def checked_batches(rows: Iterable[Interaction]) -> Iterator[list[Interaction]]:
    """Yield rows, checked, a batch at a time."""
    checked = map(_checked, rows)
    while batch := list(islice(checked, BATCH)):
        yield batch


def _checked(row: Interaction) -> Interaction:
    """Return a row that can be kept.

    Raises
    ------
    QueryError
    """
    if not 0 < row.weight < inf:
        raise QueryError(f"the {row.kind} of {row.item!r} by {row.user!r} weighs {row.weight}: weights are above 0")
    if not 0 <= row.time < inf:
        raise QueryError(f"the time of {row.item!r} by {row.user!r} is {row.time}: times are seconds since 1970")
    if row.kind not in KINDS:
        raise QueryError(f"an interaction is a {', '.join(KINDS)}, not {row.kind!r}")
    for name in (row.user, row.item):
        if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
            raise QueryError(f"{name[:60]!r} is no id: one has 1 to {LONGEST_NAME:,} printable characters")
    return row


def occasion_of(row: Interaction) -> tuple[int, float, float]:
    """Return occasion, weight and time: rows of one occasion are merged."""
    return 0 if row.kind == "rating" else int(row.time), row.weight, row.time


def merged(old: Interaction, new: Interaction) -> Interaction:
    """Return what two rows of one occasion say together, as `UPSERT` does."""
    time = max(old.time, new.time)
    if not int(new.time) and new.kind != "rating":
        return new._replace(weight=old.weight + new.weight, time=time)
    return new._replace(time=time) if new.time >= old.time else old

"""Tastes, as commands ask of them: a library that is opened here, or in its place the service that holds it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from sonolux.cli.answer import Answer, examples_of
from sonolux.cli.output import shown_path

if TYPE_CHECKING:
    from sonolux.library import Library
    from sonolux.types import Hit, Item


LONGEST_USER = 1_000
"""Characters of the id of a user, as `sonolux.index.interactions.LONGEST_NAME`."""


def check_user(name: str) -> None:
    """Raise QueryError for what can be no id of a user; an empty one is nobody's."""
    if len(name) > LONGEST_USER or not name.isprintable():
        from sonolux.errors import QueryError

        raise QueryError(f"{name[:60]!r} is no id: one has 1 to {LONGEST_USER:,} printable characters")


class Playing(Protocol):
    """A station, as `sonolux.library.recommending.Station` is."""

    def play(self) -> Hit | None:
        """Return the next item; None once everything has been played."""

    def like(self, item: str = "") -> str:
        """Note that an item is liked."""

    def skip(self, item: str = "") -> str:
        """Note that an item is not liked."""


class Taster(Protocol):
    """What commands ask, with questions as the command line has them: paths as they were given, filters as written."""

    def recommend(self, asked: Mapping[str, Any]) -> Answer:
        """Ask what somebody may like: the parameters of `sonolux.library.Library.recommend`."""

    def path_between(self, ends: Sequence[str], asked: Mapping[str, Any]) -> list[Item]:
        """Ask what leads from one item to another; `asked` has ``steps``, ``space`` and ``where``."""

    def station(self, asked: Mapping[str, Any]) -> Playing:
        """Begin a station: the parameters of `sonolux.library.Library.station`."""

    def item(self, target: str) -> Item:
        """Return an item by its id or its path."""

    def interact(self, user: str, item: str, kind: str) -> None:
        """Keep that a user played or skipped an item."""


@contextmanager
def open_taste(location: str | None) -> Iterator[Taster]:
    """Open the library at a location, and ask it."""
    from sonolux.library import Library

    with Library(location) as library:
        yield OpenedTaste(library)


class OpenedTaste:
    """Tastes of a library that is open here."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def recommend(self, asked: Mapping[str, Any]) -> Answer:
        """Ask what somebody may like."""
        found = self._library.recommend(**_parsed(asked))
        names = {example: shown_path(self._library.item(example).path) for example in examples_of(found)}
        return Answer(found, found.spaces, names=names, remark=found.remark)

    def path_between(self, ends: Sequence[str], asked: Mapping[str, Any]) -> list[Item]:
        """Ask what leads from one item to another."""
        return self._library.path_between(*ends, **_parsed(asked))

    def station(self, asked: Mapping[str, Any]) -> Playing:
        """Begin a station."""
        return self._library.station(**_parsed(asked))

    def item(self, target: str) -> Item:
        """Return an item by its id or its path."""
        return self._library.item(target)

    def interact(self, user: str, item: str, kind: str) -> None:
        """Keep that a user played or skipped an item."""
        self._library.interact(user, item, kind="skip" if kind == "skip" else "play")


def _parsed(asked: Mapping[str, Any]) -> dict[str, Any]:
    from sonolux.retrieval.filters import parse_conditions

    return {**asked, "where": parse_conditions(asked["where"])}

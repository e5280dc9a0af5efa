"""Contract of interactions, which a folder and a cluster keep alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sonolux.errors import LibraryError
from sonolux.index.interactions.rows import Interaction
from sonolux.index.interactions.table import InteractionTable

FORMAT = 1
"""The format that is written: ``user_version`` of the file, on a cluster in the manifest of the collection."""


class Interactions(ABC):
    """Interactions of one library; nothing is opened or made before the first of them."""

    @abstractmethod
    def add(self, rows: Iterable[Interaction]) -> int:
        """Keep interactions; durable when it returns. Rows are taken as they come, so there may be any number.

        In a folder all or none of one call are kept; on a cluster, of each `BATCH` rows.

        Returns
        -------
        kept : int
            How many rows came.

        Raises
        ------
        QueryError
            For a weight that is not above 0 and finite, a time below 0, or an id that is empty or no Unicode.
        """

    @abstractmethod
    def of_user(self, user: str) -> list[Interaction]:
        """Return what a user did, the latest first."""

    @abstractmethod
    def of_item(self, item: str) -> list[Interaction]:
        """Return what was done with an item, the latest first."""

    @abstractmethod
    def users(self) -> list[str]:
        """Return the users that did anything, by name."""

    @abstractmethod
    def items(self) -> list[str]:
        """Return the items that anything was done with, by id."""

    @abstractmethod
    def table(self) -> InteractionTable:
        """Return everything as arrays: 21 bytes an interaction."""

    @abstractmethod
    def most_played(self, limit: int) -> list[tuple[str, int]]:
        """Return the items that most users played or rated, with how many did, the most first."""

    @abstractmethod
    def count(self) -> int:
        """Return how many interactions there are."""

    @abstractmethod
    def remove_user(self, user: str) -> int:
        """Remove all of a user, the name too; return how many interactions that were."""

    @abstractmethod
    def user_counts(self, after: str = "", limit: int = 100) -> list[tuple[str, int]]:
        """Return users with how many interactions each has, by name, from the one after a name on."""

    @abstractmethod
    def withdraw(self, rows: Iterable[Interaction]) -> int:
        """Take interactions back as they were made; return how many there were.

        Of a play or skip its second tells which one is meant, of a rating, or a count without a time, nothing does:
        all that is kept of it goes.
        """

    @abstractmethod
    def forget(self, items: Collection[str]) -> None:
        """Remove the interactions with these items."""

    @abstractmethod
    def note(self, name: str) -> dict[str, Any]:
        """Return what was noted under a name beside the interactions, {} for nothing."""

    @abstractmethod
    def keep_note(self, name: str, said: Mapping[str, Any]) -> None:
        """Note something, as JSON, in place of what was noted under its name."""

    @abstractmethod
    def close(self) -> None:
        """Let go of connections; a later call opens again."""


def refuse_newer(version: int, where: object) -> None:
    """Raise LibraryError for interactions of a format that is not known here."""
    if version > FORMAT:
        raise LibraryError(
            f"the interactions in {where} are of a newer Sonolux (format {version}): upgrade to read them"
        )

"""Judgements: what people liked and disliked of what was found, kept where the items are.

They cannot be made again, so they are no cache: a library in a folder keeps them in its ``feedback.sqlite``, one on a
cluster in a collection of its own, ``NAME-feedback``, where all who share the library share them. Judgements are
added, and taken back; the last one of an item for the same question holds.

SQLite, because a transaction is on the disk when its call returns, whole or not at all, whatever ends the process or
the machine, and because processes that write at the same time wait for each other. Format 1 is the first: one table,
and the number in ``user_version`` (on a cluster in the manifest of the collection).
"""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sonolux.errors import LibraryError
from sonolux.index.base import Index, Point
from sonolux.index.open import open_index

if TYPE_CHECKING:
    import sqlite3

FORMAT = 1

FILE = "feedback.sqlite"

WAIT = 60.0
"""Seconds to wait for another process that writes."""

TABLE = (
    "CREATE TABLE judgements (number INTEGER PRIMARY KEY AUTOINCREMENT, asked TEXT NOT NULL, query TEXT NOT NULL,"
    " item TEXT NOT NULL, liked INTEGER NOT NULL, time TEXT NOT NULL)"
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What somebody thought of one hit.

    Attributes
    ----------
    asked : {"item", "text"}
        What was asked with.
    query : str
        The id of the item, or the words.
    item : str
        Id of the hit.
    liked : bool
    time : str
        RFC 3339, UTC.
    """

    asked: Literal["item", "text"]
    query: str
    item: str
    liked: bool
    time: str

    @property
    def items(self) -> tuple[str, ...]:
        """The ids of all items that it needs."""
        return (self.query, self.item) if self.asked == "item" else (self.item,)


def now() -> str:
    """Return the time of a judgement that is made now."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


class Feedback(ABC):
    """Judgements of one library; nothing is opened or made before the first of them."""

    @abstractmethod
    def add(self, judgements: Sequence[Judgement]) -> None:
        """Keep judgements: all or none of one call, durable when it returns."""

    @abstractmethod
    def all(self) -> list[Judgement]:
        """Return every judgement, in the order in which they were made."""

    @abstractmethod
    def withdraw(self, judgements: Sequence[Judgement]) -> int:
        """Remove the last of those that say what each of these says, whenever it was made; return how many."""

    @abstractmethod
    def forget(self, items: Collection[str]) -> None:
        """Remove the judgements that need any of these items."""

    @abstractmethod
    def close(self) -> None:
        """Let go of connections; a later call opens again."""


def open_feedback(location: str) -> Feedback:
    """Return the judgements of the library at a location, as `sonolux.index.open_index` takes it."""
    if "://" in location:
        return ClusterFeedback(open_index(location, "-feedback"))
    return FolderFeedback(Path(location).expanduser())


def standing(judgements: Sequence[Judgement]) -> list[Judgement]:
    """Return the last judgement of each item for each question, in the order in which they were made."""
    last = {(one.asked, one.query, one.item): number for number, one in enumerate(judgements)}
    return [judgements[number] for number in sorted(last.values())]


class FolderFeedback(Feedback):
    """Judgements in the folder of a library."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE

    def add(self, judgements: Sequence[Judgement]) -> None:
        """Keep judgements."""
        rows = [(one.asked, one.query, one.item, one.liked, one.time) for one in judgements]
        with self._transaction() as database:
            database.executemany(
                "INSERT INTO judgements (asked, query, item, liked, time) VALUES (?, ?, ?, ?, ?)", rows
            )

    def all(self) -> list[Judgement]:
        """Return every judgement."""
        if not self.path.exists():
            return []
        with self._transaction(read_only=True) as database:
            if not _version(database):  # whoever made the file was ended before its table was made
                return []
            rows = database.execute("SELECT asked, query, item, liked, time FROM judgements ORDER BY number")
            return [Judgement(asked, query, item, bool(liked), time) for asked, query, item, liked, time in rows]

    def withdraw(self, judgements: Sequence[Judgement]) -> int:
        """Remove the last of each."""
        if not self.path.exists():
            return 0
        last = "SELECT max(number) FROM judgements WHERE asked = ? AND query = ? AND item = ? AND liked = ?"
        with self._transaction() as database:
            removed = [
                database.execute(
                    f"DELETE FROM judgements WHERE number = ({last})", (one.asked, one.query, one.item, one.liked)
                ).rowcount
                for one in judgements
            ]
        return sum(removed)

    def forget(self, items: Collection[str]) -> None:
        """Remove judgements."""
        if not items or not self.path.exists():
            return
        with self._transaction() as database:
            database.executemany(
                "DELETE FROM judgements WHERE item = ? OR (asked = 'item' AND query = ?)", [(one, one) for one in items]
            )

    def close(self) -> None:
        """Do nothing: the file is open during a call alone."""

    @contextmanager
    def _transaction(self, *, read_only: bool = False) -> Iterator[sqlite3.Connection]:
        """Open the file, made where it is missing, and do whatever is done with it whole or not at all."""
        import sqlite3

        try:
            with closing(sqlite3.connect(self.path, timeout=WAIT, isolation_level=None)) as database:
                # Full is not enough: the name of the journal could come back after a power cut, and undo the write.
                database.execute("PRAGMA synchronous = EXTRA")
                database.execute("BEGIN" if read_only else "BEGIN IMMEDIATE")
                if not read_only and not _version(database):
                    database.execute(TABLE)
                    database.execute(f"PRAGMA user_version = {FORMAT}")
                _refuse_newer(_version(database), self.path)
                yield database
                database.execute("COMMIT")
        except sqlite3.Error as error:
            raise LibraryError(f"the judgements in {self.path} cannot be read or written: {error}") from error


class ClusterFeedback(Feedback):
    """Judgements as points, without descriptors, of an index of their own.

    Parameters
    ----------
    index : Index
        Made by the first judgement. Two machines agree on the order as far as their clocks do.
    """

    def __init__(self, index: Index) -> None:
        self.index = index

    def add(self, judgements: Sequence[Judgement]) -> None:
        """Keep judgements."""
        if not self.index.exists():
            self._create()
        self._check_format()
        self.index.upsert([Point(str(uuid.uuid4()), payload=asdict(one)) for one in judgements])

    def all(self) -> list[Judgement]:
        """Return every judgement, by time."""
        found = [Judgement(**point.payload) for point in self._points()]
        return sorted(found, key=lambda one: one.time)

    def withdraw(self, judgements: Sequence[Judgement]) -> int:
        """Remove the last of each."""
        last: dict[tuple[str, str, str, bool], str] = {}
        for point in sorted(self._points(), key=lambda point: str(point.payload["time"])):
            last[_said(Judgement(**point.payload))] = point.id
        gone = sorted({last[_said(one)] for one in judgements if _said(one) in last})
        if gone:
            self.index.delete(gone)
        return len(gone)

    def forget(self, items: Collection[str]) -> None:
        """Remove judgements."""
        gone = set(items)
        needing = [point.id for point in self._points() if gone.intersection(Judgement(**point.payload).items)]
        if needing:
            self.index.delete(needing)

    def close(self) -> None:
        """Let go of the connection."""
        self.index.close()

    def _points(self) -> Iterator[Point]:
        if not self.index.exists():
            return
        self._check_format()
        yield from self.index.scroll()

    def _create(self) -> None:
        try:
            self.index.create()
        except LibraryError:  # somebody else judged first at the same moment
            if not self.index.exists():
                raise
        self.index.update_meta(lambda meta: meta | {"format": FORMAT})

    def _check_format(self) -> None:
        # None where whoever made it was ended before the format was written.
        _refuse_newer(self.index.read_meta().get("format", FORMAT), self.index.location)


def _said(judgement: Judgement) -> tuple[str, str, str, bool]:
    return (judgement.asked, judgement.query, judgement.item, judgement.liked)


def _version(database: sqlite3.Connection) -> int:
    [(version,)] = database.execute("PRAGMA user_version")
    return int(version)


def _refuse_newer(version: int, where: object) -> None:
    if version > FORMAT:
        raise LibraryError(f"the judgements in {where} are of a newer Sonolux (format {version}): upgrade to read them")

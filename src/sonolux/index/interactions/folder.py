"""Interactions in the folder of a library: ``interactions.sqlite``, for the reasons of `sonolux.index.feedback`."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sonolux.errors import LibraryError, QueryError
from sonolux.index.interactions.base import FORMAT, Interactions, refuse_newer
from sonolux.index.interactions.rows import BATCH, KINDS, NUMBERS, Interaction, checked_batches, occasion_of
from sonolux.index.interactions.table import ROW, InteractionTable, table_of

if TYPE_CHECKING:
    import sqlite3

FILE = "interactions.sqlite"

WAIT = 60.0
"""Seconds to wait for another process that writes."""

CACHE = 64 * 1024
"""KiB of pages that SQLite keeps while it writes."""

MIGRATIONS: dict[int, tuple[str, ...]] = {
    0: (
        "CREATE TABLE users (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
        "CREATE TABLE items (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
        "CREATE TABLE interactions (user INTEGER NOT NULL, item INTEGER NOT NULL, kind INTEGER NOT NULL,"
        " occasion INTEGER NOT NULL, weight REAL NOT NULL, time REAL NOT NULL,"
        " PRIMARY KEY (user, item, kind, occasion)) WITHOUT ROWID",
        "CREATE INDEX by_item ON interactions (item)",
        "CREATE TABLE notes (name TEXT PRIMARY KEY, said TEXT NOT NULL)",
    ),
}
"""By format, the statements that make one of the next of it; 0 is an empty file."""

UPSERT = (
    "INSERT INTO interactions VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
    f" weight = CASE WHEN occasion = 0 AND kind <> {NUMBERS['rating']} THEN weight + excluded.weight"
    " WHEN excluded.time >= time THEN excluded.weight ELSE weight END, time = max(time, excluded.time)"
)

ROWS = (
    "SELECT users.name, items.name, weight, time, kind FROM interactions"
    " JOIN users ON users.number = user JOIN items ON items.number = item"
)


class FolderInteractions(Interactions):
    """Interactions in the folder of a library."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE

    def add(self, rows: Iterable[Interaction]) -> int:
        """Keep interactions."""
        kept = 0
        with self._transaction() as database:
            users, items = _Names(database, "users"), _Names(database, "items")
            for batch in checked_batches(rows):
                numbered = [
                    (users.number(row.user), items.number(row.item), NUMBERS[row.kind], *occasion_of(row))
                    for row in batch
                ]
                database.executemany(UPSERT, numbered)
                kept += len(batch)
        return kept

    def of_user(self, user: str) -> list[Interaction]:
        """Return what a user did."""
        return self._rows("users.name = ?", user)

    def of_item(self, item: str) -> list[Interaction]:
        """Return what was done with an item."""
        return self._rows("items.name = ?", item)

    def users(self) -> list[str]:
        """Return the users."""
        return [name for (name,) in self._read("SELECT name FROM users ORDER BY name")]

    def items(self) -> list[str]:
        """Return the items."""
        return [name for (name,) in self._read("SELECT name FROM items ORDER BY name")]

    def table(self) -> InteractionTable:
        """Return everything as arrays."""
        if not self.path.exists():
            return table_of([], [], np.empty(0, ROW))
        with self._transaction(read_only=True) as database:
            if not _version(database):
                return table_of([], [], np.empty(0, ROW))
            [(count,)] = database.execute("SELECT count(*) FROM interactions")
            named = [dict(database.execute(f"SELECT number, name FROM {table}")) for table in ("users", "items")]
            found = np.empty(count, ROW)
            cursor = database.execute("SELECT user, item, kind, weight, time FROM interactions")
            start = 0
            while rows := cursor.fetchmany(BATCH):
                found[start : start + len(rows)] = rows
                start += len(rows)
        names: list[list[str]] = []
        for column, known in zip(("user", "item"), named, strict=True):
            numbers = np.fromiter(known, np.int32, len(known))
            places = np.zeros(int(numbers.max(initial=0)) + 1, np.int32)
            places[numbers] = np.arange(len(numbers))
            found[column] = places[found[column]]
            names.append(list(known.values()))
        return table_of(names[0], names[1], found)

    def most_played(self, limit: int) -> list[tuple[str, int]]:
        """Return the items that most users played."""
        users = "SELECT item, count(DISTINCT user) AS users FROM interactions WHERE kind <> ? GROUP BY item"
        return self._read(
            f"SELECT name, users FROM ({users}) JOIN items ON number = item ORDER BY users DESC, name LIMIT ?",
            NUMBERS["skip"],
            limit,
        )

    def count(self) -> int:
        """Return how many interactions there are."""
        return sum(number for (number,) in self._read("SELECT count(*) FROM interactions"))

    def remove_user(self, user: str) -> int:
        """Remove all of a user."""
        if not self.path.exists():
            return 0
        with self._transaction() as database:
            whose = "SELECT number FROM users WHERE name = ?"
            removed = database.execute(f"DELETE FROM interactions WHERE user = ({whose})", (user,)).rowcount
            database.execute("DELETE FROM users WHERE name = ?", (user,))
            database.execute("DELETE FROM items WHERE number NOT IN (SELECT item FROM interactions)")
        return removed

    def user_counts(self, after: str = "", limit: int = 100) -> list[tuple[str, int]]:
        """Return users with how many interactions each has."""
        counted = "(SELECT count(*) FROM interactions WHERE user = number)"
        return self._read(f"SELECT name, {counted} FROM users WHERE name > ? ORDER BY name LIMIT ?", after, limit)

    def withdraw(self, rows: Iterable[Interaction]) -> int:
        """Take interactions back."""
        given = [(row.user, row.item, NUMBERS[row.kind], occasion_of(row)[0]) for row in rows]
        if not given or not self.path.exists():
            return 0
        with self._transaction() as database:
            user, item = (f"(SELECT number FROM {table} WHERE name = ?)" for table in ("users", "items"))
            removal = f"DELETE FROM interactions WHERE user = {user} AND item = {item} AND kind = ? AND occasion = ?"
            removed = sum(database.execute(removal, one).rowcount for one in given)
            database.execute("DELETE FROM items WHERE number NOT IN (SELECT item FROM interactions)")
            database.execute("DELETE FROM users WHERE number NOT IN (SELECT user FROM interactions)")
        return removed

    def forget(self, items: Collection[str]) -> None:
        """Remove interactions."""
        if not items or not self.path.exists():
            return
        with self._transaction() as database:
            whose = "SELECT number FROM items WHERE name = ?"
            given = [(item,) for item in items]
            database.executemany(f"DELETE FROM interactions WHERE item = ({whose})", given)
            database.executemany("DELETE FROM items WHERE name = ?", given)
            database.execute("DELETE FROM users WHERE number NOT IN (SELECT user FROM interactions)")

    def note(self, name: str) -> dict[str, Any]:
        """Return what was noted."""
        return next((json.loads(said) for (said,) in self._read("SELECT said FROM notes WHERE name = ?", name)), {})

    def keep_note(self, name: str, said: Mapping[str, Any]) -> None:
        """Note something."""
        with self._transaction() as database:
            database.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (name, json.dumps(said)))

    def close(self) -> None:
        """Do nothing: the file is open during a call alone."""

    def _rows(self, condition: str, name: str) -> list[Interaction]:
        found = self._read(f"{ROWS} WHERE {condition} ORDER BY time DESC, users.name, items.name, kind", name)
        return [Interaction(user, item, weight, at, KINDS[kind]) for user, item, weight, at, kind in found]

    def _read(self, statement: str, *given: str | int) -> list[Any]:
        if not self.path.exists():
            return []
        with self._transaction(read_only=True) as database:
            if not _version(database):  # whoever made the file was ended before its tables were made
                return []
            return database.execute(statement, given).fetchall()

    @contextmanager
    def _transaction(self, *, read_only: bool = False) -> Iterator[sqlite3.Connection]:
        """Open the file, made where it is missing, and do whatever is done with it whole or not at all."""
        import sqlite3

        try:
            with closing(sqlite3.connect(self.path, timeout=WAIT, isolation_level=None)) as database:
                database.execute("PRAGMA synchronous = EXTRA")
                database.execute(f"PRAGMA cache_size = -{CACHE}")
                # What a user said is not to stay in free pages once the user is removed.
                database.execute("PRAGMA secure_delete = ON")
                database.execute("BEGIN" if read_only else "BEGIN IMMEDIATE")
                refuse_newer(_version(database), self.path)
                if not read_only:
                    for number in range(_version(database), FORMAT):
                        for statement in MIGRATIONS[number]:
                            database.execute(statement)
                        database.execute(f"PRAGMA user_version = {number + 1}")
                yield database
                database.execute("COMMIT")
        except UnicodeEncodeError as error:
            raise QueryError(f"{error.object[:60]!r} is no id: it is no valid Unicode") from error
        except sqlite3.Error as error:
            raise LibraryError(f"the interactions in {self.path} cannot be read or written: {error}") from error


class _Names:
    """Numbers of users or items, made where a name is new."""

    def __init__(self, database: sqlite3.Connection, table: str) -> None:
        self.database = database
        self.table = table
        self._known: dict[str, int] = {}

    def number(self, name: str) -> int:
        known = self._known.get(name)
        if known is None:
            self.database.execute(f"INSERT OR IGNORE INTO {self.table} (name) VALUES (?)", (name,))
            [(known,)] = self.database.execute(f"SELECT number FROM {self.table} WHERE name = ?", (name,))
            self._known[name] = known
        return known


def _version(database: sqlite3.Connection) -> int:
    [(version,)] = database.execute("PRAGMA user_version")
    return int(version)

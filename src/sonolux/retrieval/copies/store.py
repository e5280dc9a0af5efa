"""Hash store: the hashes of files by their content, so that each content is decoded once, whatever it is called.

It can be made again from the files, and is: what another version made is not read, and a damaged file is replaced.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from sonolux.errors import LibraryError
from sonolux.retrieval.copies.hashes import VERSION, Hashes

FILE = "copies.sqlite"

WAIT = 60.0
"""Seconds to wait for another process that writes."""

TABLE = (
    "CREATE TABLE IF NOT EXISTS hashes"
    " (content TEXT PRIMARY KEY, codes BLOB NOT NULL, times BLOB NOT NULL, inner BLOB NOT NULL, quality BLOB NOT NULL)"
    " WITHOUT ROWID"
)


class HashStore:
    """Hashes by content, in a folder that is made when the first are written.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE

    def all(self) -> dict[str, Hashes]:
        """Return the hashes of every content that is known."""
        if not self.path.exists():
            return {}
        try:
            with self._opened() as database:
                rows = database.execute("SELECT content, codes, times, inner, quality FROM hashes")
                return {content: _hashes(*blobs) for content, *blobs in rows}
        except sqlite3.OperationalError as error:
            raise LibraryError(f"the hashes in {self.path} cannot be read: {error}") from error
        except (sqlite3.DatabaseError, ValueError):  # damaged: it is made again
            self.path.unlink(missing_ok=True)
            return {}

    def add(self, hashes: Mapping[str, Hashes]) -> None:
        """Keep hashes by content, durable when it returns.

        Raises
        ------
        LibraryError
            Where the file cannot be written.
        """
        rows = [(content, *_blobs(one)) for content, one in hashes.items()]
        with self._changing() as database:
            database.executemany("INSERT OR REPLACE INTO hashes VALUES (?, ?, ?, ?, ?)", rows)

    def forget(self, contents: Iterable[str]) -> None:
        """Remove the hashes of contents that are there no longer."""
        gone = [(content,) for content in contents]
        if gone:
            with self._changing() as database:
                database.executemany("DELETE FROM hashes WHERE content = ?", gone)

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self._opened() as database, database:
                yield database
        except (sqlite3.Error, OSError) as error:
            raise LibraryError(f"the hashes in {self.path} cannot be written: {error}") from error

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=WAIT)) as database:
            [(version,)] = database.execute("PRAGMA user_version")
            if version != VERSION:
                database.execute("DROP TABLE IF EXISTS hashes")
                database.execute(f"PRAGMA user_version = {VERSION}")
            database.execute(TABLE)
            yield database


def _blobs(one: Hashes) -> tuple[bytes, bytes, bytes, bytes]:
    return one.codes.tobytes(), one.times.tobytes(), one.inner.tobytes(), one.quality.tobytes()


def _hashes(codes: bytes, times: bytes, inner: bytes, quality: bytes) -> Hashes:
    rows = np.frombuffer(codes, np.uint8).reshape(-1, 32)
    return Hashes(rows, np.frombuffer(times, np.float32), np.frombuffer(inner, bool), np.frombuffer(quality, np.uint8))

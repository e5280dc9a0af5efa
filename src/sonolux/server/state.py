"""State of the service beside the library: one SQLite file in WAL mode, the folder of uploads, and who serves it.

It lies in ``LIBRARY/service``; for a library on a cluster, or one whose folder cannot be written, in the cache of this
user. Both processes open it; readers never wait for the writer, and one process writes at a time. Each part of the
service makes its own tables by numbered steps, which are run once, whichever process comes first.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from sonolux.errors import LibraryError
from sonolux.settings import settings

FILE = "service.sqlite"

FULL = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE})
"""What SQLite says of a full disk, or of a limit on the size of files."""

WAIT = 30.0
"""Seconds to wait for another process that writes."""


class DiskFullError(LibraryError):
    """The state of the service cannot be written, for the disk is full."""


class ServiceState:
    """The folder of one library's service.

    Attributes
    ----------
    folder, database, uploads : path
        All of it, the SQLite file, and the folder of uploaded files.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / FILE
        self.uploads = folder / "uploads"

    @classmethod
    def of(cls, location: str) -> ServiceState:
        """Return the state of the service of the library at a location, its folders made.

        Raises
        ------
        LibraryError
            Where they cannot be made.
        """
        home = Path(location).expanduser()
        if "://" in location or not os.access(home, os.W_OK):
            digest = hashlib.blake2b(os.path.realpath(home).encode("utf-8", "surrogateescape"), digest_size=8)
            key = hashlib.blake2b(location.encode(), digest_size=8) if "://" in location else digest
            folder = settings().cache / "service" / key.hexdigest()
        else:
            folder = home / "service"
        state = cls(folder)
        try:
            state.uploads.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
        except OSError as error:
            raise LibraryError(f"the service of {location} cannot keep its state in {folder}: {error}") from error
        return state

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Connect for as long as one reads; rows come by the names of their columns.

        Raises
        ------
        LibraryError
            Where it cannot be read.
        """
        with closing(self._connect()) as database:
            try:
                yield database
            except sqlite3.Error as error:
                raise LibraryError(f"{self.database} cannot be read: {error}") from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Make one transaction: on the disk when it ends, or undone where anything is raised.

        Raises
        ------
        DiskFullError
            Where there is no room for it.
        LibraryError
            Where it cannot be written.
        """
        with closing(self._connect()) as database:
            try:
                database.execute("BEGIN IMMEDIATE")
                with database:
                    yield database
            except sqlite3.Error as error:
                raise _refusal(error)(f"{self.database} cannot be written: {error}") from error

    def prepare(self, part: str, steps: Sequence[str]) -> None:
        """Make the tables of a part of the service, or bring them up to date.

        Parameters
        ----------
        part : str
            Its name: ``"jobs"``.
        steps : sequence of str
            Each a statement of SQL; a later version adds some and changes none.

        Raises
        ------
        LibraryError
            Where a newer version has made more.
        """
        with self.writing() as database:
            database.execute("CREATE TABLE IF NOT EXISTS parts (name TEXT PRIMARY KEY, steps INTEGER NOT NULL)")
            row = database.execute("SELECT steps FROM parts WHERE name = ?", (part,)).fetchone()
            done = int(row["steps"]) if row else 0
            if done > len(steps):
                raise LibraryError(f"{self.database} is of a newer Sonolux: update this one")
            for step in steps[done:]:
                database.execute(step)
            database.execute("INSERT OR REPLACE INTO parts (name, steps) VALUES (?, ?)", (part, len(steps)))

    def _connect(self) -> sqlite3.Connection:
        try:
            database = sqlite3.connect(self.database, timeout=WAIT, isolation_level=None)
            database.row_factory = sqlite3.Row
            database.execute("PRAGMA journal_mode = WAL")
        except sqlite3.Error as error:
            raise _refusal(error)(f"{self.database} cannot be opened: {error}") from error
        return database


def _refusal(error: sqlite3.Error) -> type[LibraryError]:
    code = getattr(error, "sqlite_errorcode", None)  # none where Python itself refused
    return DiskFullError if code in FULL else LibraryError

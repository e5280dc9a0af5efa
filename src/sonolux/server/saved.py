"""Saved searches: questions that people keep by a name, as JSON, in the database of the service."""

from __future__ import annotations

import json
import time
from typing import Any

from sonolux.server.problems import ProblemError
from sonolux.server.state import ServiceState

MOST = 1000
STEPS = ("CREATE TABLE saved (name TEXT PRIMARY KEY, search TEXT NOT NULL, changed REAL NOT NULL) WITHOUT ROWID",)


class SavedSearches:
    """The saved searches of a service."""

    def __init__(self, state: ServiceState) -> None:
        self.state = state
        state.prepare("saved", STEPS)

    def all(self) -> list[dict[str, Any]]:
        """Return every saved search, by name."""
        with self.state.reading() as database:
            return [_as_data(row) for row in database.execute("SELECT * FROM saved ORDER BY name")]

    def find(self, name: str) -> dict[str, Any]:
        """Return a saved search; ``not-found`` where there is none."""
        with self.state.reading() as database:
            row = database.execute("SELECT * FROM saved WHERE name = ?", (name,)).fetchone()
        if row is None:
            raise ProblemError("not-found", f"no search is saved as {name!r}")
        return _as_data(row)

    def keep(self, name: str, search: dict[str, Any]) -> dict[str, Any]:
        """Keep a search in place of any other of this name."""
        with self.state.writing() as database:
            if database.execute("SELECT count(*) FROM saved WHERE name != ?", (name,)).fetchone()[0] >= MOST:
                raise ProblemError("quota", f"at most {MOST:,} searches are saved: remove some")
            database.execute("INSERT OR REPLACE INTO saved VALUES (?, ?, ?)", (name, json.dumps(search), time.time()))
        return self.find(name)

    def remove(self, name: str) -> None:
        """Remove a saved search; ``not-found`` where there is none."""
        with self.state.writing() as database:
            if not database.execute("DELETE FROM saved WHERE name = ?", (name,)).rowcount:
                raise ProblemError("not-found", f"no search is saved as {name!r}")


def _as_data(row: Any) -> dict[str, Any]:
    return {"name": row["name"], "search": json.loads(row["search"]), "changed": row["changed"]}

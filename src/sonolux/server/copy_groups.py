"""Groups of copies that the last job of that kind found, in the service's SQLite file, for whoever asks by a file.

What has been removed from the library since is still named here: whoever shows it looks.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sonolux.server.state import ServiceState

STEPS = (
    "CREATE TABLE copy_groups (number INTEGER PRIMARY KEY, data TEXT NOT NULL)",
    "CREATE TABLE copy_members (file TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (file, number)) WITHOUT ROWID",
)


class CopyGroups:
    """Groups as `sonolux.library.copies.group_as_data` gives them, in its order."""

    def __init__(self, state: ServiceState) -> None:
        self.state = state
        state.prepare("copies", STEPS)

    def replace(self, groups: Iterable[dict[str, Any]]) -> None:
        """Keep these groups instead of those that are kept."""
        with self.state.writing() as database:
            database.execute("DELETE FROM copy_groups")
            database.execute("DELETE FROM copy_members")
            for number, group in enumerate(groups):
                database.execute("INSERT INTO copy_groups (number, data) VALUES (?, ?)", (number, json.dumps(group)))
                members = {(item["id"], number) for item in group["items"]}
                database.executemany("INSERT INTO copy_members (file, number) VALUES (?, ?)", members)

    def of_file(self, file: str) -> list[dict[str, Any]]:
        """Return the groups that a file is in, given by its id."""
        with self.state.reading() as database:
            rows = database.execute(
                "SELECT data FROM copy_groups JOIN copy_members USING (number) WHERE file = ? ORDER BY number", (file,)
            )
            return [json.loads(row["data"]) for row in rows]

    def numbers_of(self, files: Sequence[str]) -> dict[str, int]:
        """Return the number of the group of copies, or of the same bytes, by the id of each file that is in one."""
        with self.state.reading() as database:
            rows = database.execute(
                "SELECT file, min(number) AS number FROM copy_members JOIN copy_groups USING (number)"
                " WHERE file IN (SELECT value FROM json_each(?))"
                " AND json_extract(data, '$.kind') IN ('identical', 'copies') GROUP BY file",
                (json.dumps(list(files)),),
            )
            return {row["file"]: row["number"] for row in rows}

    def sizes_of(self, numbers: Iterable[int]) -> dict[int, int]:
        """Return how many files groups hold, by their numbers."""
        with self.state.reading() as database:
            rows = database.execute(
                "SELECT number, count(*) AS files FROM copy_members"
                " WHERE number IN (SELECT value FROM json_each(?)) GROUP BY number",
                (json.dumps(list(numbers)),),
            )
            return {row["number"]: row["files"] for row in rows}

    def page(self, offset: int, limit: int) -> tuple[int, list[dict[str, Any]]]:
        """Return how many groups there are, and some of them."""
        with self.state.reading() as database:
            total = int(database.execute("SELECT count(*) FROM copy_groups").fetchone()[0])
            rows = database.execute("SELECT data FROM copy_groups ORDER BY number LIMIT ? OFFSET ?", (limit, offset))
            return total, [json.loads(row["data"]) for row in rows]

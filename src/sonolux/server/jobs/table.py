"""Job table: one row of SQLite is a job, its place in the queue, its progress and what came of it.

The front inserts and cancels, the library process takes and runs, both read. Every change of a row gets the next
number, so that whoever watches asks for what has changed since the last. States: ``queued``, ``running``; then
``done``, ``failed`` or ``cancelled``, which are final. Times are RFC 3339, UTC.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sonolux.errors import QueryError
from sonolux.media.paths import printable
from sonolux.server.jobs.params import check_params
from sonolux.server.state import ServiceState
from sonolux.types import Failure

JobState = Literal["queued", "running", "done", "failed", "cancelled"]

ATTEMPTS = 5
"""How often a job is begun whose process dies each time: it may be what kills it."""

MOST_QUEUED = 1000

KEPT = 1000
"""Jobs that are over and are kept, the last ones."""

MOST_FAILURES = 1000
"""Failed files that a row names; its summary counts all."""

STEPS = (
    "CREATE TABLE jobs (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,"
    " params TEXT NOT NULL, state TEXT NOT NULL, created TEXT NOT NULL, started TEXT, ended TEXT,"
    " phase TEXT NOT NULL DEFAULT '', done INTEGER NOT NULL DEFAULT 0, total INTEGER, current TEXT NOT NULL DEFAULT '',"
    " failed TEXT NOT NULL DEFAULT '[]', summary TEXT, reason TEXT NOT NULL DEFAULT '',"
    " attempts INTEGER NOT NULL DEFAULT 0, cancel INTEGER NOT NULL DEFAULT 0, owner INTEGER, changed INTEGER NOT NULL)",
    "CREATE INDEX jobs_by_state ON jobs (state, number)",
    "CREATE INDEX jobs_by_change ON jobs (changed)",
    "CREATE TABLE job_changes (number INTEGER NOT NULL)",
    "INSERT INTO job_changes (number) VALUES (0)",
)


@dataclass(frozen=True, slots=True)
class Job:
    """One row.

    Attributes
    ----------
    id, kind, params
        What it is.
    state : JobState
    created, started, ended : str or None
    phase : str
        What is being done: ``"counting"``, ``"adding"``.
    done, total : int
        Of the phase; the total is None where it is not known.
    current : str
        The file that was done with last.
    failed : list of dict
        ``{"path", "reason"}`` of files.
    summary : dict or None
        Of a job that is done.
    reason : str
        Of one that failed.
    attempts : int
        How often it was begun.
    cancel : bool
        Whether it is to end.
    changed : int
        The number of its last change.
    """

    id: str
    kind: str
    params: dict[str, Any]
    state: JobState
    created: str
    started: str | None
    ended: str | None
    phase: str
    done: int
    total: int | None
    current: str
    failed: list[dict[str, str]]
    summary: dict[str, Any] | None
    reason: str
    attempts: int
    cancel: bool
    owner: int | None
    changed: int

    def as_data(self) -> dict[str, Any]:
        """Return the job as JSON data."""
        return asdict(self)


class JobTable:
    """The jobs of one service."""

    def __init__(self, state: ServiceState) -> None:
        self.state = state
        state.prepare("jobs", STEPS)

    # -- the front's side -------------------------------------------------------------------------------------

    def insert(self, kind: str, params: dict[str, Any]) -> Job:
        """Queue a job.

        Raises
        ------
        QueryError
            For an unknown kind, parameters that do not fit it, or where too many wait.
        """
        checked = check_params(kind, params).model_dump()
        id_ = str(uuid.uuid4())
        with self.state.writing() as database:
            waiting = database.execute("SELECT count(*) FROM jobs WHERE state = 'queued'").fetchone()[0]
            if waiting >= MOST_QUEUED:
                raise QueryError(f"{waiting:,} jobs wait already: cancel some, or wait")
            database.execute(
                "INSERT INTO jobs (id, kind, params, state, created, changed) VALUES (?, ?, ?, 'queued', ?, ?)",
                (id_, kind, json.dumps(checked), time_now(), _next_change(database)),
            )
            database.execute(
                "DELETE FROM jobs WHERE state NOT IN ('queued', 'running') AND number <="
                " (SELECT max(number) FROM jobs) - ?",
                (KEPT,),
            )
            return _one(database, id_)

    def cancel(self, id_: str) -> Job:
        """End a job: at once if it waits, as soon as it looks if it runs; one that is over stays as it is.

        Raises
        ------
        QueryError
            Where there is none.
        """
        with self.state.writing() as database:
            job = _one(database, id_)
            if job.state == "queued":
                _change(database, id_, state="cancelled", cancel=1, ended=time_now())
            elif job.state == "running":
                _change(database, id_, cancel=1)
            return _one(database, id_)

    def job(self, id_: str) -> Job:
        """Return a job.

        Raises
        ------
        QueryError
            Where there is none.
        """
        with self.state.reading() as database:
            return _one(database, id_)

    def jobs(self, limit: int = 100) -> list[Job]:
        """Return the last jobs, newest first."""
        with self.state.reading() as database:
            return [_job(row) for row in database.execute("SELECT * FROM jobs ORDER BY number DESC LIMIT ?", (limit,))]

    def changed_after(self, number: int) -> list[Job]:
        """Return the jobs that have changed since a change, in the order of their last changes."""
        with self.state.reading() as database:
            rows = database.execute("SELECT * FROM jobs WHERE changed > ? ORDER BY changed", (number,))
            return [_job(row) for row in rows]

    def last_change(self) -> int:
        """Return the number of the last change."""
        with self.state.reading() as database:
            return int(database.execute("SELECT number FROM job_changes").fetchone()[0])

    def last_end(self) -> int:
        """Return the number of the last change that ended a job, 0 for none."""
        with self.state.reading() as database:
            last = database.execute("SELECT coalesce(max(changed), 0) FROM jobs WHERE ended IS NOT NULL")
            return int(last.fetchone()[0])

    # -- the library process's side ---------------------------------------------------------------------------

    def recover(self) -> None:
        """Queue again what a process was running when it died; what has killed too many is failed instead."""
        with self.state.writing() as database:
            for row in database.execute("SELECT id, cancel, attempts FROM jobs WHERE state = 'running'").fetchall():
                if row["cancel"]:
                    _change(database, row["id"], state="cancelled", ended=time_now())
                elif row["attempts"] >= ATTEMPTS:
                    reason = f"its process died {row['attempts']} times while it ran: see the log of the service"
                    _change(database, row["id"], state="failed", ended=time_now(), reason=reason)
                else:
                    _change(database, row["id"], state="queued")

    def take(self, owner: int) -> Job | None:
        """Begin the first job that waits; return it, or None where none does."""
        with self.state.reading() as database:  # nothing is locked where nothing waits
            if database.execute("SELECT 1 FROM jobs WHERE state = 'queued' LIMIT 1").fetchone() is None:
                return None
        with self.state.writing() as database:
            row = database.execute(
                "SELECT id, attempts FROM jobs WHERE state = 'queued' ORDER BY number LIMIT 1"
            ).fetchone()
            if row is None:
                return None
            begun = {"state": "running", "owner": owner, "attempts": row["attempts"] + 1}
            _change(database, row["id"], **begun, done=0, total=None, current="", phase="")
            database.execute("UPDATE jobs SET started = coalesce(started, ?) WHERE id = ?", (time_now(), row["id"]))
            return _one(database, row["id"])

    def note(self, id_: str, phase: str, done: int, total: int | None, current: str) -> bool:
        """Note how far a job is; return whether it is to end."""
        with self.state.writing() as database:
            _change(database, id_, phase=phase, done=done, total=total, current=current)
            return bool(database.execute("SELECT cancel FROM jobs WHERE id = ?", (id_,)).fetchone()[0])

    def finish(
        self,
        id_: str,
        state: JobState,
        summary: dict[str, Any] | None = None,
        failed: Sequence[Failure] = (),
        reason: str = "",
    ) -> None:
        """Note what came of a job."""
        named = json.dumps([asdict(one) for one in failed[:MOST_FAILURES]])
        told = None if summary is None else json.dumps({**summary, "failed": len(failed)})
        with self.state.writing() as database:
            _change(database, id_, state=state, summary=told, failed=named, reason=printable(reason), ended=time_now())

    def park(self, id_: str) -> None:
        """Queue a job again whose process ends in good order; end one that is to end anyway."""
        with self.state.writing() as database:
            job = _one(database, id_)
            if job.cancel:
                _change(database, id_, state="cancelled", ended=time_now())
            else:
                _change(database, id_, state="queued", attempts=job.attempts - 1)


def time_now() -> str:
    """Return the time, RFC 3339."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _one(database: sqlite3.Connection, id_: str) -> Job:
    row = database.execute("SELECT * FROM jobs WHERE id = ?", (id_,)).fetchone()
    if row is None:
        raise QueryError(f"there is no job {id_[:50]}")
    return _job(row)


def _job(row: sqlite3.Row) -> Job:
    values = {key: row[key] for key in row.keys() if key != "number"}  # noqa: SIM118 - a row iterates over its values
    for key in ("params", "failed", "summary"):
        values[key] = None if values[key] is None else json.loads(values[key])
    return Job(**values | {"cancel": bool(values["cancel"])})


def _next_change(database: sqlite3.Connection) -> int:
    database.execute("UPDATE job_changes SET number = number + 1")
    return int(database.execute("SELECT number FROM job_changes").fetchone()[0])


def _change(database: sqlite3.Connection, id_: str, **values: Any) -> None:
    """Set columns of a row, whose names stand in this file."""
    columns = {**values, "changed": _next_change(database)}
    assigned = ", ".join(f"{name} = ?" for name in columns)
    database.execute(f"UPDATE jobs SET {assigned} WHERE id = ?", (*columns.values(), id_))

"""Progress of a running job: noted in its row a few times a second, and where the order to end is heard."""

from __future__ import annotations

import time
from threading import Event

from sonolux.errors import Cancelled
from sonolux.media.paths import printable
from sonolux.server.jobs.table import JobTable

INTERVAL = 0.2
"""Seconds from one note to the next, at least."""


class JobProgress:
    """Progress of one job.

    Parameters
    ----------
    table : JobTable
    id_ : str
        Of the job.
    parking : Event
        Set when the process is to end.
    """

    def __init__(self, table: JobTable, id_: str, parking: Event) -> None:
        self.table = table
        self.id = id_
        self.parking = parking
        self._noted = 0.0
        self._phase = ""

    def __call__(self, phase: str, done: int, total: int | None = None, current: str = "") -> None:
        """Note how far the job is.

        Raises
        ------
        Cancelled
            Where it is to end, because somebody wants that or the process does.
        """
        if self.parking.is_set():
            raise Cancelled("the process ends")
        if phase == self._phase and time.monotonic() - self._noted < INTERVAL:
            return
        if self.table.note(self.id, phase, done, total, printable(current)):
            raise Cancelled("the job is cancelled")
        self._phase, self._noted = phase, time.monotonic()

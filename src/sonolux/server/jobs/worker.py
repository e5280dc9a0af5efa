"""Job worker: a thread of the library process that runs the jobs of the table, one after the other.

So one job writes at a time, and those who ask never wait for it. A job whose process dies is begun again by the next;
one that is running when the process is to end is parked: it raises `sonolux.errors.Cancelled` where it reports its
progress, what was done is kept, and its row waits again.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Sequence

from sonolux.errors import Cancelled, SonoluxError
from sonolux.library import Library
from sonolux.server.copy_groups import CopyGroups
from sonolux.server.jobs.kinds import KINDS, Work
from sonolux.server.jobs.params import check_params
from sonolux.server.jobs.progress import JobProgress
from sonolux.server.jobs.table import Job, JobTable

logger = logging.getLogger(__name__)

POLL = 0.25
"""Seconds from one look at the queue to the next, while nothing waits."""

PAUSE = 5.0
"""Seconds after the table could not be written."""


class JobWorker:
    """Runs jobs until it is parked.

    Parameters
    ----------
    library : Library
    table : JobTable
    roots : sequence of str
        Folders beneath which files may be added.
    """

    def __init__(self, library: Library, table: JobTable, roots: Sequence[str] = ()) -> None:
        self.library = library
        self.table = table
        self.roots = roots
        self.copies = CopyGroups(table.state)
        self._parking = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sonolux-jobs", daemon=True)

    def start(self) -> None:
        """Run jobs from now on, those first that a process was running when it died."""
        self._thread.start()

    def park(self) -> None:
        """Begin no other job, and end the one that runs, which waits in the table for the next process."""
        self._parking.set()
        self._thread.join()

    def _run(self) -> None:
        recovered = False
        while not self._parking.is_set():
            try:
                if not recovered:
                    self.table.recover()
                    recovered = True
                job = self.table.take(os.getpid())
                if job is None:
                    self.library.index.tend()
                    self._parking.wait(POLL)
                else:
                    self._run_job(job)
            except Exception:  # the table itself: a full disk, say; its jobs wait
                logger.exception("the queue of jobs cannot be read or written")
                recovered = False
                self._parking.wait(PAUSE)

    def _run_job(self, job: Job) -> None:
        progress = JobProgress(self.table, job.id, self._parking)
        logger.info("job %s, %s, begins (attempt %d)", job.id, job.kind, job.attempts)
        try:
            params = check_params(job.kind, job.params)
            again = job.attempts > 1
            work = Work(self.library, params, progress, self.roots, self.copies, self.table.state, again=again)
            outcome = KINDS[job.kind](work)
        except Cancelled:
            if self._parking.is_set():
                self.table.park(job.id)
            else:
                self.table.finish(job.id, "cancelled")
        except SonoluxError as error:
            self.table.finish(job.id, "failed", reason=str(error))
        except Exception:  # a bug costs this job
            logger.exception("job %s, %s, failed", job.id, job.kind)
            self.table.finish(job.id, "failed", reason="something went wrong: the log of the service says what")
        else:
            self.table.finish(job.id, "done", outcome.summary, outcome.failed)

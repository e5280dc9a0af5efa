"""Decoding in worker processes: a decoder that crashes, hangs or eats memory costs one file, and never the run.

Each worker has a socket of its own and one file at a time. It sends each piece when it is decoded and blocks while
nobody takes it, so a slow consumer slows decoding down and memory stays flat. Workers are plain subprocesses, not
children of `multiprocessing`: they inherit no threads and no locks, and a script needs no ``__main__`` guard.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from multiprocessing.connection import wait
from typing import Any, Self

from sonolux.errors import SonoluxError
from sonolux.media.faults import one_line
from sonolux.media.reading import ReadOptions, read
from sonolux.media.transfer import receive, send
from sonolux.media.worker import Event, Finished, Orders, Reader, Ready
from sonolux.types import Failure

__all__ = ["DecoderPool", "Event", "Finished"]

START_SECONDS = 120.0
"""A worker that has not started by then never will."""

DYING_SECONDS = 10.0
"""A process that has closed its socket ends by then, or is made to."""

SINGLE_THREADED = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""Workers are the parallelism."""


class Worker:
    """A decoding process, seen from its pool."""

    def __init__(self, orders: Orders) -> None:
        self.path = ""
        self.started = False
        self.fresh = True
        self.begun = False
        self.heard = time.monotonic()
        self._silence = orders.silence
        self._given_up = False
        self.connection, theirs = multiprocessing.Pipe(duplex=True)
        # The search path is handed on: it may have been changed since this process started.
        program = (
            f"import sys; sys.path[:] = {[p for p in sys.path if isinstance(p, str)]!r}; "
            f"from sonolux.media.worker import main; main({theirs.fileno()})"
        )
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", program],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env=os.environ | SINGLE_THREADED,
                # In a group of its own: Ctrl-C reaches only the pool, which then ends its workers.
                process_group=0,
            )
        try:
            send(self.connection, orders)
        except OSError:
            self.kill()
            raise

    @property
    def deadline(self) -> float:
        """When its silence has lasted too long, on the monotonic clock."""
        return self.heard + (self._silence if self.started else START_SECONDS)

    def assign(self, path: str) -> None:
        """Hand over the next file; OSError where the process is gone."""
        send(self.connection, path)
        self.path, self.begun, self.heard = path, False, time.monotonic()

    def hear(self) -> Event | None:
        """Take the next event of its file, None for its being ready; EOFError or OSError where it is gone."""
        event: Event | Ready = receive(self.connection)
        self.heard = time.monotonic()
        if isinstance(event, Ready):
            self.started = True
            return None
        self.begun = True
        return event

    @property
    def died_idle(self) -> bool:
        """Whether a lost process may have been dead before its file came, so that the file is not to blame."""
        return not (self.fresh or self.begun or self._given_up)

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.wait()
        self.connection.close()

    def give_up(self) -> None:
        """Kill a process that was silent for too long; what it has still sent can be heard."""
        self._given_up = True
        self._process.kill()

    def reap(self) -> str:
        """Wait for a process whose socket is closed, and say in one line how it ended."""
        try:
            code = self._process.wait(DYING_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self.connection.close()
        if self._given_up:
            return f"no progress for {self._silence:g} s: decoding ended"
        return f"the decoder crashed ({f'signal {-code}' if code < 0 else f'exit status {code}'})"


class DecoderPool:
    """Reads many files at once in worker processes; a context manager that ends them.

    Parameters
    ----------
    workers : int
        Processes, at most; they start when they are needed.
    options : ReadOptions
        How files are decoded.
    silence : float
        Seconds after which a worker that yields nothing is killed and its file failed.
    memory : int
        Bytes that decoding a file may take.
    reader : callable
        What a worker runs, by default `sonolux.media.reading.read`; a function that can be imported there.
    """

    def __init__(
        self,
        workers: int,
        options: ReadOptions,
        *,
        silence: float,
        memory: int,
        reader: Reader = read,
    ) -> None:
        self.workers = workers
        self._orders = Orders(reader, options, silence, memory)
        self._idle: list[Worker] = []
        self._proven = False

    def read(self, paths: Iterable[str]) -> Iterator[tuple[str, Event]]:
        """Read files, in any number, as their paths come.

        Yields
        ------
        path : str
            As it was given.
        event : Probe, Piece, Finished or Failure
            Those of one file come in order, and the last is `Finished` or `Failure`; files interleave.

        Raises
        ------
        SonoluxError
            Where worker processes do not start at all.
        """
        waiting = iter(paths)
        busy: dict[Any, Worker] = {}
        ready: deque[Worker] = deque()
        try:
            while self._filled(busy, waiting):
                if not ready:
                    ready.extend(_poll(busy))
                    continue
                worker = ready.popleft()
                path, event = worker.path, self._hear(worker, busy)
                # The next file gets under way before this event is dealt with.
                self._filled(busy, waiting)
                if event is not None:
                    yield path, event
        finally:
            for worker in busy.values():
                worker.kill()

    def close(self) -> None:
        """End all workers."""
        while self._idle:
            self._idle.pop().kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _filled(self, busy: dict[Any, Worker], waiting: Iterator[str]) -> bool:
        """Hand files to workers while there are both; return whether any worker is busy."""
        while len(busy) < self.workers and (path := next(waiting, None)) is not None:
            worker = self._reassigned(path) or self._started(path)
            busy[worker.connection] = worker
        return bool(busy)

    def _reassigned(self, path: str) -> Worker | None:
        """Hand a file to an idle worker, None where none is left alive."""
        while self._idle:
            worker = self._idle.pop()
            try:
                worker.assign(path)
            except OSError:
                worker.kill()
            else:
                return worker
        return None

    def _started(self, path: str) -> Worker:
        """Hand a file to a new worker."""
        try:
            worker = Worker(self._orders)
            worker.assign(path)
        except OSError as error:
            raise SonoluxError(f"decoding processes do not start: {one_line(error)}") from error
        return worker

    def _hear(self, worker: Worker, busy: dict[Any, Worker]) -> Event | None:
        """Take the next event of a worker; after the last of its file, it is busy no more."""
        try:
            event = worker.hear()
        except (EOFError, OSError):
            del busy[worker.connection]
            return self._lost(worker, busy)
        self._proven = True
        if isinstance(event, Finished | Failure):
            del busy[worker.connection]
            worker.fresh = False
            self._idle.append(worker)
        return event

    def _lost(self, worker: Worker, busy: dict[Any, Worker]) -> Failure | None:
        """Say how a worker ended, as the failure of its file, unless the file has another try."""
        end = worker.reap()
        if worker.died_idle:
            again = self._started(worker.path)
            busy[again.connection] = again
            return None
        if not self._proven:
            # No worker ever started, so it is not the file's fault.
            why = f'`{sys.executable} -c "import sonolux.media.worker"` may say why'
            raise SonoluxError(f"decoding processes do not start ({end}): {why}")
        return Failure(worker.path, end)


def _poll(busy: dict[Any, Worker]) -> list[Worker]:
    """Wait for news, at most until a deadline; workers that are past theirs without any are killed."""
    first = min(worker.deadline for worker in busy.values())
    heard = wait(list(busy), max(0.0, first - time.monotonic()))
    now = time.monotonic()
    for connection, worker in busy.items():
        if connection not in heard and now >= worker.deadline:
            worker.give_up()
    return [worker for connection, worker in busy.items() if connection in heard]

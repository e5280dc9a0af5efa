"""Decoding in worker processes: a decoder that crashes, hangs or eats memory costs one file, and never the run.

Each worker has two pipes of its own, and reads one file at a time. It sends each piece when it is decoded and blocks
once the pipe is full and nobody takes it, so a slow consumer slows decoding down and memory stays flat. Small files
are handed out ahead, so that a worker goes on while the pool's owner is busy; one that dies costs the file that it was
reading, and the others go to the next. Workers are plain subprocesses, not children of `multiprocessing`: they inherit
no threads and no locks, and a script needs no ``__main__`` guard.
"""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import subprocess
import sys
import time
from collections import deque
from collections.abc import Generator, Iterable, Sequence
from contextlib import suppress
from multiprocessing.connection import wait
from typing import Any

from sonolux.errors import MediaError, SonoluxError
from sonolux.media.errors import one_line
from sonolux.media.inside.members import status_of
from sonolux.media.local_copies import remove_copies_of
from sonolux.media.objects.beside import urls_beside
from sonolux.media.objects.statuses import listed_status
from sonolux.media.objects.urls import is_url
from sonolux.media.reading import ReadOptions, read
from sonolux.media.workers.base import FileDecoder
from sonolux.media.workers.ipc import receive, send
from sonolux.media.workers.worker import Asked, DecodeEvent, Finished, Orders, Progress, Reader, Ready, WorkerEvent
from sonolux.types import Failure

__all__ = ["DecodeEvent", "DecoderPool", "Finished"]

START_SECONDS = 120.0
"""A worker that has not started by then never will."""

DYING_SECONDS = 10.0
"""A process that has closed its pipe ends by then, or is made to."""

SMALL = 128 * 2**10
"""Bytes of a file that may be handed out ahead, at most: a large one would wait where another worker is free."""

AHEAD = 16
"""Files that a worker has at once, at most."""

PIPE_BYTES = 2**20
"""What a pipe holds, where the system lets us say (Linux): several small images."""

SINGLE_THREADED = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""Workers are the parallelism."""


class Worker:
    """A decoding process, seen from its pool.

    Attributes
    ----------
    files : deque of str
        What it was given and has not ended, in the order in which it reads.
    """

    def __init__(self, orders: Orders) -> None:
        self.files: deque[str] = deque()
        self.started = False
        self.fresh = True
        self.begun = False
        self.heard = time.monotonic()
        self._orders = orders
        self._given_up = False
        asked, self._asking = multiprocessing.Pipe(duplex=False)
        self.connection, told = multiprocessing.Pipe(duplex=False)
        if hasattr(fcntl, "F_SETPIPE_SZ"):
            with suppress(OSError):  # as far as the limits of the system allow
                fcntl.fcntl(told.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        # The search path is handed on: it may have been changed since this process started.
        program = (
            f"import sys; sys.path[:] = {[p for p in sys.path if isinstance(p, str)]!r}; "
            f"from sonolux.media.workers.worker import main; main({asked.fileno()}, {told.fileno()})"
        )
        with asked, told:
            self._process = subprocess.Popen(
                [sys.executable, "-c", program],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[asked.fileno(), told.fileno()],
                env=os.environ | SINGLE_THREADED,
                # In a group of its own: Ctrl-C reaches only the pool, which then ends its workers.
                process_group=0,
            )
        try:
            send(self._asking, orders)
        except OSError:
            self.kill()
            raise

    @property
    def deadline(self) -> float:
        """When it has sent nothing for too long, on the monotonic clock."""
        return self.heard + (self._orders.timeout if self.started else START_SECONDS)

    def assign(self, path: str, orders: Orders) -> None:
        """Hand over another file, to be read as these orders say; OSError where the process is gone."""
        if orders != self._orders:
            send(self._asking, orders)
            self._orders = orders
        send(self._asking, Asked(path, urls_beside(path)))
        if not self.files:
            self.begun, self.heard = False, time.monotonic()
        self.files.append(path)

    def hear(self) -> list[DecodeEvent]:
        """Take the next events of its first file, which may be none yet; EOFError or OSError where it is gone."""
        sent: list[WorkerEvent] | Ready = receive(self.connection)
        self.heard = time.monotonic()
        if isinstance(sent, Ready):
            self.started = True
            return []
        self.begun = True
        events = [event for event in sent if not isinstance(event, Progress)]
        if events and isinstance(events[-1], Finished | Failure):
            self.files.popleft()
            self.fresh = self.begun = False
        return events

    @property
    def died_idle(self) -> bool:
        """Whether a lost process may have been dead before its file came, so that the file is not to blame."""
        return not (self.fresh or self.begun or self._given_up)

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.wait()
        self.let_go()
        remove_copies_of(self._process.pid)

    def let_go(self) -> None:
        """Close the pipes, which ends the process where no other has them too."""
        self._asking.close()
        self.connection.close()

    def give_up(self) -> None:
        """Kill a process that was silent for too long; what it has still sent can be heard."""
        self._given_up = True
        self._process.kill()

    def reap(self) -> str:
        """Wait for a process whose pipe is closed, and say in one line how it ended."""
        try:
            code = self._process.wait(DYING_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self.let_go()
        remove_copies_of(self._process.pid)
        if self._given_up:
            return f"no progress for {self._orders.timeout:g} s: decoding ended"
        return f"the decoder crashed ({f'signal {-code}' if code < 0 else f'exit status {code}'})"


class DecoderPool(FileDecoder):
    """Reads many files at once in worker processes; a context manager that ends them.

    Parameters
    ----------
    workers : int
        Processes, at most; they start when they are needed.
    options : ReadOptions
        How files are decoded.
    timeout : float
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
        timeout: float,
        memory: int,
        reader: Reader = read,
    ) -> None:
        super().__init__(Orders(reader, options, timeout, memory))
        self.workers = workers
        self._idle: list[Worker] = []
        self._proven = False

    def start(self) -> None:
        """Start a worker ahead of the first file, unless one waits for work."""
        if not self._idle:
            self._idle.append(_started(self._orders))

    def read(
        self, paths: Iterable[str], orders: Orders | None = None
    ) -> Generator[tuple[str, DecodeEvent], None, None]:
        """Read files in worker processes; SonoluxError where these do not start at all."""
        waiting = Waiting(paths, self._orders if orders is None else orders)
        busy: dict[Any, Worker] = {}
        ready: deque[Worker] = deque()
        try:
            while self._filled(busy, waiting):
                if not ready:
                    ready.extend(_poll(busy))
                    continue
                worker = ready.popleft()
                path, events = worker.files[0], self._hear(worker, busy, waiting)
                # The next file gets under way before these events are dealt with.
                self._filled(busy, waiting)
                for event in events:
                    yield path, event
        finally:
            for worker in busy.values():
                worker.kill()

    def close(self, keep: int = 0) -> None:
        """End the workers that wait for work, but for so many."""
        while len(self._idle) > keep and (worker := self._next_idle()) is not None:
            worker.kill()

    def let_go(self) -> None:
        """Forget all workers, in a process that was forked off the one whose they are."""
        for worker in self._idle:
            worker.let_go()

    def _filled(self, busy: dict[Any, Worker], waiting: Waiting) -> bool:
        """Hand a file to each worker, and small ones ahead, while there are any; return whether any worker is busy."""
        while len(busy) < self.workers and (path := waiting.next()) is not None:
            worker = self._next_idle()
            while worker is not None and not _assigned(worker, path, waiting.orders):
                worker.kill()
                worker = self._next_idle()
            worker = worker or _started(waiting.orders, path)
            busy[worker.connection] = worker
        while busy and len((freest := min(busy.values(), key=lambda worker: len(worker.files))).files) < AHEAD:
            if (path := waiting.next()) is None:
                break
            # A worker that does not take it is dead, as the next look at its pipe will tell.
            if not _is_small(path) or not _assigned(freest, path, waiting.orders):
                waiting.put_back([path])
                break
        return bool(busy)

    def _next_idle(self) -> Worker | None:
        """Take an idle worker: another thread may take the last."""
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _hear(self, worker: Worker, busy: dict[Any, Worker], waiting: Waiting) -> list[DecodeEvent]:
        """Take the next events of a worker; after the last of its files, it is busy no more."""
        try:
            events = worker.hear()
        except (EOFError, OSError):
            del busy[worker.connection]
            return self._lost(worker, busy, waiting)
        self._proven = True
        if not worker.files:
            del busy[worker.connection]
            self._idle.append(worker)
        return events

    def _lost(self, worker: Worker, busy: dict[Any, Worker], waiting: Waiting) -> list[DecodeEvent]:
        """Say how a worker ended, as the failure of the file it was reading, unless that has another try."""
        end = worker.reap()
        path, *others = worker.files
        waiting.put_back(others)
        if worker.died_idle:
            again = _started(waiting.orders, path)
            busy[again.connection] = again
            return []
        if not self._proven:
            # No worker ever started, so it is not the file's fault.
            why = f'`{sys.executable} -c "import sonolux.media.workers.worker"` may say why'
            raise SonoluxError(f"decoding processes do not start ({end}): {why}")
        return [Failure(path, end)]


class Waiting:
    """Files that no worker has yet, taken from where they come when they are needed, and how they are to be read."""

    def __init__(self, paths: Iterable[str], orders: Orders) -> None:
        self.orders = orders
        self._paths = iter(paths)
        self._first: deque[str] = deque()

    def next(self) -> str | None:
        """Take the next, None at the end."""
        return self._first.popleft() if self._first else next(self._paths, None)

    def put_back(self, paths: Sequence[str]) -> None:
        """Have these come next, in their order."""
        self._first.extendleft(reversed(paths))


def _is_small(path: str) -> bool:
    if is_url(path):  # no store is asked for this
        listed = listed_status(path)
        return listed is not None and listed.size <= SMALL
    try:
        return status_of(path).size <= SMALL
    except (OSError, MediaError):
        return False


def _started(orders: Orders, *paths: str) -> Worker:
    """Start a worker, and hand it its first files."""
    try:
        worker = Worker(orders)
        for path in paths:
            worker.assign(path, orders)
    except OSError as error:
        raise SonoluxError(f"decoding processes do not start: {one_line(error)}") from error
    return worker


def _assigned(worker: Worker, path: str, orders: Orders) -> bool:
    """Hand a file to a worker; return whether it is still there to take it."""
    try:
        worker.assign(path, orders)
    except OSError:
        return False
    return True


def _poll(busy: dict[Any, Worker]) -> list[Worker]:
    """Wait for news, at most until a deadline; workers that are past theirs without any are killed."""
    first = min(worker.deadline for worker in busy.values())
    heard = wait(list(busy), max(0.0, first - time.monotonic()))
    now = time.monotonic()
    for connection, worker in busy.items():
        if connection not in heard and now >= worker.deadline:
            worker.give_up()
    return [worker for connection, worker in busy.items() if connection in heard]

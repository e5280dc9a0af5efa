"""Isolated decoding: what a question is asked with is decoded in worker processes that all threads share.

The limits are those of adding files (`sonolux.media.workers.pool`): a decoder that crashes, hangs or eats memory costs
one question, and says so in one line. At most `settings().workers` processes decode for the threads of one process; who
comes later waits for its turn. They stay warm for the next question, and end when nobody has asked for a while, with
the last library that used them, and with the process.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from weakref import WeakSet

from sonolux.errors import MediaError
from sonolux.media.errors import unreadable
from sonolux.media.inside.names import holder_of
from sonolux.media.objects.urls import is_url
from sonolux.media.paths import printable
from sonolux.media.reading import ReadOptions, read
from sonolux.media.safe_open import refuse_special
from sonolux.media.segment import ReadEvent
from sonolux.media.workers.pool import DecoderPool
from sonolux.media.workers.worker import Finished, Orders, Reader
from sonolux.settings import settings
from sonolux.types import Failure

IDLE_SECONDS = 60.0
"""Workers that nobody has asked for so long are ended."""

OF_THE_PROCESS = ("/dev/", "/proc/")
"""Folders in which a name may mean another file in another process."""


class IsolatedDecoder:
    """Decodes single files in worker processes, for any number of threads; what one owner has of those that all share.

    Nothing is started before the first file.
    """

    def read(
        self,
        path: str,
        options: ReadOptions,
        reader: Reader = read,
        *,
        waits: bool = True,
        timeout: float | None = None,
    ) -> Generator[ReadEvent, None, None]:
        """Decode a file, and yield what comes, each when it is asked for.

        Parameters
        ----------
        path : str
        options : ReadOptions
            How it is decoded.
        reader : callable
            What the worker runs, a function that can be imported there, or a partial of one.
        waits : bool
            Whether to wait for a turn where all workers are busy. Who takes what comes only now and then, such as a
            generator that follows a stream, has a process of its own instead, for it would keep others waiting.
        timeout : float, optional
            Seconds after which a decoder that yields nothing is ended; by default those of the settings.

        Raises
        ------
        MediaError
            Where it cannot be decoded, or no further: one line that names the file.
        SonoluxError
            Where worker processes do not start at all.
        """
        try:
            if not is_url(path):
                refuse_special(Path(holder_of(path)).stat())
        except OSError as error:
            raise MediaError(f"{printable(path)}: {unreadable(error)}") from error
        except ValueError as error:
            raise MediaError(f"{printable(path)}: has a name that no file can have") from error
        except MediaError as error:
            raise MediaError(f"{printable(path)}: {error}") from error
        limits = settings()
        orders = Orders(reader, options, timeout or limits.decode_seconds, limits.decode_memory)
        # By this name, a process in another folder finds the same file.
        place = path if is_url(path) else os.path.abspath(_followed(path))
        pool = _workers.pool_for(self)
        try:
            turn = _workers.turn(limits.workers) if waits else nullcontext()
            with turn, closing(pool.read([place], orders)) as events:
                for _, event in events:
                    if isinstance(event, Failure):
                        raise MediaError(f"{printable(path)}: {event.reason}")
                    if not isinstance(event, Finished):
                        yield event
        finally:
            pool.close(keep=limits.workers)  # those of streams that have ended
            _workers.end_when_idle()

    def start(self) -> None:
        """Start a worker, if there is none, for a file that is soon to be read."""
        _workers.start(self)

    def close(self) -> None:
        """End the workers, unless others use them; the next file starts them again."""
        _workers.left_by(self)


def _followed(path: str) -> str:
    return os.path.realpath(path) if path.startswith(OF_THE_PROCESS) else path


class _Workers:
    """The worker processes that all threads of this process share, and who uses them."""

    def __init__(self) -> None:
        self.pool: DecoderPool | None = None
        self._changed = threading.Condition()
        self._busy = 0
        self._users: WeakSet[IsolatedDecoder] = WeakSet()
        self._used = 0.0
        self._ending = False

    def pool_for(self, user: IsolatedDecoder) -> DecoderPool:
        """Note a user, and return the pool."""
        with self._changed:
            self._users.add(user)
            self._used = time.monotonic()
            if self.pool is None:
                limits = settings()
                self.pool = DecoderPool(1, ReadOptions(), timeout=limits.decode_seconds, memory=limits.decode_memory)
            return self.pool

    def start(self, user: IsolatedDecoder) -> None:
        """Start a worker if there is none; where some are busy, the next file waits for its turn anyway."""
        with self._changed:
            pool = self.pool_for(user)
            if not self._busy:
                pool.start()
        self.end_when_idle()

    @contextmanager
    def turn(self, most: int) -> Iterator[None]:
        """Be one of so many that decode at once."""
        with self._changed:
            self._changed.wait_for(lambda: self._busy < most)
            self._busy += 1
        try:
            yield
        finally:
            with self._changed:
                self._busy -= 1
                self._changed.notify()

    def left_by(self, user: IsolatedDecoder) -> None:
        """Note that a user has left; after the last, end the workers."""
        with self._changed:
            self._users.discard(user)
            if not self._users:
                self.end()

    def end_when_idle(self) -> None:
        """End the workers once nobody has asked for a while; whoever asks before that prolongs it."""
        with self._changed:
            self._used = time.monotonic()
            if self._ending:
                return
            self._ending = True
        threading.Thread(target=self._end_when_idle, name="sonolux-decoders", daemon=True).start()

    def _end_when_idle(self) -> None:
        while True:
            with self._changed:
                left = self._used + IDLE_SECONDS - time.monotonic()
                if left <= 0:
                    self._ending = False
                    self.end()
                    return
            time.sleep(left)

    def end(self) -> None:
        """End the workers that wait for work."""
        if self.pool is not None:
            self.pool.close()


_workers = _Workers()


@atexit.register
def _end() -> None:
    _workers.end()


def _after_fork() -> None:
    """Leave the workers of the parent to it: a child that asks has its own."""
    global _workers
    parents, _workers = _workers, _Workers()
    if parents.pool is not None:
        parents.pool.let_go()


os.register_at_fork(after_in_child=_after_fork)

"""A readers-writer lock for threads: any number of readers side by side, or one writer alone.

A writer that waits goes before readers that come later (writer preference; Courtois, Heymans and Parnas 1971,
"Concurrent control with readers and writers", second problem), so that a steady stream of questions keeps no writer
waiting for ever. A thread that holds the lock may take it again to read, and one that writes may take it again to
write. A thread that reads and then wants to write would wait for itself, and is refused.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass


class ReadWriteLock:
    """Readers side by side, or one writer alone.

    Attributes
    ----------
    reading, writing : context manager
        ``with lock.reading: ...`` shares the lock with other readers, ``with lock.writing: ...`` with nobody. Writing
        raises RuntimeError in a thread that holds the lock to read.

    Examples
    --------
    >>> lock = ReadWriteLock()
    >>> with lock.writing, lock.reading:
    ...     pass
    """

    __slots__ = ("depth", "mutex", "readers", "readers_may", "reading", "waiting", "writer", "writer_may", "writing")

    def __init__(self) -> None:
        self.reading = _Reading(self)
        self.writing = _Writing(self)
        # Who holds the lock, and who waits for it; every change is made under the mutex.
        self.mutex = threading.Lock()
        self.readers_may = threading.Condition(self.mutex)
        self.writer_may = threading.Condition(self.mutex)
        self.readers: dict[int, int] = {}
        """By thread, how often it has taken the lock to read."""
        self.writer = 0
        """The thread that writes, and how often it has taken the lock to write."""
        self.depth = 0
        self.waiting = 0
        """Writers that wait."""


@dataclass(slots=True, eq=False)
class _Reading:
    """The lock to read, as a context manager; one serves all threads. Kept short: each search passes here."""

    lock: ReadWriteLock

    def __enter__(self) -> None:
        lock, me = self.lock, threading.get_ident()
        with lock.mutex:
            held = lock.readers.get(me, 0)
            if not held and lock.writer != me:
                while lock.writer or lock.waiting:
                    lock.readers_may.wait()
            lock.readers[me] = held + 1

    def __exit__(self, *exc: object) -> None:
        lock, me = self.lock, threading.get_ident()
        with lock.mutex:
            held = lock.readers[me]
            if held > 1:
                lock.readers[me] = held - 1
                return
            del lock.readers[me]
            if lock.waiting and not lock.readers:
                lock.writer_may.notify()


@dataclass(slots=True, eq=False)
class _Writing:
    """The lock to write, as a context manager; one serves all threads."""

    lock: ReadWriteLock

    def __enter__(self) -> None:
        lock, me = self.lock, threading.get_ident()
        with lock.mutex:
            if lock.writer != me:
                if me in lock.readers:
                    raise RuntimeError("a thread that reads would wait for itself to end reading before it can write")
                lock.waiting += 1
                try:
                    while lock.writer or lock.readers:
                        lock.writer_may.wait()
                except BaseException:  # interrupted: whoever waited for this writer alone must look again
                    lock.writer_may.notify()
                    lock.readers_may.notify_all()
                    raise
                finally:
                    lock.waiting -= 1
            lock.writer, lock.depth = me, lock.depth + 1

    def __exit__(self, *exc: object) -> None:
        lock = self.lock
        with lock.mutex:
            lock.depth -= 1
            if lock.depth:
                return
            lock.writer = 0
            if lock.waiting:
                lock.writer_may.notify()
            else:
                lock.readers_may.notify_all()

"""A readers-writer lock for threads: any number of readers side by side, or one writer alone.

A writer that waits goes before readers that come later (writer preference; Courtois, Heymans and Parnas 1971,
"Concurrent control with readers and writers", second problem), so that a steady stream of questions keeps no writer
waiting for ever. A thread that holds the lock may take it again to read, and one that writes may take it again to
write. A thread that reads and then wants to write would wait for itself, and is refused.
"""

from __future__ import annotations

import threading


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

    def __init__(self) -> None:
        state = _State()
        self.reading = _Reading(state)
        self.writing = _Writing(state)


class _State:
    """Who holds the lock, and who waits for it; every change is made under the mutex."""

    __slots__ = ("depth", "mutex", "readers", "readers_may", "waiting", "writer", "writer_may")

    def __init__(self) -> None:
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

    def wake(self) -> None:
        """Let a waiting writer look again whether it may go on, or else all readers."""
        if self.waiting:
            self.writer_may.notify()
        else:
            self.readers_may.notify_all()


class _Reading:
    """The lock to read, as a context manager; one serves all threads. Kept short: each search passes here."""

    __slots__ = ("_state",)

    def __init__(self, state: _State) -> None:
        self._state = state

    def __enter__(self) -> None:
        state, me = self._state, threading.get_ident()
        with state.mutex:
            held = state.readers.get(me, 0)
            if not held and state.writer != me:
                while state.writer or state.waiting:
                    state.readers_may.wait()
            state.readers[me] = held + 1

    def __exit__(self, *exc: object) -> None:
        state, me = self._state, threading.get_ident()
        with state.mutex:
            held = state.readers[me]
            if held > 1:
                state.readers[me] = held - 1
                return
            del state.readers[me]
            if state.waiting and not state.readers:
                state.writer_may.notify()


class _Writing:
    """The lock to write, as a context manager; one serves all threads."""

    __slots__ = ("_state",)

    def __init__(self, state: _State) -> None:
        self._state = state

    def __enter__(self) -> None:
        state, me = self._state, threading.get_ident()
        with state.mutex:
            if state.writer != me:
                if me in state.readers:
                    raise RuntimeError("a thread that reads would wait for itself to end reading before it can write")
                self._wait()
            state.writer, state.depth = me, state.depth + 1

    def __exit__(self, *exc: object) -> None:
        state = self._state
        with state.mutex:
            state.depth -= 1
            if not state.depth:
                state.writer = 0
                state.wake()

    def _wait(self) -> None:
        state = self._state
        state.waiting += 1
        try:
            while state.writer or state.readers:
                state.writer_may.wait()
        except BaseException:  # interrupted: whoever waited for this writer alone must hear of it
            state.waiting -= 1
            state.wake()
            raise
        state.waiting -= 1

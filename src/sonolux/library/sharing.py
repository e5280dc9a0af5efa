"""Locking of a library that threads share: those that ask side by side, those that write one at a time."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from sonolux.index.lock import ReadWriteLock


@dataclass(frozen=True, slots=True)
class SharingLocks:
    """The locks of one library; each is taken before those below it.

    Attributes
    ----------
    writer : RLock
        Held by whoever writes, from beginning to end.
    questions : ReadWriteLock
        Read by whoever asks; written by whoever takes a space away, or closes the library.
    making : RLock
        Held while a part of the library is made that is made once.
    """

    writer: threading.RLock = field(default_factory=threading.RLock)
    questions: ReadWriteLock = field(default_factory=ReadWriteLock)
    making: threading.RLock = field(default_factory=threading.RLock)

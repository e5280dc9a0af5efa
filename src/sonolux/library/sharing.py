"""Locking of a library that threads share: those that ask side by side, those that write one at a time."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from threading import RLock
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from sonolux.index.lock import ReadWriteLock

Parameters = ParamSpec("Parameters")
Returned = TypeVar("Returned")
LibraryMethod = Callable[Concatenate[Any, Parameters], Returned]


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

    def __init__(self) -> None:
        self.writer = RLock()
        self.questions = ReadWriteLock()
        self.making = RLock()


def one_writer(method: LibraryMethod[Parameters, Returned]) -> LibraryMethod[Parameters, Returned]:
    """Have a method of a library that writes wait until no other thread does."""

    @wraps(method)
    def alone(self: Any, *args: Parameters.args, **kwargs: Parameters.kwargs) -> Returned:
        with self.locks.writer:
            return method(self, *args, **kwargs)

    return cast("LibraryMethod[Parameters, Returned]", alone)


def question(method: LibraryMethod[Parameters, Returned]) -> LibraryMethod[Parameters, Returned]:
    """Have a method of a library that asks run side by side with others, while no space is dropped."""

    @wraps(method)
    def shared(self: Any, *args: Parameters.args, **kwargs: Parameters.kwargs) -> Returned:
        with self.locks.questions.reading:
            return method(self, *args, **kwargs)

    return cast("LibraryMethod[Parameters, Returned]", shared)

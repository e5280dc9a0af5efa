"""Lazy loading: an object that is made when it is first needed, once, however many threads ask."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Loaded = TypeVar("Loaded")

_loading = threading.RLock()
"""One for all: transformers changes the default type of torch while it loads."""


class LoadedOnce(Generic[Loaded]):
    """A call away from what a function loads.

    Parameters
    ----------
    load : callable
        What it raises, the call raises; the next call tries again.
    """

    def __init__(self, load: Callable[[], Loaded]) -> None:
        self._load = load
        self._held: list[Loaded] = []

    @property
    def done(self) -> bool:
        """Whether it is loaded."""
        return bool(self._held)

    def __call__(self) -> Loaded:
        """Return what is loaded."""
        with _loading:
            if not self._held:
                self._held.append(self._load())
            return self._held[0]

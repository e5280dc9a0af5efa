"""Locations of items, kept for a short while: pictures are shown though the library process is busy writing.

What is kept is forgotten when a job has ended, which may have removed items or changed their spans, and after some
seconds in any case. A file is checked when it is opened, whatever is kept.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID

KEPT_SECONDS = 30.0
MOST_KEPT = 10_000
"""Items; those that were found first go first."""


class Locations:
    """Where items are.

    Parameters
    ----------
    locate : callable
        Returns the location of an item, given its id.
    """

    def __init__(self, locate: Callable[[UUID], Coroutine[Any, Any, dict[str, Any]]]) -> None:
        self._locate = locate
        self._kept: OrderedDict[UUID, tuple[float, dict[str, Any]]] = OrderedDict()
        self._forgotten = 0

    async def find(self, id_: UUID) -> dict[str, Any]:
        """Return the location of an item, as the call ``locate`` does."""
        until, place = self._kept.get(id_, (0.0, {}))
        if time.monotonic() < until:
            return place
        forgotten = self._forgotten
        place = await self._locate(id_)
        if forgotten == self._forgotten:  # else it may be of before
            self._kept[id_] = time.monotonic() + KEPT_SECONDS, place
            self._kept.move_to_end(id_)
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return place

    def forget(self) -> None:
        """Forget all of them."""
        self._forgotten += 1
        self._kept.clear()

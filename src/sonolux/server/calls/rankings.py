"""Rankings that are kept for a while, so that the pages of an answer belong together though the library changes."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from sonolux.retrieval.hits import Hits
from sonolux.server.calls.protocol import CallError

KEPT = 256
"""Rankings, at most: the one that was looked at longest ago goes first."""

SECONDS = 900.0
"""After which a ranking that nobody looked at is gone."""


@dataclass(slots=True)
class KeptRanking:
    """Hits, best first, and when they were last looked at (seconds of the clock of `Rankings`)."""

    hits: Hits
    looked: float


class Rankings:
    """Rankings by their ids, which nobody can guess; threads may share it.

    Parameters
    ----------
    kept : int
        Rankings, at most.
    seconds : float
        After which one that nobody looked at is gone.
    clock : callable
        Seconds, monotonic.
    """

    def __init__(self, kept: int = KEPT, seconds: float = SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self.kept = kept
        self.seconds = seconds
        self.clock = clock
        self._by_id: OrderedDict[str, KeptRanking] = OrderedDict()
        self._changing = threading.Lock()

    def keep(self, hits: Hits) -> str:
        """Keep a ranking; return its id."""
        id_ = secrets.token_urlsafe(12)
        with self._changing:
            self._by_id[id_] = KeptRanking(hits, self.clock())
            self._drop()
        return id_

    def hits(self, id_: str) -> Hits:
        """Return the hits of a ranking.

        Raises
        ------
        CallError
            Of type ``expired``.
        """
        with self._changing:
            self._drop()
            if (ranking := self._by_id.get(id_)) is None:
                raise CallError("expired", "this ranking is no longer kept: ask again", "ranking")
            ranking.looked = self.clock()
            self._by_id.move_to_end(id_)
            return ranking.hits

    def _drop(self) -> None:
        now = self.clock()
        while self._by_id:
            oldest = next(iter(self._by_id.values()))
            if len(self._by_id) <= self.kept and now - oldest.looked <= self.seconds:
                return
            self._by_id.popitem(last=False)

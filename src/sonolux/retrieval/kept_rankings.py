"""Rankings that are made once and shown a window at a time: paging and endless scrolling.

A ranking holds the places of its hits; what a hit shows is read from the index for each window. So a page costs no
search, and places stay what they are while files come and go: whatever was removed is missing from its window, and
nothing moves up. Who goes past its end has it ranked deeper, and what is new comes after all that was there.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from sonolux.errors import ExpiredError, QueryError
from sonolux.index import Index
from sonolux.retrieval.facets import Facets, count_facets_of
from sonolux.retrieval.hits import Hits
from sonolux.retrieval.places import Place, hits_at
from sonolux.retrieval.query import MOST_HITS, Query
from sonolux.types import Hit

DEPTH = 300
"""Hits that a ranking is made of at first."""

GROWTH = 8
"""How many times as deep a ranking is made by who goes past its end."""

PLACE_BYTES = 600
"""Memory that a place takes, about: two ids and what is known of the hit."""

MOST_RANKINGS = 200
MOST_BYTES = 64 * 2**20
SECONDS = 900.0
"""How long a ranking is kept that nobody asks for."""

RankDeeper = Callable[[Query], list[Place]]
"""Ranks the files of a question, to its ``k``, as the library is now."""

Explain = Callable[[Sequence[tuple[Place, Hit]]], list[Hit]]
"""Says of hits why they were found."""


CopiesOf = Callable[[Sequence[str]], Mapping[str, int]]
"""Numbers of the groups of copies that files are in, by the ids of files that are in one."""


class Ranking:
    """The ranked hits of one question, for threads to share.

    Parameters
    ----------
    query : Query
        Its page is that of all hits so far; with nothing decoded in its parts.
    spaces : tuple of str
        That were asked.
    index : Index
        Where hits are read.
    rank : callable
        Ranks the question again, deeper.
    depth : int
        Hits at first.
    explain : callable, optional
        Says of the hits of a window why they were found.
    copies : callable, optional
        Says which files are copies of one another: of these the best hit alone is ranked.

    Attributes
    ----------
    id : str
    """

    def __init__(
        self,
        query: Query,
        spaces: tuple[str, ...],
        index: Index,
        rank: RankDeeper,
        depth: int = DEPTH,
        explain: Explain | None = None,
        copies: CopiesOf | None = None,
    ) -> None:
        self.id = uuid.uuid4().hex
        self.query = query
        self.spaces = spaces
        self._index = index
        self._rank = rank
        self._explain = explain
        self._copies = copies
        self._groups: set[int] = set()
        """Of copies of which one is ranked."""
        self._growing = threading.RLock()
        self._depth = 0
        self._ended = False
        # Replaced as a whole where the ranking grows: whoever reads it needs no lock.
        self._places: tuple[Place, ...] = ()
        self._grow(depth)

    @property
    def total(self) -> int:
        """How many hits are known so far; there may be more unless `complete`."""
        return len(self._places)

    @property
    def sure(self) -> int:
        """How many of these chance does not explain."""
        return sum(place.confident for place in self._places)

    @property
    def complete(self) -> bool:
        """Whether there are no more hits than those known."""
        return self._ended

    @property
    def files(self) -> list[str]:
        """Ids of the files of the hits, each once, best first."""
        return list(dict.fromkeys(place.file for place in self._places))

    @property
    def size(self) -> int:
        """Bytes of memory, about."""
        return PLACE_BYTES * len(self._places)

    def window(self, offset: int = 0, limit: int = 10) -> Hits:
        """Return the hits of some places, best first, fewer where some were removed since.

        Parameters
        ----------
        offset : int
            Places before the window. The next window begins at ``offset + limit``, however many hits this one has.
        limit : int
            Places at most.

        Raises
        ------
        QueryError
            For a window that begins before the first place, or has none.
        """
        if offset < 0 or limit < 1:
            raise QueryError(f"a window begins at 0 or later and has 1 hit or more, not {offset} and {limit}")
        while offset + limit > self.total and not self._ended:
            self._grow(max(GROWTH * self._depth, offset + limit))
        found = hits_at(self._index, self._places[offset : offset + limit])
        return Hits(self._explain(found) if self._explain else [hit for _, hit in found], self.spaces)

    def facets(self, keys: str | Iterable[str], *, limit: int = 100) -> Facets:
        """Count the files of each value of some keys, among the hits known so far; see `sonolux.retrieval.facets`."""
        return count_facets_of(self._index, keys, self.files, limit=limit)

    def _grow(self, depth: int) -> None:
        """Rank to a depth, and put what is new after what is known."""
        with self._growing:
            depth = min(depth, MOST_HITS)
            if self._ended or depth <= self._depth:
                return
            # Variety is for what people look at first: it takes the square of what is ranked.
            diverse = 0.0 if self._depth else self.query.diverse
            found = self._rank(replace(self.query, k=depth, page=1, confident=False, diverse=diverse))
            known = {self._name(place) for place in self._places}
            new = [place for place in found if self._name(place) not in known]
            if self.query.confident:
                new = [place for place in new if place.confident]
            self._places += tuple(self._folded(new))
            self._depth = depth
            self._ended = len(found) < depth or depth == MOST_HITS

    def _folded(self, places: list[Place]) -> list[Place]:
        """Leave out copies of files that come before."""
        if self._copies is None:
            return places
        groups = self._copies([place.file for place in places])
        kept = []
        for place in places:
            group = groups.get(place.file)
            if group is None or group not in self._groups:
                kept.append(place)
            if group is not None:
                self._groups.add(group)
        return kept

    def _name(self, place: Place) -> str:
        return place.id if self.query.spans else place.file


class KeptRankings:
    """Rankings by id, bounded in number, memory and time; those asked for last are kept longest.

    Parameters
    ----------
    most : int
    most_bytes : int
    seconds : float
        After which one that nobody asks for is forgotten.
    clock : callable
        Seconds from any moment.
    """

    def __init__(
        self,
        most: int = MOST_RANKINGS,
        most_bytes: int = MOST_BYTES,
        seconds: float = SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limits = most, most_bytes, seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[float, Ranking]] = OrderedDict()

    def keep(self, ranking: Ranking) -> None:
        """Keep a ranking, the newest always, and forget those beyond the bounds."""
        with self._lock:
            self._kept[ranking.id] = (self._clock(), ranking)
            self._forget()

    def get(self, id_: str) -> Ranking:
        """Return a ranking that is kept.

        Raises
        ------
        ExpiredError
            Where it is kept no longer, or never was.
        """
        with self._lock:
            self._forget()
            if id_ not in self._kept:
                raise ExpiredError("this ranking is kept no longer: ask the question again")
            ranking = self._kept[id_][1]
            self._kept[id_] = (self._clock(), ranking)
            self._kept.move_to_end(id_)
            return ranking

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._kept.clear()

    def __len__(self) -> int:
        return len(self._kept)

    def _forget(self) -> None:
        most, most_bytes, seconds = self._limits
        size = sum(ranking.size for _, ranking in self._kept.values())
        while self._kept:
            asked, oldest = next(iter(self._kept.values()))
            late = self._clock() - asked > seconds
            crowded = len(self._kept) > 1 and (len(self._kept) > most or size > most_bytes)
            if not late and not crowded:
                return
            del self._kept[oldest.id]
            size -= oldest.size


def without_media(query: Query) -> Query:
    """Return a query that is planned already, without the decoded media that it was asked with."""
    parts = [part if isinstance(part.content, str) else replace(part, content=None) for part in query.parts]
    return replace(query, parts=tuple(parts))

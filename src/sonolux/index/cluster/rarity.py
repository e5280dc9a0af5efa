"""Inverse document frequency over all shards of a cluster: how rare each term is, counted by the cluster itself.

The engine weighs terms by what each shard holds, deleted points included until it clears them away. So the vector of a
counted space is stored without that. Each point keeps the numbers of its terms in its payload, under a key with an
index of its own, and what a question's terms are worth is put into the question: ``ln(1 + (n - df + 0.5) / (df +
0.5))``, of the ``n`` points of the space all over the cluster, ``df`` of which hold the term. Both counts are exact
when they are asked for, and are kept for some seconds; writing forgets them.

These keys belong to the index alone: they are in no payload that it gives out, and no condition can ask for them.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from qdrant_client import QdrantClient, models

from sonolux.errors import LibraryError, QueryError
from sonolux.index.base import Where
from sonolux.index.cluster.connection import READING, ClusterConnection

PREFIX = "sonolux-terms-"
"""Begins the payload keys that hold terms."""

KEPT = 5.0
"""Seconds for which counts are kept: how late this process sees what another one adds, in the weights alone."""

TOGETHER = 8
"""Terms that are counted at the same time."""

MOST = 100_000
"""Counts that are kept."""

TERMS_INDEX = models.IntegerIndexParams(type=models.IntegerIndexType.INTEGER, lookup=True, range=False, on_disk=True)
"""Terms are looked up, never compared; a library has many, so they lie on the disk."""

ODD = re.compile(r"[^A-Za-z0-9-]")


def terms_key(vector: str) -> str:
    """Return the payload key for the terms of a named vector, its own; it needs no quotes in a JSON path."""
    return PREFIX + ODD.sub(lambda odd: f"_{ord(odd[0]):x}_", vector)


def is_terms_key(key: str) -> bool:
    """Tell whether a payload key, or a path from it, is one that holds terms."""
    return key.startswith(PREFIX)


def shown(payload: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a stored payload without terms."""
    return {key: value for key, value in (payload or {}).items() if not is_terms_key(key)}


def refuse_terms_keys(keys: Iterable[str]) -> None:
    """Raise LibraryError where a payload has a key that belongs to the index."""
    for key in keys:
        if is_terms_key(key):
            raise LibraryError(f"no payload key begins with {PREFIX!r}, as {key!r} does: that is the index's own")


def refuse_terms_conditions(where: Where) -> None:
    """Raise QueryError where a condition asks for a key that belongs to the index."""
    for condition in where:
        if is_terms_key(condition.key) or is_terms_key(condition.instead):
            raise QueryError(f"no payload key can be named {condition.key!r}: that is the index's own")


def inverse_frequency(points: int, holding: int) -> float:
    """Return what a term is worth that so many of so many points hold.

    Of counts that were made while points came and went, more may hold it than there are.
    """
    return math.log1p((max(points, holding) - holding + 0.5) / (holding + 0.5))


class ClusterRarity:
    """How rare the terms of a collection are.

    Parameters
    ----------
    location : str
        Of the library, for messages.
    collection : str
    connection : ClusterConnection
    clock : callable, optional
        Seconds.
    """

    def __init__(
        self,
        location: str,
        collection: str,
        connection: ClusterConnection,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._location = location
        self._collection = collection
        self._connection = connection
        self._clock = clock
        # What is counted while somebody writes is kept where nobody looks any longer.
        self._counts: dict[tuple[str, int | None], tuple[float, int]] = {}

    def forget(self) -> None:
        """Forget what was counted."""
        self._counts = {}

    def weighed(self, vector: str, query: models.SparseVector) -> models.SparseVector:
        """Return a question to a named vector, each term multiplied by its inverse document frequency."""
        points, *holding = self._counted(vector, [None, *query.indices])
        worth = [inverse_frequency(points, held) for held in holding]
        values = [value * factor for value, factor in zip(query.values, worth, strict=True)]
        return models.SparseVector(indices=query.indices, values=values)

    def _counted(self, vector: str, terms: Sequence[int | None]) -> list[int]:
        """Return in how many points each term is; for None, how many points the named vector has."""
        kept, now = self._counts, self._clock()
        missing = [term for term in terms if kept.get((vector, term), (-math.inf, 0))[0] < now - KEPT]
        if len(kept) + len(missing) > MOST:
            kept.clear()
            missing = list(terms)
        if len(missing) > 1:
            with ThreadPoolExecutor(min(TOGETHER, len(missing))) as pool:
                counts = list(pool.map(lambda term: self._count(vector, term), missing))
        else:
            counts = [self._count(vector, term) for term in missing]
        fresh = dict(zip(missing, counts, strict=True))
        kept.update({(vector, term): (now, count) for term, count in fresh.items()})
        return [fresh[term] if term in fresh else kept[vector, term][1] for term in terms]

    def _count(self, vector: str, term: int | None) -> int:
        holds: Any = models.HasVectorCondition(has_vector=vector)
        if term is not None:
            holds = models.FieldCondition(key=terms_key(vector), match=models.MatchValue(value=term))
        chosen = models.Filter(must=[holds])

        def count(client: QdrantClient) -> int:
            return int(client.count(self._collection, chosen, exact=True).count)

        return self._connection.ask(count, self._location, READING)

"""Cluster of several shards in one process, after qdrant-client's in-process mode, which has but one.

Each shard is an in-process client of its own: a point lies in the one that its id tells, whatever is asked is asked of
all, and the answers are put together as the node does that was asked. So each shard weighs the terms of a sparse vector
by what it holds itself, as the shards of a real cluster do. A collection that is made with one shard is one.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any
from zlib import crc32

from qdrant_client import QdrantClient, models
from qdrant_client.http.models import QueryResponse


class ShardedClient:
    """What stands where a client of a cluster would.

    Parameters
    ----------
    shards : int
        Of a collection that is made without saying how many.
    """

    def __init__(self, shards: int) -> None:
        self.shards = [QdrantClient(":memory:") for _ in range(shards)]
        self._single: set[str] = set()

    def close(self) -> None:
        """Let go of all that is held."""
        for shard in self.shards:
            shard.close()

    def create_collection(self, name: str, **said: Any) -> Any:
        """Make a collection in every shard."""
        answers = [shard.create_collection(name, **said) for shard in self.shards]
        if said.get("shard_number") == 1:
            self._single.add(name)
        return answers[0]

    def delete_collection(self, name: str) -> Any:
        """Remove a collection from every shard."""
        self._single.discard(name)
        answers = [shard.delete_collection(name) for shard in self.shards]
        return answers[0]

    def upsert(self, name: str, points: Sequence[Any], **said: Any) -> None:
        """Write points, each into its shard."""
        self._divided(name, points, attrgetter("id"), lambda shard, part: shard.upsert(name, part, **said))

    def update_vectors(self, name: str, points: Sequence[Any], **said: Any) -> None:
        """Write vectors of points."""
        self._divided(name, points, attrgetter("id"), lambda shard, part: shard.update_vectors(name, part, **said))

    def set_payload(self, name: str, payload: Any, points: Sequence[Any], **said: Any) -> None:
        """Write payload keys of points."""
        self._divided(name, points, str, lambda shard, part: shard.set_payload(name, payload, part, **said))

    def batch_update_points(self, name: str, operations: Sequence[Any], **said: Any) -> None:
        """Do updates of vectors and payloads, one after the other."""
        for operation in operations:
            if isinstance(operation, models.UpdateVectorsOperation):
                self.update_vectors(name, operation.update_vectors.points, **said)
            elif isinstance(operation, models.SetPayloadOperation):
                wanted = operation.set_payload
                self.set_payload(name, wanted.payload, wanted.points or [], **said)
            else:
                raise NotImplementedError(type(operation).__name__)

    def delete(self, name: str, chosen: Any, **said: Any) -> Any:
        """Remove points, wherever they are."""
        answers = [shard.delete(name, chosen, **said) for shard in self.shards]
        return answers[0]

    def retrieve(self, name: str, ids: Sequence[Any], *rest: Any, **said: Any) -> list[Any]:
        """Return points by their ids."""
        return [found for shard in self.shards for found in shard.retrieve(name, ids, *rest, **said)]

    def scroll(self, name: str, chosen: Any = None, *, limit: int, **said: Any) -> tuple[list[Any], Any]:
        """Return a page of points in the order of their ids, and the id with which the next begins."""
        pages = [shard.scroll(name, chosen, limit=limit + 1, **said)[0] for shard in self.shards]
        found = [point for page in pages for point in page]
        found.sort(key=lambda point: (isinstance(point.id, str), point.id))
        return found[:limit], found[limit].id if len(found) > limit else None

    def count(self, name: str, chosen: Any = None, **said: Any) -> models.CountResult:
        """Return how many points there are in all shards."""
        return models.CountResult(count=sum(shard.count(name, chosen, **said).count for shard in self.shards))

    def facet(self, name: str, key: str, chosen: Any, limit: int, **said: Any) -> models.FacetResponse:
        """Return the most frequent values of a key, and how many points have each."""
        counts: Counter[Any] = Counter()
        for shard in self.shards:
            for hit in shard.facet(name, key, chosen, 10**6, **said).hits:
                counts[hit.value] += hit.count
        hits = [models.FacetValueHit(value=value, count=count) for value, count in counts.most_common(limit)]
        return models.FacetResponse(hits=hits)

    def query_points(self, name: str, query: Any = None, *, limit: int, offset: int = 0, **said: Any) -> Any:
        """Return the best points, of those that are the best of each shard."""
        wanted = limit + offset
        found = [hit for s in self.shards for hit in s.query_points(name, query, limit=wanted, **said).points]
        if isinstance(query, models.SampleQuery):
            random.shuffle(found)
        else:
            found.sort(key=lambda hit: hit.score, reverse=not self._is_distance(name, said.get("using")))
        return QueryResponse(points=found[offset:wanted])

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Ask every shard anything else, and return what the first one says."""

        def ask(*args: Any, **said: Any) -> Any:
            answers = [getattr(shard, name)(*args, **said) for shard in self.shards]
            return answers[0]

        return ask

    def _divided(
        self, name: str, rows: Sequence[Any], id_of: Callable[[Any], Any], write: Callable[[Any, list[Any]], Any]
    ) -> None:
        parts: list[list[Any]] = [[] for _ in self.shards]
        for row in rows:
            parts[0 if name in self._single else crc32(str(id_of(row)).encode()) % len(parts)].append(row)
        for shard, part in zip(self.shards, parts, strict=True):
            if part:
                write(shard, part)

    def _is_distance(self, name: str, vector: str | None) -> bool:
        vectors = self.shards[0].get_collection(name).config.params.vectors
        held = vectors.get(vector or "") if isinstance(vectors, dict) else None
        return held is not None and held.distance in (models.Distance.EUCLID, models.Distance.MANHATTAN)

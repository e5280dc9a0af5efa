"""An index on a Qdrant cluster, over qdrant-client: several machines, several processes.

The library's record (see `sonolux.index.manifest`) is one JSON text under the key ``sonolux`` of the
collection's metadata: the cluster merges metadata key by key, so that one key is replaced whole. The key
to the cluster comes from the environment variable ``SONOLUX_QDRANT_API_KEY``.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from qdrant_client import QdrantClient, models

from sonolux.errors import LibraryError
from sonolux.index import hnsw
from sonolux.index.base import Index, Point, ScoredPoint, Vector, Where
from sonolux.index.filters import build_filter, selection
from sonolux.index.ids import checked_id, known_ids
from sonolux.index.manifest import IndexManifest
from sonolux.index.payload import INDEXED, checked_payload
from sonolux.index.qdrant_cluster import (
    SCHEMAS,
    ClusterWords,
    cluster,
    payload_bytes,
    requests_of,
    search_params,
    space_creation,
    sparse_vector,
)
from sonolux.index.vectors import (
    check_space,
    engine_name,
    from_engine,
    similarity_factor,
    to_engine,
)
from sonolux.types import Space

PAGE = 500
"""Points that `RemoteIndex.scroll` reads at once."""

IDS = 10_000
"""Ids in one request."""

TIMEOUT = 60
"""Seconds that a request may take."""

OPTIMIZE_SECONDS = 3600.0
"""Seconds that the cluster may take to build its graphs."""

WORDS = ClusterWords()


class RemoteIndex(Index):
    """Points in a collection of a Qdrant cluster.

    Parameters
    ----------
    cluster_at : str or QdrantClient
        URL of the cluster, or a client, which is then the caller's to close. A URL is first asked
        when a call needs it.
    collection : str
        Name of the collection.
    """

    def __init__(self, cluster_at: str | QdrantClient, collection: str) -> None:
        self._url = cluster_at if isinstance(cluster_at, str) else ""
        self._given = None if isinstance(cluster_at, str) else cluster_at
        self._opened: QdrantClient | None = None
        self._record: IndexManifest | None = None
        self._name = collection
        self.location = f"{self._url}/{collection}" if self._url else collection

    def exists(self) -> bool:
        """Tell whether the cluster has the collection."""
        with cluster(self.location):
            return self._client().collection_exists(self._name)

    def create(self) -> None:
        """Make an empty collection with payload indexes."""
        if self.exists():
            raise LibraryError(f"there is a library at {self.location} already")
        client = self._client()
        with cluster(self.location):
            client.create_collection(
                self._name,
                vectors_config={},
                hnsw_config=models.HnswConfigDiff(
                    m=hnsw.LINKS,
                    ef_construct=hnsw.EF_CONSTRUCT,
                    full_scan_threshold=hnsw.FULL_SCAN,
                ),
                metadata={"sonolux": IndexManifest().to_json()},
            )
            for key, schema in INDEXED.items():
                client.create_payload_index(self._name, key, SCHEMAS[schema], wait=True)

    def close(self) -> None:
        """Let go of the connection, unless the client was given."""
        client, self._opened, self._record = self._opened, None, None
        if client is not None:
            client.close()

    def optimize(self) -> None:
        """Wait until the cluster, which builds graphs by itself, has built them."""
        end = time.monotonic() + OPTIMIZE_SECONDS
        while True:
            with cluster(self.location):
                status = self._client().get_collection(self._name).status
            if status == models.CollectionStatus.GREEN:
                return
            if time.monotonic() > end:
                raise LibraryError(f"{self.location} is still being optimized ({status.value})")
            time.sleep(0.2)

    def read_meta(self) -> dict[str, Any]:
        """Return the library's own record."""
        return dict(self._fetch_record().meta)

    def write_meta(self, meta: Mapping[str, Any]) -> None:
        """Store the library's own record."""
        self._write_record(replace(self._fetch_record(), meta=dict(meta)))

    def spaces(self) -> dict[str, Space]:
        """Return the spaces there are, by name."""
        return dict(self._fetch_record().spaces)

    def add_space(self, space: Space) -> None:
        """Add a named vector, leaving all others and every point as they are."""
        check_space(space)
        record = self._fetch_record()
        if record.spaces.get(space.name) == space:
            return
        if space.name in record.spaces:
            raise LibraryError(f"{self.location} has another such space: {record.spaces[space.name]}")
        name, client = engine_name(space.name), self._client()
        with cluster(self.location):
            # One that was being added or dropped when its process was killed is in no record.
            client.delete_vector_name(self._name, name, wait=True)
            client.create_vector_name(self._name, name, space_creation(space), wait=True)
        self._write_record(replace(record, spaces={**record.spaces, space.name: space}))

    def drop_space(self, name: str) -> None:
        """Remove a named vector from the collection and from every point."""
        record = self._fetch_record()
        if name not in record.spaces:
            return
        left = {key: space for key, space in record.spaces.items() if key != name}
        self._write_record(replace(record, spaces=left))
        with cluster(self.location):
            self._client().delete_vector_name(self._name, engine_name(name), wait=True)

    def upsert(self, points: Sequence[Point]) -> None:
        """Write points whole, a request of about 16 MB at a time."""
        rows = [
            models.PointStruct(
                id=checked_id(point.id),
                vector=self._stored_vectors(point),
                payload=checked_payload(point.payload),
            )
            for point in points
        ]
        with cluster(self.location):
            # Divided before the first is sent: a payload that cannot be stored stops them all.
            for request in list(requests_of(rows)):
                self._client().upsert(self._name, request, wait=True)

    def update_vectors(self, points: Sequence[Point]) -> None:
        """Write only the descriptors given, of points that exist."""
        rows = {checked_id(p.id): self._stored_vectors(p) for p in points}
        present = self._present([id_ for id_, vectors in rows.items() if vectors])
        changes = [models.PointVectors(id=id_, vector=rows[id_]) for id_ in present]
        with cluster(self.location):
            for request in requests_of(changes):
                self._client().update_vectors(self._name, request, wait=True)

    def set_payload(self, ids: Sequence[str], payload: Mapping[str, Any]) -> None:
        """Overwrite some top-level keys of the payload of points that exist."""
        changes = checked_payload(payload)
        payload_bytes(changes)
        present = self._present(known_ids(ids))
        with cluster(self.location):
            for part in _parts(present):
                self._client().set_payload(self._name, changes, part, wait=True)

    def delete(self, ids: Sequence[str]) -> None:
        """Remove points."""
        with cluster(self.location):
            for part in _parts(known_ids(ids)):
                chosen = models.PointIdsList(points=[*part])
                self._client().delete(self._name, chosen, wait=True)

    def delete_where(self, where: Where) -> None:
        """Remove every point that satisfies the conditions."""
        chosen = build_filter(WORDS, where)
        if chosen is None:
            raise ValueError("delete_where needs at least one condition")
        with cluster(self.location):
            self._client().delete(self._name, models.FilterSelector(filter=chosen), wait=True)

    def search(  # noqa: PLR0913 - as in the contract
        self,
        space: str,
        vector: Vector,
        k: int,
        *,
        where: Where = (),
        without: Sequence[str] = (),
        offset: int = 0,
        keys: Sequence[str] | None = None,
        exact: bool = False,
    ) -> list[ScoredPoint]:
        """Return the ``k`` best points of a space; see `Index.search`."""
        stored = self._space(space)
        query = to_engine(stored, vector, sparse_vector)
        chosen = build_filter(WORDS, where, without=known_ids(without))
        if k < 1:
            return []
        with cluster(self.location):
            hits = self._client().query_points(
                self._name,
                query,
                using=engine_name(space),
                limit=k,
                offset=offset,
                query_filter=chosen,
                with_payload=selection(keys),
                search_params=search_params(k + offset, chosen is not None, exact),
            )
        factor = similarity_factor(stored)
        return [ScoredPoint(str(hit.id), hit.score * factor, hit.payload or {}) for hit in hits.points]

    def sample(self, space: str, n: int) -> list[Point]:
        """Return points drawn at random from those in a space."""
        name = engine_name(self._space(space).name)
        if n < 1:
            return []
        with cluster(self.location):
            drawn = self._client().query_points(
                self._name,
                models.SampleQuery(sample=models.Sample.RANDOM),
                query_filter=build_filter(WORDS, (), space=name),
                limit=n,
                with_payload=["file"],
                with_vectors=[name],
            )
        return [self._point(record, [space]) for record in drawn.points]

    def fetch(
        self, ids: Sequence[str], *, spaces: Sequence[str] = (), keys: Sequence[str] | None = None
    ) -> list[Point]:
        """Return the points that exist among ``ids``."""
        names, bring = self._vector_names(spaces), selection(keys)
        with cluster(self.location):
            return [
                self._point(record, spaces)
                for part in _parts(known_ids(ids))
                for record in self._client().retrieve(self._name, part, bring, names)
            ]

    def scroll(
        self, where: Where = (), *, spaces: Sequence[str] = (), keys: Sequence[str] | None = None
    ) -> Iterator[Point]:
        """Yield every point that satisfies the conditions, in the order of their ids."""
        chosen, bring, names = build_filter(WORDS, where), selection(keys), self._vector_names(spaces)

        def pages() -> Iterator[Point]:
            start = None
            while True:
                with cluster(self.location):
                    records, start = self._client().scroll(
                        self._name,
                        chosen,
                        limit=PAGE,
                        offset=start,
                        with_payload=bring,
                        with_vectors=names,
                    )
                for record in records:
                    yield self._point(record, spaces)
                if start is None:
                    return

        return pages()

    def count(self, where: Where = (), *, space: str | None = None) -> int:
        """Return how many points satisfy the conditions."""
        name = None if space is None else engine_name(self._space(space).name)
        chosen = build_filter(WORDS, where, space=name)
        with cluster(self.location):
            return self._client().count(self._name, chosen, exact=True).count

    def _client(self) -> QdrantClient:
        if self._given is not None:
            return self._given
        if self._opened is None:
            key = os.environ.get("SONOLUX_QDRANT_API_KEY") or None
            self._opened = QdrantClient(url=self._url, api_key=key, timeout=TIMEOUT, check_compatibility=False)
        return self._opened

    def _fetch_record(self) -> IndexManifest:
        with cluster(self.location):
            metadata = self._client().get_collection(self._name).config.metadata or {}
        text = metadata.get("sonolux")
        if not isinstance(text, str):
            raise LibraryError(f"the collection {self.location} is no library of Sonolux")
        try:
            self._record = IndexManifest.from_json(text)
        except ValueError as error:
            raise LibraryError(f"the record of {self.location} is damaged ({error})") from error
        return self._record

    def _write_record(self, record: IndexManifest) -> None:
        with cluster(self.location):
            self._client().update_collection(self._name, metadata={"sonolux": record.to_json()})
        self._record = record

    def _space(self, name: str) -> Space:
        """Return a space as last read; another process may have added it since, so ask again."""
        record = self._record or self._fetch_record()
        spaces = record.spaces if name in record.spaces else self._fetch_record().spaces
        if name not in spaces:
            there = ", ".join(sorted(spaces)) or "none"
            raise LibraryError(f"{self.location} has no space {name!r}: there are {there}")
        return spaces[name]

    def _stored_vectors(self, point: Point) -> dict[str, Any]:
        return {
            engine_name(name): to_engine(self._space(name), vector, sparse_vector)
            for name, vector in point.vectors.items()
        }

    def _vector_names(self, spaces: Sequence[str]) -> list[str] | bool:
        return [engine_name(self._space(name).name) for name in spaces] or False

    def _present(self, ids: list[str]) -> list[str]:
        with cluster(self.location):
            return [
                str(record.id)
                for part in _parts(ids)
                for record in self._client().retrieve(self._name, part, False, False)
            ]

    def _point(self, record: Any, spaces: Sequence[str]) -> Point:
        stored = record.vector or {}
        vectors = {
            name: from_engine(self._space(name), stored[engine_name(name)])
            for name in spaces
            if engine_name(name) in stored
        }
        return Point(str(record.id), vectors, record.payload or {})


def _parts(ids: list[str]) -> Iterator[list[Any]]:
    for start in range(0, len(ids), IDS):
        yield [*ids[start : start + IDS]]

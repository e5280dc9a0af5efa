"""An index on a Qdrant cluster, over qdrant-client: several machines, several processes.

How processes share the manifest, see `sonolux.index.cluster_manifest`. The key to the cluster comes from the
environment variable ``SONOLUX_QDRANT_API_KEY``.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from typing import Any

from qdrant_client import QdrantClient, models

from sonolux.errors import LibraryError
from sonolux.index import hnsw
from sonolux.index.base import FacetCount, Index, Point, ScoredPoint, Vector, Where
from sonolux.index.cluster_manifest import KEY, ClusterManifest
from sonolux.index.facets import count_files, is_counted_by_index, keys_counted, most_frequent
from sonolux.index.filters import build_filter, selection
from sonolux.index.ids import checked_id, known_ids
from sonolux.index.lock import ReadWriteLock
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
        self._opening = threading.Lock()
        # Read while the connection is used, written while it is closed.
        self._access = ReadWriteLock()
        self._name = collection
        self.location = f"{self._url}/{collection}" if self._url else collection
        self._manifest = ClusterManifest(self.location, collection, self._connected)
        self._seen: dict[str, Space] = {}

    def exists(self) -> bool:
        """Tell whether the cluster has the collection."""
        with self._connected() as client:
            return client.collection_exists(self._name)

    def create(self) -> None:
        """Make an empty collection with payload indexes."""
        if self.exists():
            raise LibraryError(f"there is a library at {self.location} already")
        with self._connected() as client:
            client.create_collection(
                self._name,
                vectors_config={},
                hnsw_config=models.HnswConfigDiff(
                    m=hnsw.LINKS,
                    ef_construct=hnsw.EF_CONSTRUCT,
                    full_scan_threshold=hnsw.FULL_SCAN,
                ),
                metadata={KEY: IndexManifest().to_json()},
            )
            for key, schema in INDEXED.items():
                client.create_payload_index(self._name, key, SCHEMAS[schema], wait=True)

    def close(self) -> None:
        """Let go of the connection, unless the client was given, once no request is under way."""
        with self._access.writing:
            client, self._opened, self._seen = self._opened, None, {}
            if client is not None:
                client.close()

    def optimize(self, progress: Callable[[str], None] | None = None) -> None:
        """Wait until the cluster, which builds graphs by itself, has built them; ``progress`` is asked meanwhile."""
        end = time.monotonic() + OPTIMIZE_SECONDS
        while True:
            if progress is not None:
                progress("merging")
            with self._connected() as client:
                status = client.get_collection(self._name).status
            if status == models.CollectionStatus.GREEN:
                return
            if time.monotonic() > end:
                raise LibraryError(f"{self.location} is still being optimized ({status.value})")
            time.sleep(0.2)

    def read_meta(self) -> dict[str, Any]:
        """Return the library's own part of the manifest."""
        return dict(self._manifest.read().meta)

    def update_meta(self, change: Callable[[dict[str, Any]], Mapping[str, Any]]) -> dict[str, Any]:
        """Change the library's own part of the manifest."""

        def changed(manifest: IndexManifest) -> IndexManifest:
            return replace(manifest, meta=dict(change(deepcopy(dict(manifest.meta)))))

        return dict(self._manifest.update(changed).meta)

    def spaces(self) -> dict[str, Space]:
        """Return the spaces there are, by name."""
        self._seen = dict(self._manifest.read().spaces)
        return dict(self._seen)

    def add_space(self, space: Space) -> None:
        """Add a named vector, leaving all others and every point as they are."""
        check_space(space)
        if self._is_there(space, self._manifest.read()):
            return
        name = engine_name(space.name)
        with self._connected() as client:
            # One that was being added or dropped when its process was killed is in no manifest.
            client.delete_vector_name(self._name, name, wait=True)
            client.create_vector_name(self._name, name, space_creation(space), wait=True)

        def added(manifest: IndexManifest) -> IndexManifest:
            there = self._is_there(space, manifest)
            return manifest if there else replace(manifest, spaces={**manifest.spaces, space.name: space})

        self._seen = dict(self._manifest.update(added).spaces)

    def drop_space(self, name: str) -> None:
        """Remove a named vector from the collection and from every point."""
        if name not in self._manifest.read().spaces:
            return

        def without(manifest: IndexManifest) -> IndexManifest:
            return replace(manifest, spaces={key: space for key, space in manifest.spaces.items() if key != name})

        self._seen = dict(self._manifest.update(without).spaces)
        with self._connected() as client:
            client.delete_vector_name(self._name, engine_name(name), wait=True)

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
        with self._connected() as client:
            # Divided before the first is sent: a payload that cannot be stored stops them all.
            for request in list(requests_of(rows)):
                client.upsert(self._name, request, wait=True)

    def update_vectors(self, points: Sequence[Point]) -> None:
        """Write only the descriptors given, of points that exist."""
        rows = {checked_id(p.id): self._stored_vectors(p) for p in points}
        present = self._present([id_ for id_, vectors in rows.items() if vectors])
        changes = [models.PointVectors(id=id_, vector=rows[id_]) for id_ in present]
        with self._connected() as client:
            for request in requests_of(changes):
                client.update_vectors(self._name, request, wait=True)

    def set_payload(self, ids: Sequence[str], payload: Mapping[str, Any]) -> None:
        """Overwrite some top-level keys of the payload of points that exist."""
        changes = checked_payload(payload)
        payload_bytes(changes)
        present = self._present(known_ids(ids))
        with self._connected() as client:
            for part in _parts(present):
                client.set_payload(self._name, changes, part, wait=True)

    def delete(self, ids: Sequence[str]) -> None:
        """Remove points."""
        with self._connected() as client:
            for part in _parts(known_ids(ids)):
                chosen = models.PointIdsList(points=[*part])
                client.delete(self._name, chosen, wait=True)

    def delete_where(self, where: Where) -> None:
        """Remove every point that satisfies the conditions."""
        chosen = build_filter(WORDS, where)
        if chosen is None:
            raise ValueError("delete_where needs at least one condition")
        with self._connected() as client:
            client.delete(self._name, models.FilterSelector(filter=chosen), wait=True)

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
        with self._connected() as client:
            hits = client.query_points(
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
        with self._connected() as client:
            drawn = client.query_points(
                self._name,
                models.SampleQuery(sample=models.Sample.RANDOM),
                query_filter=build_filter(WORDS, (), space=name),
                limit=n,
                with_payload=["file"],
                with_vectors=[name],
            )
        return [self._point(found, [space]) for found in drawn.points]

    def fetch(
        self, ids: Sequence[str], *, spaces: Sequence[str] = (), keys: Sequence[str] | None = None
    ) -> list[Point]:
        """Return the points that exist among ``ids``."""
        names, bring = self._vector_names(spaces), selection(keys)
        with self._connected() as client:
            return [
                self._point(found, spaces)
                for part in _parts(known_ids(ids))
                for found in client.retrieve(self._name, part, bring, names)
            ]

    def scroll(
        self, where: Where = (), *, spaces: Sequence[str] = (), keys: Sequence[str] | None = None, after: str = ""
    ) -> Iterator[Point]:
        """Yield every point that satisfies the conditions, in the order of their ids."""
        chosen, bring, names = build_filter(WORDS, where), selection(keys), self._vector_names(spaces)

        def pages() -> Iterator[Point]:
            start: Any = after or None
            while True:
                with self._connected() as client:
                    page, start = client.scroll(
                        self._name,
                        chosen,
                        limit=PAGE,
                        offset=start,
                        with_payload=bring,
                        with_vectors=names,
                    )
                points = (self._point(found, spaces) for found in page)
                yield from (point for point in points if point.id != after)  # the engine begins with it
                if start is None:
                    return

        return pages()

    def count(self, where: Where = (), *, space: str | None = None) -> int:
        """Return how many points satisfy the conditions."""
        name = None if space is None else engine_name(self._space(space).name)
        chosen = build_filter(WORDS, where, space=name)
        with self._connected() as client:
            return client.count(self._name, chosen, exact=True).count

    def facets(self, key: str, where: Where = (), *, limit: int = 100) -> list[FacetCount]:
        """Return the values of a key, and in how many files each is; see `Index.facets`."""
        if not is_counted_by_index(key, where):
            return count_files(self.scroll(where, keys=keys_counted(key)), key, limit)
        with self._connected() as client:
            found = client.facet(self._name, key, build_filter(WORDS, where), max(1, limit), exact=True)
        return most_frequent((FacetCount(hit.value, hit.count) for hit in found.hits), limit)

    @contextmanager
    def _connected(self) -> Iterator[QdrantClient]:
        """Give the client, which nobody closes meanwhile; turn what it raises into one line."""
        with self._access.reading, cluster(self.location):
            yield self._client()

    def _client(self) -> QdrantClient:
        if self._given is not None:
            return self._given
        with self._opening:
            if self._opened is None:
                key = os.environ.get("SONOLUX_QDRANT_API_KEY") or None
                self._opened = QdrantClient(url=self._url, api_key=key, timeout=TIMEOUT, check_compatibility=False)
            return self._opened

    def _is_there(self, space: Space, manifest: IndexManifest) -> bool:
        """Tell whether a space is there; raise LibraryError where another of its name is."""
        there = manifest.spaces.get(space.name)
        if there is not None and there != space:
            raise LibraryError(f"{self.location} has another such space: {there}")
        return there is not None

    def _space(self, name: str) -> Space:
        """Return a space as last read; another process may have added it since, so ask again."""
        seen = self._seen
        if name not in seen:
            seen = self.spaces()
        if name not in seen:
            there = ", ".join(sorted(seen)) or "none"
            raise LibraryError(f"{self.location} has no space {name!r}: there are {there}")
        return seen[name]

    def _stored_vectors(self, point: Point) -> dict[str, Any]:
        return {
            engine_name(name): to_engine(self._space(name), vector, sparse_vector)
            for name, vector in point.vectors.items()
        }

    def _vector_names(self, spaces: Sequence[str]) -> list[str] | bool:
        return [engine_name(self._space(name).name) for name in spaces] or False

    def _present(self, ids: list[str]) -> list[str]:
        with self._connected() as client:
            return [str(found.id) for part in _parts(ids) for found in client.retrieve(self._name, part, False, False)]

    def _point(self, found: Any, spaces: Sequence[str]) -> Point:
        stored = found.vector or {}
        vectors = {
            name: from_engine(self._space(name), stored[engine_name(name)])
            for name in spaces
            if engine_name(name) in stored
        }
        return Point(str(found.id), vectors, found.payload or {})


def _parts(ids: list[str]) -> Iterator[list[Any]]:
    for start in range(0, len(ids), IDS):
        yield [*ids[start : start + IDS]]

"""Index on a Qdrant cluster, over qdrant-client: several machines, several processes.

How processes share the manifest, see `sonolux.index.cluster.manifest_log`; how nodes that do not answer are dealt with,
`sonolux.index.cluster.connection`. The key to the cluster comes from the environment variable
``SONOLUX_QDRANT_API_KEY``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any

from qdrant_client import QdrantClient, models

from sonolux.errors import LibraryError
from sonolux.index import hnsw
from sonolux.index.base import FacetCount, Index, Point, ScoredPoint, Vector, Where
from sonolux.index.cluster.connection import READING, WRITING, ClusterConnection
from sonolux.index.cluster.failures import SilentClusterError
from sonolux.index.cluster.manifest_log import KEY, ManifestLog
from sonolux.index.cluster.rarity import (
    TERMS_INDEX,
    ClusterRarity,
    refuse_terms_keys,
    shown,
    terms_key,
)
from sonolux.index.cluster.spaces import ClusterSpaces
from sonolux.index.cluster.state import cluster_state, copies_of, count_nodes
from sonolux.index.cluster.terms import (
    SCHEMAS,
    chosen_points,
    payload_bytes,
    requests_of,
    sparse_vector,
    update_vectors,
    vector_params,
)
from sonolux.index.cluster.ties import best_in_order
from sonolux.index.facets import count_files, is_counted_by_index, keys_counted, most_frequent
from sonolux.index.filters import selection
from sonolux.index.ids import checked_id, known_ids
from sonolux.index.layout import DEFAULT_LAYOUT, ClusterLayout
from sonolux.index.manifest import IndexManifest
from sonolux.index.payload import INDEXED, checked_payload
from sonolux.index.vectors import from_engine, similarity_factor, to_engine
from sonolux.types import Space

PAGE = 500
"""Points that `RemoteIndex.scroll` reads at once."""

IDS = 10_000
"""Ids in one request."""

OPTIMIZE_SECONDS = 3600.0
"""Seconds that the cluster may take to build its graphs."""


class RemoteIndex(Index):
    """Points in a collection of a Qdrant cluster.

    Parameters
    ----------
    cluster : ClusterConnection or QdrantClient
        A client is the caller's to close.
    collection : str
        Name of the collection.
    location : str, optional
        The URL that names both.
    like : str, optional
        A collection that is made with as many copies as that one.
    exact_idf : bool
        Whether sparse spaces that are added here are weighed over all shards, by counts, or by the engine, in each
        shard by what it holds: where a question has hundreds of terms, and is but the first step, as of fingerprints.
    """

    def __init__(
        self,
        cluster: ClusterConnection | QdrantClient,
        collection: str,
        location: str = "",
        like: str = "",
        *,
        exact_idf: bool = True,
    ) -> None:
        connection = cluster if isinstance(cluster, ClusterConnection) else ClusterConnection(cluster)
        self._connection = connection
        self._name = collection
        self._like = like
        self.location = location or collection
        self._log = ManifestLog(self.location, collection, connection)
        self._spaces = ClusterSpaces(self.location, collection, connection, self._log, exact_idf)
        self._exact_idf = exact_idf
        self._rarity = ClusterRarity(self.location, collection, connection)

    def exists(self) -> bool:
        """Tell whether the cluster has the collection."""
        return bool(self._ask(lambda client: client.collection_exists(self._name)))

    def create(
        self,
        layout: ClusterLayout = DEFAULT_LAYOUT,
        *,
        spaces: Sequence[Space] = (),
        meta: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        """Make a collection with its named vectors, then its log and payload indexes."""
        taken = f"there is a library at {self.location} already"
        if self.exists():
            raise LibraryError(taken)
        nodes = self._ask(count_nodes)
        copies = self._ask(partial(copies_of, self._like)) if self._like else layout.copies_on(nodes, self.location)
        compress = layout.compress or ""
        counted = tuple(space.name for space in spaces if self._exact_idf and space.kind == "sparse")
        beginning = self._log.new_beginning(
            IndexManifest({space.name: space for space in spaces}, dict(meta), compress=compress, counted=counted)
        )
        dense, sparse = vector_params(spaces, compress, self._exact_idf)

        def make(client: QdrantClient) -> None:
            client.create_collection(
                self._name,
                vectors_config=dense,
                sparse_vectors_config=sparse or None,
                hnsw_config=models.HnswConfigDiff(
                    m=hnsw.LINKS,
                    ef_construct=hnsw.EF_CONSTRUCT,
                    full_scan_threshold=hnsw.FULL_SCAN,
                ),
                shard_number=layout.shards,
                replication_factor=copies,
                metadata={KEY: beginning.to_json()},
            )

        try:
            self._write(make)
        except SilentClusterError:
            raise
        except LibraryError:
            # What was made and cut off before it was said is there when it is asked for again.
            if not self.exists():
                raise
            if self._log.beginning().log != beginning.log:
                raise LibraryError(taken) from None
        self._log.start(beginning.log)
        self._spaces.read()
        self._index_payload(self._payload_indexes())

    def close(self) -> None:
        """Let go of the connection, unless the client was given, once no request is under way."""
        self._spaces.forget()
        self._rarity.forget()
        self._connection.close()

    def cluster_state(self) -> dict[str, Any]:
        """Return how the index lies on its cluster, as `sonolux.index.cluster.state.ClusterState` says it."""
        return self._connection.ask(lambda client: cluster_state(client, self._name), self.location).as_data()

    def check_writable(self) -> None:
        """Make the payload indexes that are missing, for whoever made the index was killed, or knew fewer."""
        there = self._ask(lambda client: client.get_collection(self._name).payload_schema)
        self._spaces.read()
        self._index_payload({key: schema for key, schema in self._payload_indexes().items() if key not in there})

    def optimize(self, progress: Callable[[str], None] | None = None) -> None:
        """Wait until the cluster, which builds graphs by itself, has built them; ``progress`` is asked meanwhile."""
        end = time.monotonic() + OPTIMIZE_SECONDS
        while True:
            if progress is not None:
                progress("merging")
            status = self._ask(lambda client: client.get_collection(self._name).status)
            if status == models.CollectionStatus.GREEN:
                return
            if time.monotonic() > end:
                raise LibraryError(f"{self.location} is still being optimized ({status.value})")
            time.sleep(0.2)

    def read_meta(self) -> dict[str, Any]:
        """Return the library's own part of the manifest."""
        return dict(self._log.read().meta)

    def update_meta(self, change: Callable[[dict[str, Any]], Mapping[str, Any]]) -> dict[str, Any]:
        """Change the library's own part of the manifest."""

        def changed(manifest: IndexManifest) -> IndexManifest:
            return replace(manifest, meta=dict(change(deepcopy(dict(manifest.meta)))))

        return dict(self._log.update(changed).meta)

    def spaces(self) -> dict[str, Space]:
        """Return the spaces there are, by name."""
        return self._spaces.read()

    def add_space(self, space: Space) -> None:
        """Add a named vector, leaving all others and every point as they are."""
        self._spaces.add(space)

    def drop_space(self, name: str) -> None:
        """Remove a named vector from the collection and from every point."""
        self._spaces.drop(name)

    def upsert(self, points: Sequence[Point]) -> None:
        """Write points whole, a request of about 16 MB at a time."""
        rows = []
        for point in points:
            refuse_terms_keys(point.payload)
            vectors = self._stored_vectors(point)
            payload = {**checked_payload(point.payload), **self._terms(point, vectors)}
            rows.append(models.PointStruct(id=checked_id(point.id), vector=vectors, payload=payload))
        # Divided before the first is sent: a payload that cannot be stored stops them all.
        for request in list(requests_of(rows)):
            self._write(lambda client, request=request: client.upsert(self._name, request, wait=True))
        self._rarity.forget()

    def update_vectors(self, points: Sequence[Point]) -> None:
        """Write only the descriptors given, of points that exist."""
        rows = {checked_id(p.id): self._stored_vectors(p) for p in points}
        terms = {checked_id(p.id): self._terms(p, rows[checked_id(p.id)]) for p in points}
        present = self._present([id_ for id_, vectors in rows.items() if vectors])
        changes = [models.PointVectors(id=id_, vector=rows[id_]) for id_ in present]
        for request in requests_of(changes):
            said = {str(row.id): held for row in request if (held := terms[str(row.id)])}
            self._write(partial(update_vectors, self._name, request, said))
        self._rarity.forget()

    def set_payload(self, ids: Sequence[str], payload: Mapping[str, Any]) -> None:
        """Overwrite some top-level keys of the payload of points that exist."""
        refuse_terms_keys(payload)
        changes = checked_payload(payload)
        payload_bytes(changes)
        for part in _parts(self._present(known_ids(ids))):
            self._write(lambda client, part=part: client.set_payload(self._name, changes, part, wait=True))

    def delete(self, ids: Sequence[str]) -> None:
        """Remove points."""
        for part in _parts(known_ids(ids)):
            chosen = models.PointIdsList(points=[*part])
            self._write(lambda client, chosen=chosen: client.delete(self._name, chosen, wait=True))
        self._rarity.forget()

    def delete_where(self, where: Where) -> None:
        """Remove every point that satisfies the conditions."""
        chosen = chosen_points(where)
        if chosen is None:
            raise ValueError("delete_where needs at least one condition")
        self._write(lambda client: client.delete(self._name, models.FilterSelector(filter=chosen), wait=True))
        self._rarity.forget()

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
        stored = self._spaces.space(space)
        query = to_engine(stored, vector, sparse_vector)
        chosen = chosen_points(where, without=known_ids(without))
        if k < 1:
            return []
        counted, bring = self._spaces.is_counted(space), self._brought(keys)
        if counted:
            query = self._rarity.weighed(self._spaces.vector(space), query)

        def ask(limit: int, least: float | None = None, start: int = 0) -> list[Any]:
            found = self._ask(
                lambda client: client.query_points(
                    self._name,
                    query,
                    using=self._spaces.vector(space),
                    limit=limit,
                    offset=start,
                    query_filter=chosen,
                    score_threshold=least,
                    with_payload=bring if least is None else False,
                    search_params=self._spaces.search_params(space, limit + start, chosen is not None, exact),
                )
            )
            return list(found.points)

        hits = best_in_order(ask, k + offset)[offset:] if counted else ask(k, start=offset)
        payloads = {hit.id: hit.payload for hit in hits if hit.payload is not None or bring is False}
        for part in _parts([hit.id for hit in hits if hit.id not in payloads]):
            found = self._ask(lambda client, part=part: client.retrieve(self._name, part, bring))
            payloads.update({point.id: point.payload for point in found})
        factor = similarity_factor(stored)
        # Whoever was deleted meanwhile is in no answer.
        known = [hit for hit in hits if hit.id in payloads]
        return [ScoredPoint(str(hit.id), hit.score * factor, shown(payloads[hit.id])) for hit in known]

    def sample(self, space: str, n: int) -> list[Point]:
        """Return points drawn at random from those in a space."""
        name = self._spaces.vector(space)
        if n < 1:
            return []
        drawn = self._ask(
            lambda client: client.query_points(
                self._name,
                models.SampleQuery(sample=models.Sample.RANDOM),
                query_filter=chosen_points((), space=name),
                limit=n,
                with_payload=["file"],
                with_vectors=[name],
            )
        )
        return [self._point(found, [space]) for found in drawn.points]

    def fetch(
        self, ids: Sequence[str], *, spaces: Sequence[str] = (), keys: Sequence[str] | None = None
    ) -> list[Point]:
        """Return the points that exist among ``ids``."""
        names, bring = self._vector_names(spaces), self._brought(keys)
        return [
            self._point(found, spaces)
            for part in _parts(known_ids(ids))
            for found in self._ask(lambda client, part=part: client.retrieve(self._name, part, bring, names))
        ]

    def scroll(
        self, where: Where = (), *, spaces: Sequence[str] = (), keys: Sequence[str] | None = None, after: str = ""
    ) -> Iterator[Point]:
        """Yield every point that satisfies the conditions, in the order of their ids."""
        chosen, names, bring = chosen_points(where), self._vector_names(spaces), self._brought(keys)

        def pages() -> Iterator[Point]:
            start: Any = after or None
            while True:
                page, start = self._ask(
                    lambda client, start=start: client.scroll(
                        self._name,
                        chosen,
                        limit=PAGE,
                        offset=start,
                        with_payload=bring,
                        with_vectors=names,
                    )
                )
                points = (self._point(found, spaces) for found in page)
                yield from (point for point in points if point.id != after)  # the engine begins with it
                if start is None:
                    return

        return pages()

    def count(self, where: Where = (), *, space: str | None = None) -> int:
        """Return how many points satisfy the conditions."""
        chosen = chosen_points(where, space=None if space is None else self._spaces.vector(space))
        return int(self._ask(lambda client: client.count(self._name, chosen, exact=True).count))

    def facets(self, key: str, where: Where = (), *, limit: int = 100) -> list[FacetCount]:
        """Return the values of a key, and in how many files each is; see `Index.facets`."""
        if not is_counted_by_index(key, where):
            return count_files(self.scroll(where, keys=keys_counted(key)), key, limit)
        found = self._ask(lambda client: client.facet(self._name, key, chosen_points(where), max(1, limit), exact=True))
        return most_frequent((FacetCount(hit.value, hit.count) for hit in found.hits), limit)

    def _payload_indexes(self) -> dict[str, Any]:
        terms = dict.fromkeys(self._spaces.terms_keys(), TERMS_INDEX)
        return {**{key: SCHEMAS[kind] for key, kind in INDEXED.items()}, **terms}

    def _index_payload(self, indexes: Mapping[str, Any]) -> None:
        for key, schema in indexes.items():
            self._write(lambda client, key=key, schema=schema: client.create_payload_index(self._name, key, schema))

    def _ask(self, question: Callable[..., Any]) -> Any:
        return self._connection.ask(question, self.location, READING)

    def _write(self, request: Callable[..., object]) -> None:
        self._connection.ask(request, self.location, WRITING)

    def _stored_vectors(self, point: Point) -> dict[str, Any]:
        return {
            self._spaces.vector(name): to_engine(self._spaces.space(name), vector, sparse_vector)
            for name, vector in point.vectors.items()
        }

    def _terms(self, point: Point, vectors: Mapping[str, Any]) -> dict[str, list[int]]:
        """Return what the payload of a point says of the terms in its vectors."""
        counted = [self._spaces.vector(name) for name in point.vectors if self._spaces.is_counted(name)]
        return {terms_key(vector): vectors[vector].indices for vector in counted}

    def _brought(self, keys: Sequence[str] | None) -> Any:
        """Return which payload keys to bring; terms would be most of a payload."""
        terms = self._spaces.terms_keys()
        return models.PayloadSelectorExclude(exclude=terms) if keys is None and terms else selection(keys)

    def _vector_names(self, spaces: Sequence[str]) -> list[str] | bool:
        return [self._spaces.vector(name) for name in spaces] or False

    def _present(self, ids: list[str]) -> list[str]:
        return [
            str(found.id)
            for part in _parts(ids)
            for found in self._ask(lambda client, part=part: client.retrieve(self._name, part, False, False))
        ]

    def _point(self, found: Any, spaces: Sequence[str]) -> Point:
        stored = found.vector or {}
        names = {name: self._spaces.vector(name) for name in spaces}
        vectors = {
            name: from_engine(self._spaces.space(name), stored[vector])
            for name, vector in names.items()
            if vector in stored
        }
        return Point(str(found.id), vectors, shown(found.payload))


def _parts(ids: list[str]) -> Iterator[list[Any]]:
    for start in range(0, len(ids), IDS):
        yield [*ids[start : start + IDS]]

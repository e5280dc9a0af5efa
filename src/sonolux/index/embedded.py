"""An index in a folder, over Qdrant Edge: no server, one process at a time, any number of its threads.

How long what is written lasts, and who waits for whom, see `sonolux.index.open_shard`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import qdrant_edge as qe

from sonolux.errors import LibraryError
from sonolux.index.base import FacetCount, Index, Point, ScoredPoint, Vector, Where
from sonolux.index.facets import count_files, is_counted_by_index, keys_counted, most_frequent
from sonolux.index.filters import build_filter, selection
from sonolux.index.folder import LibraryFolder
from sonolux.index.ids import checked_id, known_ids
from sonolux.index.layout import DEFAULT_LAYOUT, ClusterLayout, refuse_layout
from sonolux.index.open_shard import OpenShard
from sonolux.index.payload import UNSTORABLE, checked_payload
from sonolux.index.qdrant_edge import EdgeWords, engine, scored_points, search_params, space_creation
from sonolux.index.vectors import (
    check_space,
    engine_name,
    from_engine,
    similarity_factor,
    to_engine,
)
from sonolux.types import Space

PAGE = 500
"""Points that `EmbeddedIndex.scroll` reads at once."""

WORDS = EdgeWords()
Op = qe.UpdateOperation


class EmbeddedIndex(Index):
    """Points in a folder; see `sonolux.index.folder` for its files.

    Parameters
    ----------
    location : str
        The folder. Nothing is opened before the first call that needs it.
    """

    def __init__(self, location: str) -> None:
        self.location = location
        self._folder = LibraryFolder(location)
        self._held = OpenShard(self._folder)
        self._opened = self._held.reading
        self._unplaced = False
        """Whether spaces have come since the shard was opened, and no point yet."""

    @property
    def longest_wait(self) -> float:
        """Seconds for which sealing has kept every thread of the process at most."""
        return self._held.longest_wait

    def exists(self) -> bool:
        """Tell whether there is a library in the folder."""
        return self._folder.shard.is_dir()

    def create(
        self,
        layout: ClusterLayout = DEFAULT_LAYOUT,
        *,
        spaces: Sequence[Space] = (),
        meta: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        """Make an index without points; the folder must be absent or empty."""
        refuse_layout(layout, self.location)
        self._folder.create()
        for space in spaces:
            self.add_space(space)
        if meta:
            self.update_meta(lambda _: dict(meta))

    def shard(self) -> qe.EdgeShard:
        """Return the engine's shard itself, for what this contract does not cover, until it is opened afresh."""
        return self._held.open()

    def close(self) -> None:
        """Write everything to the disk and let go of the folder, once nobody reads or writes any longer."""
        self._held.close()

    def check_writable(self) -> None:
        """Raise `LibraryError` where the folder is read-only, or its disk nearly full."""
        with self._held.writer:
            self._held.open()
            self._folder.refuse_writing()

    def optimize(self, progress: Callable[[str], None] | None = None) -> None:
        """Merge all into one graph, clear away what was deleted, and write everything to the disk."""
        self._held.optimize(progress or _nobody)

    def tend(self) -> bool:
        """Seal what is full, where nobody has asked for a while and the disk has room."""
        return self._held.tend()

    def read_meta(self) -> dict[str, Any]:
        """Return the library's own part of the manifest."""
        with self._opened:
            return deepcopy(dict(self._held.manifest.meta))

    def update_meta(self, change: Callable[[dict[str, Any]], Mapping[str, Any]]) -> dict[str, Any]:
        """Change the library's own part of the manifest."""
        with self._held.writer:
            self._held.open()
            stored = self._folder.read_manifest()
            meta = dict(change(dict(stored.meta)))
            self._held.manifest = self._folder.write_manifest(replace(stored, meta=meta))
            return deepcopy(meta)

    def spaces(self) -> dict[str, Space]:
        """Return the spaces there are, by name."""
        with self._opened:
            return dict(self._held.manifest.spaces)

    def add_space(self, space: Space) -> None:
        """Add a named vector, leaving all others and every point as they are."""
        check_space(space)
        with self._held.writer:
            self._held.open()
            spaces = self._held.manifest.spaces
            if spaces.get(space.name) == space:
                return
            if space.name in spaces:
                raise LibraryError(f"{self.location} has another such space: {spaces[space.name]}")
            with self._held.access.writing:
                # One that was being added or dropped when its process was killed is in no manifest.
                self._held.write(Op.delete_vector_name(engine_name(space.name)))
                self._held.write(space_creation(space))
                self._held.change_manifest(spaces={**spaces, space.name: space})
            self._unplaced = not self._held.open().info().points_count

    def drop_space(self, name: str) -> None:
        """Remove a named vector from the index and from every point."""
        with self._held.writer:
            self._held.open()
            spaces = self._held.manifest.spaces
            if name not in spaces:
                return
            left = {key: space for key, space in spaces.items() if key != name}
            with self._held.access.writing:
                self._held.change_manifest(spaces=left)
                self._held.write(Op.delete_vector_name(engine_name(name)))

    def upsert(self, points: Sequence[Point]) -> None:
        """Write points whole, all or none."""
        with self._held.writer:
            self._held.open()
            if self._unplaced:
                self._unplaced = False
                self._held.reopen()
            rows = [(checked_id(p.id), self._stored_vectors(p), checked_payload(p.payload)) for p in points]
            with engine(self.location, f"cannot store this: {UNSTORABLE}"):
                stored = [qe.Point(id_, vectors, payload) for id_, vectors, payload in rows]
            self._before_rewriting(WORDS.has_id([id_ for id_, _, _ in rows]))
            self._held.write(Op.upsert_points(stored))
            self._held.settle(len(stored))

    def update_vectors(self, points: Sequence[Point]) -> None:
        """Write only the descriptors given, of points that exist."""
        with self._held.writer:
            self._held.open()
            rows = {checked_id(p.id): self._stored_vectors(p) for p in points}
            present = self._present(list(rows))
            changes = [qe.PointVectors(id_, rows[id_]) for id_ in present if rows[id_]]
            if changes:
                self._before_rewriting(WORDS.has_id(present))
                self._held.write(Op.update_vectors(changes))
                self._held.settle(len(changes))

    def set_payload(self, ids: Sequence[str], payload: Mapping[str, Any]) -> None:
        """Overwrite some top-level keys of the payload of points that exist."""
        with self._held.writer:
            present = self._present(known_ids(ids))
            if not present:
                return
            with engine(self.location, f"cannot store this: {UNSTORABLE}"):
                change = Op.set_payload([*present], checked_payload(payload))
            self._held.write(change)

    def delete(self, ids: Sequence[str]) -> None:
        """Remove points."""
        gone = known_ids(ids)
        with self._held.writer:
            self._before_rewriting(WORDS.has_id(gone))
            self._held.write(Op.delete_points([*gone]))

    def delete_where(self, where: Where) -> None:
        """Remove every point that satisfies the conditions."""
        chosen = build_filter(WORDS, where)
        if chosen is None:
            raise ValueError("delete_where needs at least one condition")
        with self._held.writer:
            self._before_rewriting(chosen)
            self._held.write(Op.delete_points_by_filter(chosen))

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
        self._held.note_question()
        with self._opened as shard:
            stored = self._space(space)
            query = to_engine(stored, vector, qe.SparseVector)
            chosen = build_filter(WORDS, where, without=known_ids(without)) if where or without else None
            if k < 1:
                return []
            recount = stored.kind == "sparse" and self._held.manifest.rewritten
            # The engine's general `query` does the same in a sixth more time.
            request = qe.SearchRequest(
                qe.Query.Nearest(query, using=engine_name(space)),
                limit=k,
                offset=offset,
                filter=chosen,
                with_payload=selection(keys),
                params=search_params(k + offset, chosen is not None, exact, recount),
            )
            with engine(self.location, "cannot be searched"):
                hits = shard.search(request)
        return scored_points(hits, similarity_factor(stored))

    def sample(self, space: str, n: int) -> list[Point]:
        """Return points drawn at random from those in a space."""
        with self._opened as shard:
            name = engine_name(self._space(space).name)
            request = qe.QueryRequest(
                limit=n,
                query=qe.Sample.Random,
                filter=build_filter(WORDS, (), space=name),
                with_payload=["file"],
                with_vector=[name],
            )
            with engine(self.location, "cannot be sampled"):
                drawn = shard.query(request)
            return [self._point(stored, [space]) for stored in drawn]

    def fetch(
        self, ids: Sequence[str], *, spaces: Sequence[str] = (), keys: Sequence[str] | None = None
    ) -> list[Point]:
        """Return the points that exist among ``ids``."""
        with self._opened as shard:
            names = self._vector_names(spaces)
            with engine(self.location, "cannot be read"):
                found = shard.retrieve([*known_ids(ids)], selection(keys), names)
            return [self._point(stored, spaces) for stored in found]

    def scroll(
        self, where: Where = (), *, spaces: Sequence[str] = (), keys: Sequence[str] | None = None, after: str = ""
    ) -> Iterator[Point]:
        """Yield every point that satisfies the conditions, in the order of their ids.

        Nothing is held between pages: whoever takes them may write meanwhile, and close the index.
        """
        chosen, bring = build_filter(WORDS, where), selection(keys)
        with self._opened:
            self._vector_names(spaces)

        def pages() -> Iterator[Point]:
            start: Any = after or None
            while True:
                with self._opened as shard:
                    request = qe.ScrollRequest(start, PAGE, chosen, bring, self._vector_names(spaces))
                    with engine(self.location, "cannot be read"):
                        found, start = shard.scroll(request)
                    page = [self._point(stored, spaces) for stored in found]
                yield from (point for point in page if point.id != after)  # the engine begins with it
                if start is None:
                    return

        return pages()

    def count(self, where: Where = (), *, space: str | None = None) -> int:
        """Return how many points satisfy the conditions."""
        with self._opened as shard:
            name = None if space is None else engine_name(self._space(space).name)
            chosen = build_filter(WORDS, where, space=name)
            with engine(self.location, "cannot be read"):
                return shard.count(qe.CountRequest(exact=True, filter=chosen))

    def facets(self, key: str, where: Where = (), *, limit: int = 100) -> list[FacetCount]:
        """Return the values of a key, and in how many files each is; see `Index.facets`."""
        if is_counted_by_index(key, where):
            with self._opened as shard, engine(self.location, "cannot be read"):
                # A library made before the key had an index is read.
                if key in shard.info().payload_schema:
                    # What the engine calls inexact is exact but for points that another thread moves meanwhile, and
                    # takes a tenth of the time.
                    request = qe.FacetRequest(key, max(1, limit), False, build_filter(WORDS, where))
                    found = [FacetCount(hit.value, hit.count) for hit in shard.facet(request).hits]
                    return most_frequent(found, limit)
        return count_files(self.scroll(where, keys=keys_counted(key)), key, limit)

    def _before_rewriting(self, chosen: Any) -> None:
        """Write down that some of the points that there are will be removed or written again."""
        shard = self._held.open()
        if self._held.manifest.rewritten:
            return
        with engine(self.location, "cannot be read"):
            some = shard.count(qe.CountRequest(exact=True, filter=WORDS.compound([chosen], [], [])))
        if some:
            self._held.change_manifest(rewritten=True)

    def _space(self, name: str) -> Space:
        try:
            return self._held.manifest.spaces[name]
        except KeyError:
            there = ", ".join(sorted(self._held.manifest.spaces)) or "none"
            raise LibraryError(f"{self.location} has no space {name!r}: there are {there}") from None

    def _stored_vectors(self, point: Point) -> dict[str, Any]:
        return {
            engine_name(name): to_engine(self._space(name), vector, qe.SparseVector)
            for name, vector in point.vectors.items()
        }

    def _vector_names(self, spaces: Sequence[str]) -> list[str] | bool:
        return [engine_name(self._space(name).name) for name in spaces] or False

    def _present(self, ids: list[str]) -> list[str]:
        shard = self._held.open()
        with engine(self.location, "cannot be read"):
            return [str(found.id) for found in shard.retrieve([*ids], False, False)]

    def _point(self, found: Any, spaces: Sequence[str]) -> Point:
        stored = found.vector or {}
        vectors = {
            name: from_engine(self._space(name), stored[engine_name(name)])
            for name in spaces
            if engine_name(name) in stored
        }
        return Point(str(found.id), vectors, found.payload or {})


def _nobody(phase: str) -> None:
    """Tell nobody how far it is."""

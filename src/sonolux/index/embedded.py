"""An index in a folder, over Qdrant Edge: no server, one process at a time, any number of its threads.

Readers run side by side, and beside one writer: the engine answers rightly while points are written, flushed or merged
into a graph. What replaces the open shard, or changes which spaces it has, waits until no reader uses it.

A write is in the engine's write-ahead log, a memory-mapped file, before its call returns: it outlives the
process. Files are forced to the disk by `EmbeddedIndex.close` and `EmbeddedIndex.optimize`, and whenever
enough points have come; a power cut loses what the operating system had not written by then.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from time import monotonic
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
from sonolux.index.lock import ReadWriteLock
from sonolux.index.manifest import IndexManifest
from sonolux.index.payload import UNSTORABLE, checked_payload
from sonolux.index.qdrant_edge import EdgeWords, engine, scored_points, search_params, space_creation
from sonolux.index.segments import QUIET, SEGMENTS, is_due, is_full
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

UNFLUSHED = 2_000
"""Points that may come before files are forced to the disk: until then the engine holds in memory where each is."""

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
        # Taken by each writer, before the other lock: under it neither the shard nor its spaces change.
        self._writer = threading.RLock()
        # Read while the shard is used; written while it is opened or closed, or a space comes or goes.
        self._access = ReadWriteLock()
        self._opened = _Opened(self)
        self._shard: qe.EdgeShard | None = None
        self._manifest = IndexManifest()
        self._unflushed = 0
        self._unsealed = 0
        self._unplaced = False
        self._asked = -math.inf
        """When somebody last searched."""

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
        return self._open()

    def close(self) -> None:
        """Write everything to the disk and let go of the folder, once nobody reads or writes any longer."""
        with self._writer, self._access.writing:
            shard, self._shard = self._shard, None
            try:
                if shard is not None:
                    self._folder.release(shard)
            finally:
                self._folder.let_go()

    def check_writable(self) -> None:
        """Raise `LibraryError` where the folder is read-only, or its disk nearly full."""
        with self._writer:
            self._open()
            self._folder.refuse_writing()

    def optimize(self, progress: Callable[[str], None] | None = None) -> None:
        """Merge all into one graph, clear away what was deleted, and write everything to the disk."""
        report = progress or _nobody
        with self._writer:
            self._open()
            self._folder.refuse_writing(spare=self._folder.size())
            report("opening")
            self._reopen(segments=1)
            try:
                report("merging")
                self._seal()
                report("closing")
            finally:
                self._reopen()

    def tend(self) -> bool:
        """Seal what is full, where nobody has asked for a while and the disk has room."""
        with self._writer:
            quiet = monotonic() - self._asked
            if self._shard is None or quiet < QUIET or not is_full(self._unsealed, self._shard.info().points_count):
                return False
            if self._folder.read_only or not self._folder.has_room_for_a_copy():
                return False
            self._seal()
            return True

    def read_meta(self) -> dict[str, Any]:
        """Return the library's own part of the manifest."""
        with self._opened:
            return deepcopy(dict(self._manifest.meta))

    def update_meta(self, change: Callable[[dict[str, Any]], Mapping[str, Any]]) -> dict[str, Any]:
        """Change the library's own part of the manifest."""
        with self._writer:
            self._open()
            stored = self._folder.read_manifest()
            meta = dict(change(dict(stored.meta)))
            self._manifest = self._folder.write_manifest(replace(stored, meta=meta))
            return deepcopy(meta)

    def spaces(self) -> dict[str, Space]:
        """Return the spaces there are, by name."""
        with self._opened:
            return dict(self._manifest.spaces)

    def add_space(self, space: Space) -> None:
        """Add a named vector, leaving all others and every point as they are."""
        check_space(space)
        with self._writer:
            self._open()
            spaces = self._manifest.spaces
            if spaces.get(space.name) == space:
                return
            if space.name in spaces:
                raise LibraryError(f"{self.location} has another such space: {spaces[space.name]}")
            with self._access.writing:
                # One that was being added or dropped when its process was killed is in no manifest.
                self._write(Op.delete_vector_name(engine_name(space.name)))
                self._write(space_creation(space))
                self._manifest = self._folder.write_manifest(
                    replace(self._manifest, spaces={**spaces, space.name: space})
                )
            self._unplaced = not self._open().info().points_count

    def drop_space(self, name: str) -> None:
        """Remove a named vector from the index and from every point."""
        with self._writer:
            self._open()
            spaces = self._manifest.spaces
            if name not in spaces:
                return
            left = {key: space for key, space in spaces.items() if key != name}
            with self._access.writing:
                self._manifest = self._folder.write_manifest(replace(self._manifest, spaces=left))
                self._write(Op.delete_vector_name(engine_name(name)))

    def upsert(self, points: Sequence[Point]) -> None:
        """Write points whole, all or none."""
        with self._writer:
            self._open()
            if self._unplaced:
                self._reopen()
            rows = [(checked_id(p.id), self._stored_vectors(p), checked_payload(p.payload)) for p in points]
            with engine(self.location, f"cannot store this: {UNSTORABLE}"):
                stored = [qe.Point(id_, vectors, payload) for id_, vectors, payload in rows]
            self._before_rewriting(WORDS.has_id([id_ for id_, _, _ in rows]))
            self._write(Op.upsert_points(stored))
            self._settle(len(stored))

    def update_vectors(self, points: Sequence[Point]) -> None:
        """Write only the descriptors given, of points that exist."""
        with self._writer:
            self._open()
            rows = {checked_id(p.id): self._stored_vectors(p) for p in points}
            present = self._present(list(rows))
            changes = [qe.PointVectors(id_, rows[id_]) for id_ in present if rows[id_]]
            if changes:
                self._before_rewriting(WORDS.has_id(present))
                self._write(Op.update_vectors(changes))
                self._settle(len(changes))

    def set_payload(self, ids: Sequence[str], payload: Mapping[str, Any]) -> None:
        """Overwrite some top-level keys of the payload of points that exist."""
        with self._writer:
            present = self._present(known_ids(ids))
            if not present:
                return
            with engine(self.location, f"cannot store this: {UNSTORABLE}"):
                change = Op.set_payload([*present], checked_payload(payload))
            self._write(change)

    def delete(self, ids: Sequence[str]) -> None:
        """Remove points."""
        gone = known_ids(ids)
        with self._writer:
            self._before_rewriting(WORDS.has_id(gone))
            self._write(Op.delete_points([*gone]))

    def delete_where(self, where: Where) -> None:
        """Remove every point that satisfies the conditions."""
        chosen = build_filter(WORDS, where)
        if chosen is None:
            raise ValueError("delete_where needs at least one condition")
        with self._writer:
            self._before_rewriting(chosen)
            self._write(Op.delete_points_by_filter(chosen))

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
        self._asked = monotonic()
        with self._opened as shard:
            stored = self._space(space)
            query = to_engine(stored, vector, qe.SparseVector)
            chosen = build_filter(WORDS, where, without=known_ids(without)) if where or without else None
            if k < 1:
                return []
            recount = stored.kind == "sparse" and self._manifest.rewritten
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

    def _open(self, segments: int = SEGMENTS) -> qe.EdgeShard:
        """Return the shard, opened if need be; it stays the open one for whoever is the writer."""
        with self._writer:
            if self._shard is not None:
                return self._shard
            with self._access.writing:
                self._shard, self._manifest = shard, manifest = self._folder.load(segments)
                self._unflushed, self._unsealed = 0, shard.info().points_count - manifest.sealed
                return shard

    def _write(self, operation: qe.UpdateOperation) -> None:
        with self._writer:
            shard = self._open()
            self._folder.refuse_writing()
            try:
                with engine(self.location, "cannot be written"):
                    shard.update(operation)
            except LibraryError:
                # A shard refuses all writes after one that failed; opened afresh, it repeats its log.
                self.close()
                raise

    def _before_rewriting(self, chosen: Any) -> None:
        """Write down that some of the points that there are will be removed or written again."""
        shard = self._open()
        if self._manifest.rewritten:
            return
        with engine(self.location, "cannot be read"):
            some = shard.count(qe.CountRequest(exact=True, filter=WORDS.compound([chosen], [], [])))
        if some:
            self._manifest = self._folder.write_manifest(replace(self._manifest, rewritten=True))

    def _settle(self, points: int) -> None:
        """Seal what was written when it is enough and the disk has room, or force it to the disk now and then."""
        shard = self._open()
        self._unsealed += points
        self._unflushed += points
        full = is_due(self._unsealed, shard.info().points_count, monotonic() - self._asked)
        if full:
            # Where there is no room, the next look at the disk comes after as many points.
            self._unsealed = 0
        if full and self._folder.has_room_for_a_copy():
            self._seal()
        elif self._unflushed >= UNFLUSHED:
            self._unflushed = 0
            with self._timed(), engine(self.location, "cannot be written"):
                shard.flush()

    def _seal(self) -> None:
        self._unsealed = self._unflushed = 0
        shard = self._open()
        with self._timed(), engine(self.location, "cannot be optimized"):
            shard.optimize()
            shard.flush()
        self._manifest = self._folder.write_manifest(replace(self._manifest, sealed=shard.info().points_count))

    @contextmanager
    def _timed(self) -> Iterator[None]:
        """Note how long the engine keeps Python's lock within."""
        began = monotonic()
        try:
            yield
        finally:
            self.longest_wait = max(self.longest_wait, monotonic() - began)

    def _reopen(self, segments: int = SEGMENTS) -> None:
        """Open afresh: from its file alone the engine takes how many segments to keep, and vectors on the disk."""
        self._unplaced = False
        with self._access.writing:
            shard, self._shard = self._shard, None
            try:
                if shard is not None:
                    self._folder.release(shard)
                self._open(segments)
            except BaseException:
                self._folder.let_go()
                raise

    def _space(self, name: str) -> Space:
        try:
            return self._manifest.spaces[name]
        except KeyError:
            there = ", ".join(sorted(self._manifest.spaces)) or "none"
            raise LibraryError(f"{self.location} has no space {name!r}: there are {there}") from None

    def _stored_vectors(self, point: Point) -> dict[str, Any]:
        return {
            engine_name(name): to_engine(self._space(name), vector, qe.SparseVector)
            for name, vector in point.vectors.items()
        }

    def _vector_names(self, spaces: Sequence[str]) -> list[str] | bool:
        return [engine_name(self._space(name).name) for name in spaces] or False

    def _present(self, ids: list[str]) -> list[str]:
        shard = self._open()
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


@dataclass(slots=True, eq=False)
class _Opened:
    """The open shard while it is read, as a context manager; no generator, which would cost every search more."""

    index: EmbeddedIndex

    def __enter__(self) -> qe.EdgeShard:
        index = self.index
        while True:
            index._access.reading.__enter__()
            shard = index._shard
            if shard is not None:
                return shard
            index._access.reading.__exit__()
            index._open()

    def __exit__(self, *exc: object) -> None:
        self.index._access.reading.__exit__()


def _nobody(phase: str) -> None:
    """Tell nobody how far it is."""

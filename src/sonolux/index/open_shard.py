"""The open shard of a library folder: opened when it is needed, written in turn, sealed, and closed.

Readers run side by side, and beside one writer: the engine answers rightly while points are written, flushed or merged
into a graph. What replaces the open shard, or changes which spaces it has, waits until no reader uses it.

A write is in the engine's write-ahead log, a memory-mapped file, before its call returns: it outlives the
process. Files are forced to the disk by `OpenShard.close` and `OpenShard.optimize`, and whenever enough points have
come; a power cut loses what the operating system had not written by then.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

import qdrant_edge as qe

from sonolux.errors import LibraryError
from sonolux.index.folder import LibraryFolder
from sonolux.index.lock import ReadWriteLock
from sonolux.index.manifest import IndexManifest
from sonolux.index.qdrant_edge import engine
from sonolux.index.segments import QUIET, SEGMENTS, is_due, is_full

UNFLUSHED = 2_000
"""Points that may come before files are forced to the disk: until then the engine holds in memory where each is."""


class OpenShard:
    """The shard of a folder and its manifest, for threads to share.

    Parameters
    ----------
    folder : LibraryFolder

    Attributes
    ----------
    writer : RLock
        Taken by each writer, before the other lock: under it neither the shard nor its spaces change.
    access : ReadWriteLock
        Read while the shard is used; written while it is opened or closed, or a space comes or goes.
    reading : context manager
        The shard, opened if need be, which stays the open one inside.
    manifest : IndexManifest
        As it is on the disk, once the shard has been opened.
    longest_wait : float
        Seconds for which the engine has kept Python's lock at most.
    """

    def __init__(self, folder: LibraryFolder) -> None:
        self.folder = folder
        self.writer = threading.RLock()
        self.access = ReadWriteLock()
        self.reading = _Reading(self)
        self.manifest = IndexManifest()
        self._asked = -math.inf
        self.longest_wait = 0.0
        self._shard: qe.EdgeShard | None = None
        self._unflushed = 0
        self._unsealed = 0

    def open(self, segments: int = SEGMENTS) -> qe.EdgeShard:
        """Return the shard, opened if need be; it stays the open one for whoever is the writer."""
        with self.writer:
            if self._shard is not None:
                return self._shard
            with self.access.writing:
                self._shard, self.manifest = shard, manifest = self.folder.load(segments)
                self._unflushed, self._unsealed = 0, shard.info().points_count - manifest.sealed
                return shard

    def close(self) -> None:
        """Write everything to the disk and let go of the folder, once nobody reads or writes any longer."""
        with self.writer, self.access.writing:
            shard, self._shard = self._shard, None
            try:
                if shard is not None:
                    self.folder.release(shard)
            finally:
                self.folder.let_go()

    def reopen(self, segments: int = SEGMENTS) -> None:
        """Open afresh: from its file alone the engine takes how many segments to keep, and vectors on the disk."""
        with self.access.writing:
            shard, self._shard = self._shard, None
            try:
                if shard is not None:
                    self.folder.release(shard)
                self.open(segments)
            except BaseException:
                self.folder.let_go()
                raise

    def write(self, operation: qe.UpdateOperation) -> None:
        """Do an operation that the engine takes."""
        with self.writer:
            shard = self.open()
            self.folder.refuse_writing()
            try:
                with engine(self.folder.location, "cannot be written"):
                    shard.update(operation)
            except LibraryError:
                # A shard refuses all writes after one that failed; opened afresh, it repeats its log.
                self.close()
                raise

    def change_manifest(self, **changes: Any) -> None:
        """Write down what has changed of the manifest."""
        self.manifest = self.folder.write_manifest(replace(self.manifest, **changes))

    def note_question(self) -> None:
        """Put sealing off: somebody searches."""
        self._asked = monotonic()

    def settle(self, points: int) -> None:
        """Seal what was written when it is enough and the disk has room, or force it to the disk now and then."""
        shard = self.open()
        self._unsealed += points
        self._unflushed += points
        full = is_due(self._unsealed, shard.info().points_count, monotonic() - self._asked)
        if full:
            # Where there is no room, the next look at the disk comes after as many points.
            self._unsealed = 0
        if full and self.folder.has_room_for_a_copy():
            self._seal()
        elif self._unflushed >= UNFLUSHED:
            self._unflushed = 0
            with self._timed(), engine(self.folder.location, "cannot be written"):
                shard.flush()

    def tend(self) -> bool:
        """Seal what is full, where nobody has asked for a while and the disk has room."""
        with self.writer:
            quiet = monotonic() - self._asked
            if self._shard is None or quiet < QUIET or not is_full(self._unsealed, self._shard.info().points_count):
                return False
            if self.folder.read_only or not self.folder.has_room_for_a_copy():
                return False
            self._seal()
            return True

    def optimize(self, report: Callable[[str], None]) -> None:
        """Merge all into one graph, clear away what was deleted, and write everything to the disk."""
        with self.writer:
            self.open()
            self.folder.refuse_writing(spare=self.folder.size())
            report("opening")
            self.reopen(segments=1)
            try:
                report("merging")
                self._seal()
                report("closing")
            finally:
                self.reopen()

    def _seal(self) -> None:
        self._unsealed = self._unflushed = 0
        shard = self.open()
        with self._timed(), engine(self.folder.location, "cannot be optimized"):
            shard.optimize()
            shard.flush()
        self.change_manifest(sealed=shard.info().points_count)

    @contextmanager
    def _timed(self) -> Iterator[None]:
        """Note how long the engine keeps Python's lock within."""
        began = monotonic()
        try:
            yield
        finally:
            self.longest_wait = max(self.longest_wait, monotonic() - began)


@dataclass(slots=True, eq=False)
class _Reading:
    """The open shard while it is read, as a context manager; no generator, which would cost every search more."""

    held: OpenShard

    def __enter__(self) -> qe.EdgeShard:
        held = self.held
        while True:
            held.access.reading.__enter__()
            shard = held._shard
            if shard is not None:
                return shard
            held.access.reading.__exit__()
            held.open()

    def __exit__(self, *exc: object) -> None:
        self.held.access.reading.__exit__()

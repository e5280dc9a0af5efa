"""Encoded files into the index, a batch at a time, so that a crash leaves each of them in or out.

A new file is one upsert with its spans. A changed file keeps its id: its new spans are written first, then the spans
of the old content go, then the file's own point says that it is done; a crash before that last step leaves the file
"changed", and the next run does all of it again with the same ids.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from sonolux.index import Condition, Index, Point
from sonolux.library.ingest.changes import Task
from sonolux.library.ingest.draft import Draft

FILES = 64
"""Files that make a batch."""

POINTS = 2000
"""Points that make a batch, however few files they belong to."""


class Writer:
    """Writes drafts in batches.

    Parameters
    ----------
    index : Index
    spaces : collection of str
        For which every file is encoded once it is written.
    before_write : callable
        Called with the number of points before each batch, and whether any of them is a span.
    """

    def __init__(self, index: Index, spaces: Collection[str], before_write: Callable[[int, bool], None]) -> None:
        self.index = index
        self.encoded = frozenset(spaces)
        self.before_write = before_write
        self._batch: list[tuple[Draft, list[Point]]] = []
        self._points = 0

    def put(self, draft: Draft) -> list[Task]:
        """Take an encoded file; write the batch once it is full. Returns the tasks that are now durable."""
        spans = list(draft.span_points())
        self._batch.append((draft, spans))
        self._points += len(spans) + 1
        return self.flush() if len(self._batch) >= FILES or self._points >= POINTS else []

    def flush(self) -> list[Task]:
        """Write whatever waits; returns the tasks that are now durable."""
        batch, points = self._batch, self._points
        self._batch, self._points = [], 0
        if not batch:
            return []
        self.before_write(points, any(spans for _, spans in batch))
        new = [entry for entry in batch if entry[0].task.state == "new"]
        points_new = [point for draft, spans in new for point in (*spans, draft.file_point(self.encoded))]
        if points_new:
            self.index.upsert(points_new)
        for draft, spans in batch:
            if draft.task.state == "changed":
                self._write_changed(draft, spans)
            elif draft.task.state == "incomplete":
                self._write_incomplete(draft, spans)
        return [draft.task for draft, _ in batch]

    def _write_changed(self, draft: Draft, spans: list[Point]) -> None:
        self._upsert(spans)
        kept = {span.id for span in spans}
        self.index.delete(list(self._span_ids(draft) - kept))
        self.index.upsert([draft.file_point(self.encoded)])

    def _write_incomplete(self, draft: Draft, spans: list[Point]) -> None:
        """Add descriptors in new spaces to a file's points; write it anew where it now falls into other spans."""
        there = self._span_places(draft)
        if there != {span.id: (span.payload["start"], span.payload["end"]) for span in spans}:
            self.index.delete(list(there))
            self._upsert(spans)
            self.index.upsert([draft.file_point(draft.task.spaces)])
            return
        own = draft.file_point(self.encoded)
        parts = (*spans, *draft.region_points(), own)
        self.index.update_vectors([point for point in parts if point.vectors])
        self.index.set_payload([own.id], {"encoded": sorted(self.encoded)})

    def _upsert(self, points: list[Point]) -> None:
        if points:
            self.index.upsert(points)

    def _span_ids(self, draft: Draft) -> set[str]:
        where = [Condition("file", "=", draft.task.id), Condition("kind", "!=", "file")]
        return {point.id for point in self.index.scroll(where, keys=())}

    def _span_places(self, draft: Draft) -> dict[str, tuple[float, float]]:
        where = [Condition("file", "=", draft.task.id), Condition("kind", "!=", ("file", "region"))]
        spans = self.index.scroll(where, keys=("start", "end"))
        return {span.id: (span.payload["start"], span.payload["end"]) for span in spans}


def forget_space(index: Index, name: str) -> None:
    """Note that no file is encoded any longer for a space that was dropped."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for point in index.scroll([Condition("kind", "=", "file")], keys=("encoded",)):
        alike.setdefault(tuple(point.payload["encoded"]), []).append(point.id)
    for encoded, ids in alike.items():
        if name in encoded:
            index.set_payload(ids, {"encoded": [space for space in encoded if space != name]})

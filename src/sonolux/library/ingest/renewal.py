"""Words encoded again: what an earlier keyword encoder wrote of items, as the one of today writes it.

Everything that words are made of is stored with the items, so that no file is read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sonolux.encoders import Encoder
from sonolux.encoders.base import split_rows
from sonolux.index import Index, Point
from sonolux.library.annotation_payload import annotations_of, words_of_labels
from sonolux.library.ingest.changes import Task
from sonolux.library.ingest.moved import draft_of
from sonolux.media.paths import from_stored

POINTS = 500
"""Points that are written together."""


def renew_words(index: Index, keyword: Sequence[Encoder], before_write: Callable[[int, bool], None]) -> None:
    """Encode the words of all items again.

    Parameters
    ----------
    index : Index
    keyword : sequence of Encoder
        Text encoders that write the words of files.
    before_write : callable
        Called with the number of points before each batch, and whether any of them is a span.
    """
    ids = [point.id for point in index.scroll((), keys=())]
    for start in range(0, len(ids), POINTS):
        points = index.fetch(ids[start : start + POINTS])
        words = [_words(point) for point in points]
        before_write(len(points), False)
        for encoder in keyword:
            rows = zip(points, split_rows(encoder.encode(words)), strict=True)
            index.update_vectors([Point(point.id, {encoder.space: row}) for point, row in rows if row is not None])


def _words(point: Point) -> str:
    """Return what finds an item: of a file its name, metadata and labels, of a passage its text, else its labels."""
    stored = point.payload
    said = tuple(annotations_of(stored))
    if stored["kind"] == "file":
        path = from_stored(stored["path"])
        task = Task(path, "unchanged", point.id, stored["size"], stored["mtime"], stored["hash"], annotations=said)
        return draft_of(task, point).words()
    return str(stored.get("text", "")) if stored["kind"] == "passage" else words_of_labels(said)

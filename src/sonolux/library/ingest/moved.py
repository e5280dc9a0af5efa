"""A file that moved keeps its item: only where it lies, and the words of its name, are written anew."""

from __future__ import annotations

from sonolux.encoders import Encoder
from sonolux.encoders.base import split_rows
from sonolux.index import Condition, Index, Point
from sonolux.library.ingest.changes import Task
from sonolux.library.ingest.draft import Draft
from sonolux.media.metadata import with_lists
from sonolux.media.paths import folders, to_stored
from sonolux.media.segment import Probe, Segment
from sonolux.types import Modality


def follow(index: Index, task: Task, keyword: list[Encoder]) -> None:
    """Write a moved file's new path.

    Parameters
    ----------
    index : Index
    task : Task
        Of state "moved".
    keyword : list of Encoder
        Text encoders that write the words of a file's name.
    """
    points = list(index.scroll([Condition("file", "=", task.id)]))
    ids = [point.id for point in points]
    index.set_payload(ids, {"path": to_stored(task.path), "folders": folders(task.path)})
    touch(index, task)
    own = next(point for point in points if point.id == task.id)
    words = draft_of(task, own).words()
    vectors = {encoder.space: split_rows(encoder.encode_one(words))[0] for encoder in keyword}
    known = {space: row for space, row in vectors.items() if row is not None}
    if known:
        index.update_vectors([Point(task.id, known)])


def touch(index: Index, task: Task) -> None:
    """Write the size, time and volume of a file whose content is as before."""
    index.set_payload([task.id], {"size": task.size, "mtime": task.mtime, "volume": task.volume})


def draft_of(task: Task, stored: Point) -> Draft:
    """Return a draft of a file that is in the library, with all that its words are made of."""
    payload = stored.payload
    filed = {key: payload[key] for key in ("title", "date") if key in payload}
    probe = Probe(
        Modality(payload["modality"]),
        payload["meta"]["format"],
        with_lists(payload["meta"]) | filed,
        payload.get("words", ""),
    )
    draft = Draft(task, probe)
    if payload.get("text"):
        draft.add(Segment("passage", payload["text"]))
    return draft

"""A file whose content is as it was keeps its item: where it lies, what it says, and its words are written anew."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sonolux.encoders import Encoder
from sonolux.encoders.base import split_rows
from sonolux.index import Condition, Index, Point
from sonolux.library.annotation_payload import annotations_of, text_read
from sonolux.library.ingest.changes import Task
from sonolux.library.ingest.draft import FILED, Draft
from sonolux.media.metadata import DESCRIPTIVE, with_lists
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
    _write_words(index, draft_of(task, own), keyword)


def redescribe(index: Index, task: Task, probe: Probe, keyword: list[Encoder]) -> None:
    """Write what a file and its sidecars say now; what decoding has shown of its content stays.

    Parameters
    ----------
    index : Index
    task : Task
        With the stamp of the sidecars that ``probe`` was made with.
    probe : Probe
    keyword : list of Encoder
        As for `follow`.
    """
    points = list(index.scroll([Condition("file", "=", task.id)]))
    own = next(point for point in points if point.id == task.id)
    draft = draft_of(task, own)
    assert draft.probe is not None
    decoded = {key: value for key, value in draft.probe.metadata.items() if key not in DESCRIPTIVE}
    said = {key: value for key, value in probe.metadata.items() if key in DESCRIPTIVE}
    draft.probe = replace(draft.probe, metadata=decoded | said, words=probe.words)
    blank: dict[str, Any] = dict.fromkeys((*FILED, "clock"))
    index.set_payload([point.id for point in points], blank | draft.filed())
    index.set_payload([task.id], {"words": probe.words or None, "sidecars": task.sidecars or None})
    _write_words(index, draft, keyword)


def _write_words(index: Index, draft: Draft, keyword: list[Encoder]) -> None:
    words = draft.words()
    vectors = {encoder.space: split_rows(encoder.encode_one(words))[0] for encoder in keyword}
    known = {space: row for space, row in vectors.items() if row is not None}
    if known:
        index.update_vectors([Point(draft.task.id, known)])


def touch(index: Index, task: Task) -> None:
    """Write the size, time and volume of a file whose content is as before."""
    told = {"size": task.size, "mtime": task.mtime, "volume": task.volume, "etag": task.etag or None}
    index.set_payload([task.id], told)


def draft_of(task: Task, stored: Point) -> Draft:
    """Return a draft of a file that is in the library, with all that its words are made of."""
    payload = stored.payload
    filed = {key: payload[key] for key in FILED if key in payload}
    probe = Probe(
        Modality(payload["modality"]),
        payload["meta"]["format"],
        with_lists(payload["meta"]) | filed,
        payload.get("words", ""),
    )
    draft = Draft(task, probe)
    # Lines that were read in an image are words of its annotations, if it still has them.
    if payload.get("text") and not text_read(annotations_of(payload)):
        draft.add(Segment("passage", payload["text"]))
    return draft

"""Annotation of the files of a library.

What is kept of what an annotator says is its own choice (`Annotator.keep`). The words find the file, and ``label=cat``
filters by them. Where the annotator's regions are to be items, each has a point of its own, with the descriptors of its
crop in the spaces of images, the words of its label, and the path and metadata of its file; it leaves with its file,
and when the file changes.

A file that an annotator has seen carries the annotator's mark, so that a run that was stopped goes on, and later runs
look only at what came or changed since. Of a file everything else is written before the mark.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from sonolux.annotators import Annotator
from sonolux.annotators.files import Annotated, annotate_files
from sonolux.encoders import Encoder
from sonolux.encoders.base import split_rows
from sonolux.errors import Cancelled, QueryError
from sonolux.index import Condition, Index, Point, Where
from sonolux.index.payload import SPAN_KEYS, region_as_stored, span_of
from sonolux.library.annotation_payload import (
    annotations_of,
    annotations_within,
    as_stored,
    mark_of,
    name_in,
    text_read,
    with_annotations,
    words_of_labels,
)
from sonolux.library.ingest.changes import Task
from sonolux.library.ingest.moved import draft_of
from sonolux.library.ingest.run import Progress
from sonolux.media.paths import from_stored
from sonolux.media.workers.base import FileDecoder
from sonolux.types import Annotation, Failure, Modality

FILES = 64
"""Files that are written together."""

OF_FILE = ("file", "path", "folders", "modality", "title", "date", "meta")
"""Keys that a region has from its file."""

HELD = {
    Modality.IMAGE: (Modality.IMAGE, Modality.VIDEO),
    Modality.AUDIO: (Modality.AUDIO, Modality.VIDEO),
    Modality.TEXT: (Modality.TEXT,),
}
"""Modalities of the files that hold what an annotator takes; scanned pages of documents are images as well."""


@dataclass(slots=True)
class Annotations:
    """What a run did: counts of files, those that failed, and how long it took in seconds."""

    annotated: int = 0
    unchanged: int = 0
    failed: list[Failure] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def done(self) -> int:
        """How many files are done with."""
        return self.annotated + self.unchanged + len(self.failed)


@dataclass(frozen=True, slots=True)
class Change:
    """What a file is to carry: its point as it is, all its annotations and marks as they are to be, new regions."""

    file: Point
    annotations: tuple[Annotation, ...]
    marks: tuple[str, ...]
    regions: tuple[Point, ...] = ()

    @property
    def was_read(self) -> bool:
        """Whether the text of the file is lines that were read in it, or is to be."""
        return bool(text_read((*annotations_of(self.file.payload), *self.annotations)))

    @property
    def had_regions(self) -> bool:
        """Whether the file has regions that are items, or is to have them."""
        return bool(self.regions) or any(annotation.item for annotation in annotations_of(self.file.payload))


class Rewriter:
    """Writes annotations of files that are in the library, and the words of their labels.

    Parameters
    ----------
    index : Index
    keyword : sequence of Encoder
        Text encoders that write the words of files.
    before_write : callable
        Called with the number of points before each batch, and whether any of them is a part of a file.
    """

    def __init__(self, index: Index, keyword: Sequence[Encoder], before_write: Callable[[int, bool], None]) -> None:
        self.index = index
        self.keyword = keyword
        self.before_write = before_write

    def write(self, changes: Sequence[Change]) -> None:
        """Write a batch: the words of files, their regions, then what spans carry, then what files carry themselves."""
        if not changes:
            return
        regions = [self._worded(region) for change in changes for region in change.regions]
        self.before_write(len(changes) + len(regions), bool(regions))
        words = [_words(change) for change in changes]
        for encoder in self.keyword:
            rows = zip(changes, split_rows(encoder.encode(words)), strict=True)
            known = [Point(change.file.id, {encoder.space: row}) for change, row in rows if row is not None]
            self.index.update_vectors(known)
        if regions:
            self.index.upsert(regions)
        for change in changes:
            self._drop_regions(change)
            self._write_spans(change)
            stored = [as_stored(annotation) for annotation in change.annotations]
            payload: dict[str, Any] = {"annotations": stored or None, "annotated": list(change.marks) or None}
            if change.was_read:
                payload["text"] = text_read(change.annotations) or None
            self.index.set_payload([change.file.id], payload)

    def _worded(self, region: Point) -> Point:
        """Return a region that is found by the words of its label, so that a hit has its place."""
        words = words_of_labels(annotations_of(region.payload))
        rows = {encoder.space: split_rows(encoder.encode_one(words))[0] for encoder in self.keyword}
        known = {space: row for space, row in rows.items() if row is not None}
        return Point(region.id, {**region.vectors, **known}, region.payload)

    def _drop_regions(self, change: Change) -> None:
        """Remove the regions of a file that none of its annotations names any more."""
        if not change.had_regions:
            return
        regions = [Condition("file", "=", change.file.id), Condition("kind", "=", "region")]
        named = {annotation.item for annotation in change.annotations}
        self.index.delete([point.id for point in self.index.scroll(regions, keys=()) if point.id not in named])

    def _write_spans(self, change: Change) -> None:
        before = annotations_of(change.file.payload)
        if not any(annotation.span for annotation in (*before, *change.annotations)):
            return
        spans = [Condition("file", "=", change.file.id), Condition("kind", "!=", ("file", "region"))]
        for point in list(self.index.scroll(spans, keys=("kind", *SPAN_KEYS))):
            span = span_of(point.payload)
            own = annotations_within(span, change.annotations) if span else []
            payload: dict[str, Any] = {"annotations": [as_stored(one) for one in own] or None}
            if point.payload["kind"] != "passage":
                self._write_words(point.id, words_of_labels(own))
                payload["text"] = text_read(own) or None
            self.index.set_payload([point.id], payload)

    def _write_words(self, span: str, words: str) -> None:
        """Let a span be found by the words that are said of it, so that a hit has their time."""
        for encoder in self.keyword:
            row = encoder.encode([words])[[0]]
            self.index.update_vectors([Point(span, {encoder.space: row})])


class Annotating:
    """Runs of one annotator over files of a library.

    Parameters
    ----------
    index : Index
    annotator : Annotator
    pool : FileDecoder
    rewriter : Rewriter
    encoders : sequence of Encoder
        That describe regions.
    progress : callable or None
    """

    def __init__(
        self,
        index: Index,
        annotator: Annotator,
        pool: FileDecoder,
        rewriter: Rewriter,
        encoders: Sequence[Encoder] = (),
        progress: Progress | None = None,
    ) -> None:
        self.index = index
        self.annotator = annotator
        self.pool = pool
        self.rewriter = rewriter
        self.encoders = encoders
        self.progress = progress
        self.mark = mark_of(annotator)
        self.summary = Annotations()
        self._reading: dict[str, Point] = {}
        self._batch: list[Change] = []

    def run(self, where: Where) -> None:
        """Annotate the files that satisfy a filter, may hold what the annotator takes, and do not carry its mark.

        Raises
        ------
        Cancelled
            Where `progress` does: decoding ends, and the files that are done with are written.
        """
        started = time.monotonic()
        files = [(*where, Condition("kind", "=", "file"), held) for held in self._held()]
        seen, unseen = Condition("annotated", "=", self.mark), Condition("annotated", "!=", self.mark)
        self.summary.unchanged += sum(self.index.count((*each, seen)) for each in files)
        points = chain.from_iterable(self.index.scroll((*each, unseen)) for each in files)
        outcomes = annotate_files(self.annotator, self._paths(points), self.pool, kept=True, encoders=self.encoders)
        try:
            with closing(outcomes):
                for outcome in outcomes:
                    self._take(outcome)
        except Cancelled:
            # Whoever has stopped the run wants to hear no more of it.
            self.progress = None
            raise
        finally:
            self._write()
            self.summary.seconds = round(self.summary.seconds + time.monotonic() - started, 3)

    def _held(self) -> list[Condition]:
        """Return conditions, each of other files that hold what the annotator takes."""
        held = [Condition("modality", "=", tuple(str(modality) for modality in HELD[self.annotator.modality]))]
        if self.annotator.modality == Modality.IMAGE:
            scanned = [Condition("kind", "=", "page"), Condition("modality", "=", str(Modality.TEXT))]
            ids = {page.payload["file"] for page in self.index.scroll(scanned, keys=("file",))}
            held += [Condition("file", "=", tuple(sorted(ids)))] if ids else []
        return held

    def _paths(self, files: Iterator[Point]) -> Iterator[str]:
        for file in files:
            path = from_stored(file.payload["path"])
            self._reading[path] = file
            yield path

    def _take(self, outcome: Annotated | Failure) -> None:
        file = self._reading.pop(outcome.path)
        if isinstance(outcome, Annotated) and (outcome.size, outcome.mtime) != _stored_as(file):
            outcome = Failure(outcome.path, "has changed since it was added: add it again")
        if isinstance(outcome, Failure):
            self.summary.failed.append(outcome)
            self._report(outcome.path)
            return
        others, marks = _without(file, self.annotator.name)
        said, regions = self._with_items(file, outcome)
        self._batch.append(Change(file, (*others, *said), (*marks, self.mark), regions))
        if len(self._batch) == FILES:
            self._write()

    def _with_items(self, file: Point, outcome: Annotated) -> tuple[list[Annotation], tuple[Point, ...]]:
        """Return what was said of a file, its regions with the ids of their items, and the points of these."""
        said: list[Annotation] = []
        points: list[Point] = []
        for number, (annotation, vectors) in enumerate(zip(outcome.annotations, outcome.vectors, strict=True)):
            if vectors is None:
                said.append(annotation)
                continue
            # The same content and annotator give the same ids, so that work repeated after a crash repeats them.
            made = uuid.uuid5(uuid.UUID(file.id), f"{file.payload['hash']} {self.mark} {number}")
            said.append(replace(annotation, item=str(made)))
            points.append(Point(str(made), vectors, region_payload(file.payload, said[-1])))
        return said, tuple(points)

    def _write(self) -> None:
        batch, self._batch = self._batch, []
        self.rewriter.write(batch)
        for change in batch:
            self.summary.annotated += 1
            self._report(from_stored(change.file.payload["path"]))

    def _report(self, path: str) -> None:
        if self.progress is not None:
            self.progress(self.summary.done, path)


def forget_annotations(index: Index, annotator: str, rewriter: Rewriter) -> int:
    """Remove the annotations of an annotator; return how many files had been seen by it.

    Raises
    ------
    QueryError
        Where it has seen none, with those that have.
    """
    seen: set[str] = set()
    ids: list[str] = []
    for file in index.scroll([Condition("kind", "=", "file")], keys=("annotated",)):
        names = {name_in(mark) for mark in file.payload.get("annotated") or ()}
        seen |= names
        if annotator in names:
            ids.append(file.id)
    if not ids:
        raise QueryError(f"no annotations by {annotator}: there are those by {', '.join(sorted(seen)) or 'nobody'}")
    for start in range(0, len(ids), FILES):
        files = index.fetch(ids[start : start + FILES])
        rewriter.write([Change(file, *_without(file, annotator)) for file in files])
    return len(ids)


def region_payload(file: Mapping[str, Any], said: Annotation) -> dict[str, Any]:
    """Return what the item of a region carries: what its file says of itself, where it is, and what it was called."""
    assert said.region is not None
    payload: dict[str, Any] = {key: file[key] for key in OF_FILE if key in file}
    if said.span is not None:
        payload |= {"start": said.span.start, "end": said.span.end}
    return payload | {"kind": "region", "region": region_as_stored(said.region)} | with_annotations([said])


def _stored_as(file: Point) -> tuple[int, int]:
    return file.payload["size"], file.payload["mtime"]


def _without(file: Point, annotator: str) -> tuple[tuple[Annotation, ...], tuple[str, ...]]:
    """Return the annotations and marks of a file but those of one annotator."""
    others = tuple(one for one in annotations_of(file.payload) if one.annotator != annotator)
    return others, tuple(mark for mark in file.payload.get("annotated") or () if name_in(mark) != annotator)


def _words(change: Change) -> str:
    """Return the words of a file, with those of the labels that it is to carry."""
    stored = change.file.payload
    path = from_stored(stored["path"])
    task = Task(
        path, "unchanged", change.file.id, stored["size"], stored["mtime"], stored["hash"],
        annotations=change.annotations,
    )  # fmt: skip
    return draft_of(task, change.file).words()

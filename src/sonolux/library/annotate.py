"""Annotators over the files of a library.

Kept are the most probable annotations of each place: an image, a shot, a window. Their words find the file, and
``label=cat`` filters by them.

A file that an annotator has seen carries the annotator's mark, so that a run that was stopped goes on, and later runs
look only at what came or changed since. Of a file everything else is written before the mark.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sonolux.annotators import Annotator
from sonolux.annotators.files import Annotated, annotate_files
from sonolux.encoders import Encoder
from sonolux.encoders.base import rows_of
from sonolux.errors import QueryError
from sonolux.index import Condition, Index, Point, Where
from sonolux.library.annotation_payload import annotations_of, as_stored, said_of, words_of_labels
from sonolux.library.ingest.changes import Task
from sonolux.library.ingest.moved import draft_of
from sonolux.library.ingest.run import Progress
from sonolux.media.paths import from_stored
from sonolux.media.pool import DecoderPool
from sonolux.types import Annotation, Failure, Modality, Span

MOST = 5
"""Annotations of one place by one annotator that are kept."""

LEAST = 0.05
"""Probability below which an annotation is not kept."""

FILES = 64
"""Files that are written together."""

HELD = {
    Modality.IMAGE: (Modality.IMAGE, Modality.VIDEO),
    Modality.AUDIO: (Modality.AUDIO, Modality.VIDEO),
    Modality.TEXT: (Modality.TEXT,),
}
"""Modalities of the files that hold what an annotator takes."""


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
    """What a file is to carry: its point as it is, and all its annotations and marks as they are to be."""

    file: Point
    annotations: tuple[Annotation, ...]
    marks: tuple[str, ...]


class Rewriter:
    """Writes annotations of files that are in the library, and the words of their labels.

    Parameters
    ----------
    index : Index
    keyword : sequence of Encoder
        Text encoders that write the words of files.
    before_write : callable
        Called with the number of files before each batch.
    """

    def __init__(self, index: Index, keyword: Sequence[Encoder], before_write: Callable[[int], None]) -> None:
        self.index = index
        self.keyword = keyword
        self.before_write = before_write

    def write(self, changes: Sequence[Change]) -> None:
        """Write a batch: the words of each file, then what its spans carry, then what it carries itself."""
        if not changes:
            return
        self.before_write(len(changes))
        words = [_words(change) for change in changes]
        for encoder in self.keyword:
            rows = zip(changes, rows_of(encoder.encode(words)), strict=True)
            known = [Point(change.file.id, {encoder.space: row}) for change, row in rows if row is not None]
            self.index.update_vectors(known)
        for change in changes:
            self._write_spans(change)
            stored = [as_stored(annotation) for annotation in change.annotations]
            payload = {"annotations": stored or None, "annotated": list(change.marks) or None}
            self.index.set_payload([change.file.id], payload)

    def _write_spans(self, change: Change) -> None:
        before = annotations_of(change.file.payload)
        if not any(annotation.span for annotation in (*before, *change.annotations)):
            return
        spans = [Condition("file", "=", change.file.id), Condition("kind", "!=", "file")]
        for point in list(self.index.scroll(spans, keys=("start", "end", "kind"))):
            own = said_of(Span(point.payload["start"], point.payload["end"]), change.annotations)
            if point.payload["kind"] != "passage":
                self._write_words(point.id, words_of_labels(own))
            self.index.set_payload([point.id], {"annotations": [as_stored(one) for one in own] or None})

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
    pool : DecoderPool
    rewriter : Rewriter
    progress : callable or None
    """

    def __init__(
        self,
        index: Index,
        annotator: Annotator,
        pool: DecoderPool,
        rewriter: Rewriter,
        progress: Progress | None = None,
    ) -> None:
        self.index = index
        self.annotator = annotator
        self.pool = pool
        self.rewriter = rewriter
        self.progress = progress
        self.mark = mark_of(annotator)
        self.summary = Annotations()
        self._reading: dict[str, Point] = {}
        self._batch: list[Change] = []

    def run(self, where: Where) -> None:
        """Annotate the files that satisfy a filter, may hold what the annotator takes, and do not carry its mark."""
        started = time.monotonic()
        held = Condition("modality", "=", tuple(str(modality) for modality in HELD[self.annotator.modality]))
        files = (*where, Condition("kind", "=", "file"), held)
        self.summary.unchanged += self.index.count((*files, Condition("annotated", "=", self.mark)))
        unseen = self.index.scroll((*files, Condition("annotated", "!=", self.mark)))
        try:
            for outcome in annotate_files(self.annotator, self._paths(unseen), self.pool):
                self._take(outcome)
        finally:
            self._write()
            self.summary.seconds = round(self.summary.seconds + time.monotonic() - started, 3)

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
        self._batch.append(Change(file, (*others, *kept(outcome.annotations)), (*marks, self.mark)))
        if len(self._batch) == FILES:
            self._write()

    def _write(self) -> None:
        batch, self._batch = self._batch, []
        self.rewriter.write(batch)
        for change in batch:
            self.summary.annotated += 1
            self._report(from_stored(change.file.payload["path"]))

    def _report(self, path: str) -> None:
        if self.progress is not None:
            self.progress(self.summary.done, path)


def forget(index: Index, annotator: str, rewriter: Rewriter) -> int:
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


def mark_of(annotator: Annotator) -> str:
    """Return what files carry that an annotator has seen: its name and the beginning of its digest."""
    return f"{annotator.name} {annotator.digest[:16]}"


def name_in(mark: str) -> str:
    """Return the name of the annotator that left a mark."""
    return mark.rpartition(" ")[0]


def kept(annotations: Iterable[Annotation]) -> list[Annotation]:
    """Return what of a file's annotations is kept: those that are likely enough, the best few of each place.

    They come as `sonolux.annotators.files` gives them, the most probable of each place first.
    """
    by_place: dict[Span | None, list[Annotation]] = {}
    for annotation in annotations:
        if annotation.probability >= LEAST:
            by_place.setdefault(annotation.span, []).append(annotation)
    return [annotation for found in by_place.values() for annotation in found[:MOST]]


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

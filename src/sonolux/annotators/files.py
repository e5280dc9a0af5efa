"""Annotation of files: decoded by a pool, annotated in batches that pieces of many files fill together.

An input that an annotator cannot take costs its own file and no other of the batch. Of a place that two windows of a
recording show, that one is believed which shows more around it. Where regions are to be items, their crops are encoded
while the image is there: no image is kept for long, and none is decoded twice.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, TypeGuard

from sonolux.annotators.base import Annotator
from sonolux.encoders import Encoder
from sonolux.encoders.base import split_rows
from sonolux.encoders.inputs import EncoderInputs, resampled
from sonolux.errors import Cancelled, SonoluxError
from sonolux.media.reading import ReadOptions
from sonolux.media.segment import Audio, Content, Image, ReadEvent, Segment
from sonolux.media.workers.base import FileDecoder
from sonolux.media.workers.worker import Finished
from sonolux.types import Annotation, Failure, Modality, Region, Span

CROPS = 32
"""Crops of regions that are encoded together."""

Vectors = Mapping[str, Any]
"""Descriptors by space."""


@dataclass(frozen=True, slots=True)
class Annotated:
    """A file and what was said of it.

    Attributes
    ----------
    path : str
    annotations : tuple of Annotation
        In the order of the file, of each place the most probable first; their spans are places in the file.
    size, mtime : int
        Of the file when it was read: bytes, and nanoseconds since 1970.
    vectors : tuple of (mapping or None)
        Of each annotation the descriptors of its region; None where that is to be no item.
    """

    path: str
    annotations: tuple[Annotation, ...]
    size: int
    mtime: int
    vectors: tuple[Vectors | None, ...] = ()


@dataclass(slots=True)
class _File:
    path: str
    said: list[tuple[Span | None, Annotation, Vectors | None]] = field(default_factory=list)
    segments: int = 0
    waiting: int = 0
    end: Finished | Failure | None = None
    """The last event of the decoder; until it has come, more of the file may."""
    refused: Failure | None = None
    """Why the annotator cannot take it."""


_Queue = list[tuple[_File, Segment]]


def annotate_files(
    annotator: Annotator,
    paths: Iterable[str],
    pool: FileDecoder,
    *,
    kept: bool = False,
    encoders: Sequence[Encoder] = (),
) -> Generator[Annotated | Failure, None, None]:
    """Decode and annotate files, in any number, as their paths come.

    Covers of recordings are no part of what is annotated.

    Parameters
    ----------
    annotator : Annotator
    paths : iterable of str
        Each once.
    pool : FileDecoder
    kept : bool
        Whether only what the annotator would have kept is wanted (`Annotator.keep`).
    encoders : sequence of Encoder
        Of images, for the regions that are to be items (`Annotator.region_items`).

    Yields
    ------
    Annotated or Failure
        One a file, in the order in which they are done.

    Raises
    ------
    SonoluxError
        Where the annotator cannot be loaded or breaks its contract.
    """
    run = _Run(annotator, kept, [encoder for encoder in encoders if encoder.modality == Modality.IMAGE])
    files: dict[str, _File] = {}
    queue: _Queue = []
    with closing(pool.read(paths)) as events:
        for path, event in events:
            file = files.setdefault(path, _File(path))
            if isinstance(event, Finished | Failure):
                file.end = event
            elif file.refused is None and _is_input(event, annotator):
                file.segments += 1
                file.waiting += 1
                queue.append((file, event))
            if len(queue) >= annotator.batch_size:
                run.annotate(queue)
                queue = []
            yield from _done(files, annotator)
    run.annotate(queue)
    yield from _done(files, annotator)


def windows_of(annotator: Annotator, options: ReadOptions) -> ReadOptions:
    """Return how files are read for an annotator: at its rate, in its windows, at its size of images."""
    options = replace(options, audio_rate=annotator.sample_rate or options.audio_rate)
    options = replace(options, image_side=annotator.image_side or options.image_side)
    if annotator.window is None:
        return options
    return replace(options, audio_window=annotator.window, audio_hop=annotator.window - annotator.overlap)


def believed(said: Sequence[tuple[Span | None, Annotation]]) -> list[Annotation]:
    """Return what is said of a recording by the windows that show the middle of each place best, in order of time.

    Parameters
    ----------
    said : sequence of (Span or None, Annotation)
        The window, and what is said of a place in the file; None for a recording that is a single window.
    """
    windows = sorted({span for span, _ in said if span is not None}, key=lambda span: span.start)
    seams = [(before.end + after.start) / 2 for before, after in pairwise(windows)]
    kept = [
        annotation
        for span, annotation in said
        if span is None or annotation.span is None or windows[bisect_right(seams, _middle(annotation.span))] == span
    ]
    return _joined(sorted(kept, key=lambda one: (one.span.start if one.span else 0.0, -one.probability)))


def _joined(said: Sequence[Annotation]) -> list[Annotation]:
    """Join annotations of the same label that overlap: of what is longer than two windows share, each saw a part."""
    joined: list[Annotation] = []
    last: dict[str, int] = {}
    for one in said:
        before = joined[last[one.label]] if one.label in last else None
        if before is None or before.span is None or one.span is None or one.span.start >= before.span.end:
            last[one.label] = len(joined)
            joined.append(one)
            continue
        whole = Span(before.span.start, max(before.span.end, one.span.end))
        joined[last[one.label]] = replace(before, span=whole, probability=max(before.probability, one.probability))
    return joined


def _middle(span: Span) -> float:
    return (span.start + span.end) / 2


@dataclass(frozen=True, slots=True)
class _Run:
    """What is done with a batch of pieces: annotated, chosen from, and the crops of regions encoded."""

    annotator: Annotator
    kept: bool
    encoders: Sequence[Encoder]

    def annotate(self, queue: _Queue) -> None:
        """Annotate pieces; on an error, one by one, to find whose it is."""
        try:
            answers = self.annotator.annotate([_input(self.annotator, segment.content) for _, segment in queue])
            if self.kept:
                answers = [self.annotator.keep(said) for said in answers]
            described = self._describe([segment.content for _, segment in queue], answers)
        except (SonoluxError, Cancelled):
            raise
        except Exception as error:  # whatever a model raises on one input must not cost the others
            if len(queue) > 1:
                for entry in queue:
                    self.annotate([entry])
                return
            file = queue[0][0]
            reason = f"{self.annotator.name} cannot annotate it: {' '.join(str(error).split())[:300]}"
            file.refused = file.refused or Failure(file.path, reason)
            file.waiting -= 1
            return
        for (file, segment), said, vectors in zip(queue, answers, described, strict=True):
            file.waiting -= 1
            placed = [_placed(annotation, segment) for annotation in said]
            file.said += [(segment.span, one, its) for one, its in zip(placed, vectors, strict=True)]

    def _describe(
        self, contents: Sequence[Content], answers: Sequence[Sequence[Annotation]]
    ) -> list[list[Vectors | None]]:
        """Encode the crops of the regions that are to be items; None for all other annotations."""
        described: list[list[Vectors | None]] = [[None] * len(said) for said in answers]
        if not self.annotator.region_items:
            return described
        wanted = [
            (number, place, content, annotation.region)
            for number, (content, said) in enumerate(zip(contents, answers, strict=True))
            for place, annotation in enumerate(said)
            if annotation.region is not None and isinstance(content, Image)
        ]
        for start in range(0, len(wanted), CROPS):
            some = wanted[start : start + CROPS]
            vectors = self._encode([(image, region) for _, _, image, region in some])
            for (number, place, _, _), its in zip(some, vectors, strict=True):
                described[number][place] = its
        return described

    def _encode(self, regions: Sequence[tuple[Image, Region]]) -> list[dict[str, Any]]:
        crops = [image.cropped(region) for image, region in regions]
        inputs = EncoderInputs()
        vectors: list[dict[str, Any]] = [{} for _ in crops]
        for encoder in self.encoders:
            try:
                rows = split_rows(encoder.encode([inputs.of(encoder, crop) for crop in crops]))
            except Exception as error:  # whatever it is, it is of this file: an encoder must not end the run
                raise ValueError(f"{encoder.name} cannot encode a region: {error}") from error
            for its, row in zip(vectors, rows, strict=True):
                if row is not None:
                    its[encoder.space] = row
        return vectors


def _done(files: dict[str, _File], annotator: Annotator) -> Sequence[Annotated | Failure]:
    """Take out the files of which all is known."""
    done = [file for file in files.values() if file.end is not None and not file.waiting]
    for file in done:
        del files[file.path]
    return [_outcome(file, annotator) for file in done]


def _outcome(file: _File, annotator: Annotator) -> Annotated | Failure:
    if file.refused is not None:
        return file.refused
    if isinstance(file.end, Finished) and file.segments:
        said = [annotation for _, annotation, _ in file.said]
        vectors = [its for _, _, its in file.said]
        if annotator.window:
            said = believed([(span, annotation) for span, annotation, _ in file.said])
            vectors = [None] * len(said)
        return Annotated(file.path, tuple(said), file.end.size, file.end.mtime_ns, tuple(vectors))
    return file.end if isinstance(file.end, Failure) else Failure(file.path, f"holds no {annotator.modality}")


def _is_input(event: ReadEvent, annotator: Annotator) -> TypeGuard[Segment]:
    """Tell whether a decoded piece is for the annotator."""
    return isinstance(event, Segment) and event.modality == annotator.modality and event.kind != "cover"


def _input(annotator: Annotator, content: Content) -> Any:
    """Return pixels (h, w, 3), samples at the annotator's own rate, or a string."""
    if isinstance(content, Image):
        return content.pixels
    return resampled(content, annotator.sample_rate) if isinstance(content, Audio) else content


def _placed(annotation: Annotation, segment: Segment) -> Annotation:
    """Return an annotation of a piece as one of its file."""
    span, own = segment.span, annotation.span
    if span is None:
        return annotation
    span = Span(span.start + own.start, span.start + own.end) if own else span
    if annotation.region is None or not isinstance(segment.content, Image):
        return replace(annotation, span=span)
    return replace(annotation, span=span, region=replace(annotation.region, time=segment.content.time))

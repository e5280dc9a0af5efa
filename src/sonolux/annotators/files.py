"""Files to annotations: decoded by a pool, annotated in batches that pieces of many files fill together.

An input that an annotator cannot take costs its own file and no other of the batch. Of a place that two windows of a
recording show, that one is believed which shows more around it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from sonolux.annotators.base import Annotator
from sonolux.encoders.inputs import resampled
from sonolux.errors import SonoluxError
from sonolux.media.pool import DecoderPool
from sonolux.media.reading import ReadOptions
from sonolux.media.segment import Audio, Content, Image, Segment
from sonolux.media.worker import Finished
from sonolux.types import Annotation, Failure, Span


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
    """

    path: str
    annotations: tuple[Annotation, ...]
    size: int
    mtime: int


@dataclass(slots=True)
class _File:
    path: str
    said: list[tuple[Span | None, Annotation]] = field(default_factory=list)
    segments: int = 0
    waiting: int = 0
    end: Finished | Failure | None = None


_Queue = list[tuple[_File, Segment]]


def annotate_files(annotator: Annotator, paths: Iterable[str], pool: DecoderPool) -> Iterator[Annotated | Failure]:
    """Decode and annotate files, in any number, as their paths come.

    Covers of recordings are no part of what is annotated.

    Parameters
    ----------
    annotator : Annotator
    paths : iterable of str
        Each once.
    pool : DecoderPool

    Yields
    ------
    Annotated or Failure
        One a file, in the order in which they are done.

    Raises
    ------
    SonoluxError
        Where the annotator cannot be loaded or breaks its contract.
    """
    files: dict[str, _File] = {}
    queue: _Queue = []
    for path, event in pool.read(paths):
        file = files.setdefault(path, _File(path))
        if isinstance(event, Finished | Failure):
            file.end = event
        elif isinstance(event, Segment) and event.modality == annotator.modality and event.kind != "cover":
            file.segments += 1
            file.waiting += 1
            queue.append((file, event))
        if len(queue) >= annotator.batch_size:
            _annotate(annotator, queue)
            queue = []
        yield from _done(files, annotator)
    _annotate(annotator, queue)
    yield from _done(files, annotator)


def windows_of(annotator: Annotator, options: ReadOptions) -> ReadOptions:
    """Return how files are read for an annotator: at its rate, in its windows."""
    options = replace(options, audio_rate=annotator.sample_rate or options.audio_rate)
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


def _annotate(annotator: Annotator, queue: _Queue) -> None:
    """Annotate pieces; on an error, one by one, to find whose it is."""
    try:
        answers = annotator.annotate([_input(annotator, segment.content) for _, segment in queue])
    except SonoluxError:
        raise
    except Exception as error:  # whatever a model raises on one input must not cost the others
        if len(queue) > 1:
            for entry in queue:
                _annotate(annotator, [entry])
            return
        file = queue[0][0]
        file.end = Failure(file.path, f"{annotator.name} cannot annotate it: {' '.join(str(error).split())[:300]}")
        file.waiting -= 1
        return
    for (file, segment), said in zip(queue, answers, strict=True):
        file.waiting -= 1
        file.said += [(segment.span, _placed(annotation, segment.span)) for annotation in said]


def _done(files: dict[str, _File], annotator: Annotator) -> Sequence[Annotated | Failure]:
    """Take out the files of which all is known."""
    done = [file for file in files.values() if file.end is not None and not file.waiting]
    for file in done:
        del files[file.path]
    return [_outcome(file, annotator) for file in done]


def _outcome(file: _File, annotator: Annotator) -> Annotated | Failure:
    if isinstance(file.end, Finished) and file.segments:
        said = believed(file.said) if annotator.window else [annotation for _, annotation in file.said]
        return Annotated(file.path, tuple(said), file.end.size, file.end.mtime_ns)
    return file.end if isinstance(file.end, Failure) else Failure(file.path, f"holds no {annotator.modality}")


def _input(annotator: Annotator, content: Content) -> Any:
    """Return pixels (h, w, 3), samples at the annotator's own rate, or a string."""
    if isinstance(content, Image):
        return content.pixels
    return resampled(content, annotator.sample_rate) if isinstance(content, Audio) else content


def _placed(annotation: Annotation, span: Span | None) -> Annotation:
    """Return an annotation of a piece as one of the file in which the piece spans this."""
    if span is None:
        return annotation
    own = annotation.span
    return replace(annotation, span=Span(span.start + own.start, span.start + own.end) if own else span)

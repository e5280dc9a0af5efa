"""Query segmentation: files, decoded in worker processes, and long texts into the segments that a query asks with."""

from __future__ import annotations

import operator
from dataclasses import replace
from functools import partial

from sonolux.errors import QueryError
from sonolux.media.options import ReadOptions
from sonolux.media.paths import printable
from sonolux.media.segment import Segment
from sonolux.media.spread import Thinned, read_spread
from sonolux.media.texts.text import passages
from sonolux.media.workers.isolated import IsolatedDecoder
from sonolux.retrieval.query import Part, PartKind, Query
from sonolux.types import SegmentKind, Span

SEGMENTS = 8
"""Most segments of one kind with which a recording, a video, a text or a TIFF of many pages asks."""

KINDS: dict[PartKind, frozenset[SegmentKind]] = {
    "text": frozenset({"passage"}),
    "image": frozenset({"image", "page"}),
    "audio": frozenset({"window"}),
    "video": frozenset({"shot", "window"}),
}
"""The segments of a file that each part asks with."""


def decode_files(query: Query, decoder: IsolatedDecoder, options: ReadOptions) -> Query:
    """Return a query with the segments of its files, and of texts that are longer than a passage, in place of them.

    Parameters
    ----------
    query : Query
    decoder : IsolatedDecoder
    options : ReadOptions
        How files are cut.

    Raises
    ------
    MediaError
        Where a file cannot be decoded; it names the file.
    QueryError
        Where a file holds nothing of what its part asks with.
    """
    parts = [
        _decoded(part, decoder, options) if part.is_file else _cut(part, options) if part.kind == "text" else part
        for part in query.parts
    ]
    return query if all(map(operator.is_, parts, query.parts)) else replace(query, parts=tuple(parts))


def _cut(part: Part, options: ReadOptions) -> Part:
    """Cut a text as a file of it would be: a whole one is middling everywhere, and asks with more terms than it can."""
    if len(part.content) <= options.passage_chars:
        return part
    thinned = Thinned()
    for start, end, passage in passages(part.content, options.passage_chars):
        thinned.take(Segment("passage", passage, Span(start, end)))
    return replace(part, content=thinned.chosen(SEGMENTS))


def _decoded(part: Part, decoder: IsolatedDecoder, options: ReadOptions) -> Part:
    reader = partial(read_spread, kinds=KINDS[part.kind], most=SEGMENTS)
    segments = [event for event in decoder.read(str(part.content), options, reader) if isinstance(event, Segment)]
    if not segments:
        raise QueryError(f"{printable(str(part.content))} holds no {part.kind} to ask with")
    return replace(part, content=segments)

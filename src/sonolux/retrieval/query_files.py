"""Files of a query: decoded in worker processes into the segments that a query asks with."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from sonolux.errors import QueryError
from sonolux.media.isolated import IsolatedDecoder
from sonolux.media.options import ReadOptions
from sonolux.media.paths import printable
from sonolux.media.segment import Segment
from sonolux.media.spread import read_spread
from sonolux.retrieval.query import Part, PartKind, Query
from sonolux.types import SegmentKind

SEGMENTS = 8
"""Most segments of one kind with which a single recording, video or TIFF of many pages asks."""

KINDS: dict[PartKind, frozenset[SegmentKind]] = {
    "image": frozenset({"image", "page"}),
    "audio": frozenset({"window"}),
    "video": frozenset({"shot", "window"}),
}
"""The segments of a file that each part asks with."""


def decode_files(query: Query, decoder: IsolatedDecoder, options: ReadOptions) -> Query:
    """Return a query with the segments of its files in place of their paths.

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
    parts = [_decoded(part, decoder, options) if part.is_file else part for part in query.parts]
    return replace(query, parts=tuple(parts))


def _decoded(part: Part, decoder: IsolatedDecoder, options: ReadOptions) -> Part:
    reader = partial(read_spread, kinds=KINDS[part.kind], most=SEGMENTS)
    segments = [event for event in decoder.read(part.content, options, reader) if isinstance(event, Segment)]
    if not segments:
        raise QueryError(f"{printable(part.content)} holds no {part.kind} to ask with")
    return replace(part, content=segments)

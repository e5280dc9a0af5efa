"""A query into one question a space and vector.

Each part of a query is encoded by every space that has an encoder for it. A part that is longer than a span (a
recording, a video) asks with several of its segments, evenly spaced (`sonolux.retrieval.query_files`). Items given as
examples ask in every space that holds them, with the mean of their descriptors; files that are there through their
spans with some of these. All spaces that a part asks share its weight, by their strengths and what they repeat of one
another (`sonolux.retrieval.dependence`), and all vectors in one space its share. What is unlike moves every vector of
its space away, and so does a part that is minus (`sonolux.retrieval.rocchio`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from math import isfinite, sqrt
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sonolux.encoders.base import Encoder, split_rows
from sonolux.encoders.inputs import EncoderInputs
from sonolux.errors import QueryError
from sonolux.index import Condition, Index
from sonolux.media.segment import Audio, Content, Image
from sonolux.retrieval.examples import mean_of_files, rows_of_examples
from sonolux.retrieval.plainness import is_plain
from sonolux.retrieval.query import Part, Query
from sonolux.retrieval.rocchio import move_away
from sonolux.retrieval.space_query import Judge, SpaceQuery
from sonolux.types import Modality, Space

FILTERED = 1_000
"""Files that stand for a filter, at most: a thousand have the mean of all, but for a thirtieth of their spread."""


class Asking(Protocol):
    """What planning needs to know of a library's spaces."""

    index: Index

    def by_name(self, name: str) -> Space:
        """Return a space; raise QueryError with the names there are."""

    def names(self) -> Sequence[str]:
        """Return the names of all spaces."""

    def weight(self, name: str) -> float:
        """Return the strength of a space where answers are fused, see `Encoder.weight`."""

    def asker(self, name: str, modality: Modality) -> Encoder | None:
        """Return the encoder of a space for questions of a modality, None where it has none."""

    def by_example(self, name: str) -> bool:
        """Tell whether items given as examples ask a space that nobody has named."""


def plan(query: Query, asking: Asking) -> list[SpaceQuery]:
    """Turn a query into vectors.

    Parameters
    ----------
    query : Query
        Its files decoded, see `sonolux.retrieval.query_files`.
    asking : Asking
        The library's spaces.

    Raises
    ------
    QueryError
        Where no space can answer some part.
    """
    names = query.spaces or tuple(asking.names())
    spaces = [asking.by_name(name) for name in names]
    named = bool(query.spaces)
    questions: list[SpaceQuery] = []
    away: list[SpaceQuery] = []
    for number, part in enumerate(query.parts):
        kept = away if part.minus else questions
        kept += [replace(question, part=number) for question in _ask_part(part, spaces, asking, named)]
    examples = _ask_examples(query, spaces if named else [s for s in spaces if asking.by_example(s.name)], asking)
    questions += [replace(question, part=len(query.parts)) for question in examples]
    return move_away(questions, away, query, asking.index) if away or query.unlike else questions


def _no_space(part: Part, names: Sequence[str]) -> str:
    if not names:
        return "the library is empty: add a folder first"
    return f"no space here answers a query by {part.kind} (spaces asked: {', '.join(names)})"


def _ask_part(part: Part, spaces: Sequence[Space], asking: Asking, named: bool) -> list[SpaceQuery]:
    if part.kind == "vector":
        return [_ask_vector(part, spaces)]
    if part.kind == "filter":
        return _ask_filter(part, spaces if named else [s for s in spaces if asking.by_example(s.name)], asking)
    contents = _contents(part)
    able = [
        (space, encoder, media)
        for modality, media in contents.items()
        for space in spaces
        if (encoder := asking.asker(space.name, modality)) is not None and (named or encoder.asks)
    ]
    if not able:
        raise QueryError(_no_space(part, [space.name for space in spaces]))
    inputs = EncoderInputs()
    plain = {id(content): is_plain(content) for media in contents.values() for content in media}
    asked = [
        (space, row, content, _judge(encoder, content, row))
        for space, encoder, media in able
        for row, content in zip(
            split_rows(encoder.encode_queries([inputs.of(encoder, content) for content in media])), media, strict=True
        )
        if row is not None
    ]
    if not asked and part.kind != "text":
        raise QueryError(f"the {part.kind} is silent or blank all through: no space here describes it")
    questions = _shared(part.weight, [(space, row) for space, row, *_ in asked], asking)
    return [
        replace(question, words=content if isinstance(content, str) else "", plain=plain[id(content)], judge=judge)
        for question, (*_, content, judge) in zip(questions, asked, strict=True)
    ]


def _judge(encoder: Encoder, content: Any, row: Any) -> Judge | None:
    weight = encoder.judges(content)
    return Judge(weight, partial(encoder.chances, content, row)) if weight else None


def _shared(weight: float, asked: Sequence[tuple[Space, Any]], asking: Asking) -> list[SpaceQuery]:
    """Return questions of one weight; those to one space share it."""
    vectors = Counter(space.name for space, _ in asked)
    return [
        SpaceQuery(space, vector, weight, strength=asking.weight(space.name), share=1 / vectors[space.name])
        for space, vector in asked
    ]


def _ask_vector(part: Part, spaces: Sequence[Space]) -> SpaceQuery:
    vector = np.asarray(part.content)
    fitting = [
        s for s in spaces if s.kind != "sparse" and vector.shape == (s.dim // 8 if s.kind == "binary" else s.dim,)
    ]
    if len(fitting) != 1:
        names = ", ".join(f"{s.name} ({s.dim})" for s in spaces)
        raise QueryError(
            f"a vector of shape {vector.shape} fits {len(fitting)} of the spaces {names}: name one with spaces="
        )
    space = fitting[0]
    if space.kind == "binary":
        return SpaceQuery(space, vector.astype(np.uint8), part.weight)
    vector = vector.astype(np.float32)
    length = _length(vector)
    return SpaceQuery(space, _direction(vector, length) if space.metric == "cosine" else vector, part.weight)


def _ask_filter(part: Part, spaces: Sequence[Space], asking: Asking) -> list[SpaceQuery]:
    """Ask with the mean of the files that satisfy a filter, in every space that holds some of them."""
    conditions = (*part.content, Condition("kind", "=", "file"))
    files = [point.id for point in islice(asking.index.scroll(conditions, keys=()), FILTERED)]
    if not files:
        raise QueryError(f"no file of the library is as {_shown(part.content)}: the blend names nothing by it")
    asked = [(space, row) for space in spaces if (row := mean_of_files(asking.index, space, files)) is not None]
    if not asked:
        names = ", ".join(space.name for space in spaces)
        raise QueryError(f"no descriptor of a file that is as {_shown(part.content)} in {names or 'any space'}")
    return _shared(part.weight, asked, asking)


def _shown(conditions: Sequence[Condition]) -> str:
    """Return a filter as people would write it; of the spellings of a value, the first."""
    shown = [(one, one.value[0] if isinstance(one.value, tuple) else one.value) for one in conditions]
    return ", ".join(f"{one.key.removeprefix('meta.')}{one.op}{value}" for one, value in shown)


def _length(vector: NDArray[np.float32]) -> np.float32:
    squared = float((vector * vector).sum())
    if not isfinite(squared):
        raise QueryError("the vector holds NaN, infinity, or numbers whose squares are too large")
    return np.float32(sqrt(squared))


def _direction(vector: NDArray[np.float32], length: np.float32) -> NDArray[np.float32]:
    """Return what `normalised` makes of a single row, in half the time."""
    return np.asarray(vector / length) if length else np.zeros_like(vector)


def _contents(part: Part) -> dict[Modality, list[Content]]:
    """Return what a part asks with, by modality."""
    if isinstance(part.content, str):
        return {Modality.TEXT: [str(part.content)]}
    if isinstance(part.content, Image):
        return {Modality.IMAGE: [part.content]}
    if isinstance(part.content, Audio):
        return {Modality.AUDIO: [part.content]}
    found: dict[Modality, list[Content]] = {}
    for segment in part.content:
        found.setdefault(segment.modality, []).append(segment.content)
    return found


def _ask_examples(query: Query, spaces: Sequence[Space], asking: Asking) -> list[SpaceQuery]:
    """Ask with examples in every space that holds them; spaces share the weight, and so do the vectors of each."""
    if not query.like:
        return []
    by_space = [
        (space, rows)
        for space in spaces
        if (rows := rows_of_examples(asking.index, space, query.like, query.like_weights))
    ]
    if not by_space:
        raise QueryError(
            f"no descriptor of {', '.join(query.like)} in the spaces asked ({', '.join(s.name for s in spaces)})"
        )
    return [
        SpaceQuery(space, row, query.like_weight, strength=asking.weight(space.name), share=share)
        for space, rows in by_space
        for share, row in rows
    ]

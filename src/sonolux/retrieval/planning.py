"""A query into one question a space and vector.

Each part of a query is encoded by every space that has an encoder for it. A part that is longer than a span (a
recording, a video) asks with several of its segments, evenly spaced (`sonolux.retrieval.query_files`). Items given as
examples ask in every space that holds them, with the mean of their descriptors; files that are there through their
spans with some of these. All spaces that a part asks share its weight, by their strengths and what they repeat of one
another (`sonolux.retrieval.dependence`), and all vectors in one space its share. What is unlike moves every vector of
its space away (Rocchio 1971, "Relevance feedback in information retrieval": ``q - gamma * mean(negatives)``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import isfinite, sqrt
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from sonolux.encoders.base import Encoder, normalised, split_rows
from sonolux.encoders.inputs import EncoderInputs
from sonolux.errors import QueryError
from sonolux.index import Condition, Index
from sonolux.media.segment import Audio, Content, Image
from sonolux.retrieval.plainness import is_plain
from sonolux.retrieval.query import Part, Query
from sonolux.retrieval.query_files import SEGMENTS
from sonolux.types import Modality, Space

GAMMA = 0.5
"""Weight of what is unlike. Rocchio's usual .15 to .25, made for sparse counts, hardly moves a dense unit vector."""

EXAMPLE_SPANS = 256
"""Most spans that stand for a file given as example."""


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


@dataclass(frozen=True, slots=True)
class SpaceQuery:
    """One vector to ask one space with, and its place in the fusion.

    Attributes
    ----------
    space : Space
    vector : ndarray or csr_array
    weight : float
        Of its part.
    words : str
        What the vector stands for, where that is text.
    plain : bool
        Whether it stands for a blank picture or for silence.
    strength : float
        Of its space.
    share : float
        Of the vectors with which the part asks this space; the sum is 1.
    part : int
        Number of the part.
    judge : callable or None
        Gives descriptors (n, dim) their p-values, where the encoder tells how surely they answer; see
        `Encoder.chances`.
    """

    space: Space
    vector: Any
    weight: float
    words: str = ""
    plain: bool = False
    strength: float = 1.0
    share: float = 1.0
    part: int = 0
    judge: Callable[[NDArray[Any]], NDArray[np.float64]] | None = None


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
    for number, part in enumerate(query.parts):
        questions += [replace(question, part=number) for question in _ask_part(part, spaces, asking, named)]
    examples = _ask_examples(query, spaces if named else [s for s in spaces if asking.by_example(s.name)], asking)
    questions += [replace(question, part=len(query.parts)) for question in examples]
    if not query.unlike:
        return questions
    away = {space.name: _mean_of_items(asking.index, space, query.unlike) for space in spaces}
    return [_moved_away(question, away[question.space.name]) for question in questions]


def _no_space(part: Part, names: Sequence[str]) -> str:
    if not names:
        return "the library is empty: add a folder first"
    return f"no space here answers a query by {part.kind} (spaces asked: {', '.join(names)})"


def _ask_part(part: Part, spaces: Sequence[Space], asking: Asking, named: bool) -> list[SpaceQuery]:
    if part.kind == "vector":
        return [_ask_vector(part, spaces)]
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
        (space, row, content, partial(encoder.chances, content, row) if encoder.judges else None)
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
    by_space = [(space, rows) for space in spaces if (rows := _rows_of_examples(asking.index, space, query.like))]
    if not by_space:
        raise QueryError(
            f"no descriptor of {', '.join(query.like)} in the spaces asked ({', '.join(s.name for s in spaces)})"
        )
    return _shared(query.like_weight, [(space, row) for space, rows in by_space for row in rows], asking)


def _rows_of_examples(index: Index, space: Space, ids: Sequence[str]) -> list[Any]:
    """Return the mean of the items that have a descriptor in a space, and some of the spans of each other file.

    The mean of a film's shots is like none of them.
    """
    own = _own_vectors(index, space, ids)
    rows = [_mean(space, list(own.values()))] if own else []
    others = [item for item in ids if item not in own]
    for item in others:
        rows += _spread(_span_vectors(index, space, item), max(1, SEGMENTS // len(others)))
    return rows


def _spread(rows: list[Any], most: int) -> list[Any]:
    """Return at most so many, evenly spaced."""
    count = min(most, len(rows))
    return [rows[number * (len(rows) - 1) // max(1, count - 1)] for number in range(count)]


def _mean_of_items(index: Index, space: Space, ids: Sequence[str]) -> Any:
    """Return the mean descriptor of some items, None where none is in the space; a file counts by its spans."""
    if not ids:
        return None
    own = _own_vectors(index, space, ids)
    rows = list(own.values())
    for item in ids:
        if item not in own:
            rows += _span_vectors(index, space, item)
    return _mean(space, rows) if rows else None


def _own_vectors(index: Index, space: Space, ids: Sequence[str]) -> dict[str, Any]:
    points = index.fetch(ids, spaces=[space.name], keys=())
    return {point.id: point.vectors[space.name] for point in points if space.name in point.vectors}


def _span_vectors(index: Index, space: Space, file: str) -> list[Any]:
    """Return the descriptors of a file's spans, as they follow one another."""
    found: list[tuple[float, Any]] = []
    spans = [Condition("file", "=", file), Condition("kind", "!=", "region")]
    for point in index.scroll(spans, spaces=[space.name], keys=("start",)):
        if space.name in point.vectors:
            found.append((point.payload.get("start", 0.0), point.vectors[space.name]))
        if len(found) == EXAMPLE_SPANS:
            break
    return [vector for _, vector in sorted(found, key=lambda one: one[0])]


def _mean(space: Space, rows: list[Any]) -> Any:
    if space.kind == "sparse":
        return _mean_terms(space, rows)
    if space.kind == "binary":
        votes = np.unpackbits(np.stack(rows), axis=1).mean(0)
        return np.packbits(votes >= 0.5)
    mean = np.stack(rows).mean(axis=0, dtype=np.float32)
    return normalised(mean[None])[0] if space.metric == "cosine" else mean


def _mean_terms(space: Space, rows: list[csr_array]) -> csr_array:
    weights = np.concatenate([row.data for row in rows]) / len(rows)
    terms = np.concatenate([row.indices for row in rows])
    mean = csr_array((weights, terms, [0, len(terms)]), shape=(1, space.dim))
    mean.sum_duplicates()
    return mean


def _moved_away(question: SpaceQuery, negative: Any) -> SpaceQuery:
    space = question.space
    if negative is None or space.kind != "float":
        return question
    moved = question.vector - np.float32(GAMMA) * negative
    vector = normalised(moved[None])[0] if space.metric == "cosine" else moved
    return replace(question, vector=vector)

"""Keeping away from what is unlike, by Rocchio's method, and from words that hits are not to hold.

Every vector of a dense space moves away from the mean of the negatives, ``q - gamma * mean(negatives)`` (Rocchio 1971,
"Relevance feedback in information retrieval"), each item and part by its weight, and the farther the more they weigh.
In a space of keywords a question's terms are few, and there is nothing to move: a match that holds words which are
minus is worth less by these, and is no evidence. Codes stay as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sonolux.encoders.base import normalised
from sonolux.errors import QueryError
from sonolux.index import Index
from sonolux.retrieval.examples import mean_of, own_vectors, span_vectors
from sonolux.retrieval.query import Query
from sonolux.retrieval.space_query import SpaceQuery, spaces_of
from sonolux.types import Space

GAMMA = 0.5
"""Weight of what is unlike. Rocchio's usual .15 to .25, made for sparse counts, hardly moves a dense unit vector."""


def move_away(
    questions: Sequence[SpaceQuery], away: Sequence[SpaceQuery], query: Query, index: Index
) -> list[SpaceQuery]:
    """Return questions moved away from the parts that are minus and from the items that are unlike.

    Parameters
    ----------
    questions : sequence of SpaceQuery
        What is asked.
    away : sequence of SpaceQuery
        What the parts that are minus were encoded to.
    query : Query
        Says which items are unlike.
    index : Index

    Raises
    ------
    QueryError
        Where no space that is asked knows a part that is minus.
    """
    asked = {question.space.name: question.space for question in questions}
    for part in {one.part for one in away}:
        known = [one for one in away if one.part == part and one.space.kind != "binary"]
        if not any(one.space.name in asked for one in known):
            raise QueryError(
                f"{query.parts[part].kind} that is minus is known to {', '.join(spaces_of(known)) or 'no space'}, and"
                f" what is asked to {', '.join(asked)}: no space can tell them apart"
            )
    return [
        _moved(question, [one for one in away if one.space == question.space], query, index) for question in questions
    ]


def _moved(question: SpaceQuery, away: Sequence[SpaceQuery], query: Query, index: Index) -> SpaceQuery:
    space = question.space
    if space.kind == "sparse" and away:
        terms = mean_of(space, [one.vector for one in away], [one.weight * one.share for one in away])
        return replace(question, minus=terms * (GAMMA * _mean_weight({one.part: one.weight for one in away}.values())))
    if space.kind != "float":
        return question
    rows = [(one.weight * one.share, one.vector) for one in away]
    weights = list({one.part: one.weight for one in away}.values())
    for weight, vectors in _unlike(query, space, index):
        weights.append(weight)
        rows += [(weight / len(vectors), vector) for vector in vectors]
    if not rows:
        return question
    negative = mean_of(space, [row for _, row in rows], [weight for weight, _ in rows])
    moved = question.vector - np.float32(GAMMA * _mean_weight(weights)) * negative
    return replace(question, vector=normalised(moved[None])[0] if space.metric == "cosine" else moved)


def _unlike(query: Query, space: Space, index: Index) -> list[tuple[float, list[Any]]]:
    """Return the items that are unlike and have descriptors in a space: weights and descriptors."""
    if not query.unlike:
        return []
    own = own_vectors(index, space, query.unlike)
    weights = query.unlike_weights or (1.0,) * len(query.unlike)
    found = [
        (weight, [own[item]] if item in own else span_vectors(index, space, item))
        for item, weight in zip(query.unlike, weights, strict=True)
    ]
    return [(weight, vectors) for weight, vectors in found if vectors]


def _mean_weight(weights: Collection[float]) -> float:
    return sum(weights) / len(weights)

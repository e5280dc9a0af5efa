"""Interests: the few directions of a space in which a person's liked items lie, each asked by itself.

The mean of a waltz and of a march is like neither. Liked items are clustered by their likeness into `MOST` clusters at
most, and each cluster asks with its mean, by its share of the weight (as Pal et al. 2020, "PinnerSage: multi-modal user
embedding framework for recommendations at Pinterest", KDD; there by Ward's method, here by spherical k-means: Dhillon
and Modha 2001, "Concept decompositions for large sparse text data using clustering", Machine Learning). Every question
moves away from what is disliked, by Rocchio's method (`sonolux.retrieval.rocchio`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.encoders.base import normalised
from sonolux.index import Condition, Index
from sonolux.retrieval.examples import EXAMPLE_SPANS, mean_of
from sonolux.retrieval.rocchio import GAMMA
from sonolux.retrieval.space_query import SpaceQuery
from sonolux.types import Space

MOST = 3
"""Interests of a taste in a space: each is one more search."""

ROUNDS = 5
"""Of k-means."""

ItemVectors = Mapping[str, Mapping[str, Any]]
"""Descriptors by item, and by space."""


def vectors_of_files(index: Index, spaces: Sequence[Space], ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the descriptors of files in some spaces; of a file that is there through its spans alone, their mean.

    Parameters
    ----------
    index : Index
    spaces : sequence of Space
    ids : sequence of str
        Of files.

    Returns
    -------
    vectors : dict of str to dict of str to descriptor
        By file, and by space; without files that are gone.
    """
    names = [space.name for space in spaces]
    found = {point.id: dict(point.vectors) for point in index.fetch(ids, spaces=names, keys=())}
    missing = [item for item in found if any(name not in found[item] for name in names)]
    if not missing:
        return found
    parts: dict[tuple[str, str], list[Any]] = defaultdict(list)
    spans = [Condition("file", "=", tuple(missing)), Condition("kind", "!=", "region"), Condition("kind", "!=", "file")]
    for point in index.scroll(spans, spaces=names, keys=("file",)):
        for name, vector in point.vectors.items():
            held = parts[point.payload["file"], name]
            if name not in found[point.payload["file"]] and len(held) < EXAMPLE_SPANS:
                held.append(vector)
    by_name = {space.name: space for space in spaces}
    for (item, name), vectors in parts.items():
        if vectors:
            found[item][name] = mean_of(by_name[name], vectors, [1.0] * len(vectors))
    return found


def interests_of(
    space: Space, strength: float, liked: Mapping[str, float], disliked: Mapping[str, float], vectors: ItemVectors
) -> list[SpaceQuery]:
    """Return the questions that a taste asks a space with; none where it holds nothing that is liked.

    Parameters
    ----------
    space : Space
    strength : float
        Of the space, where answers are fused.
    liked, disliked : mapping of str to float
        Weights by item.
    vectors : mapping
        As `vectors_of_files` gives them.
    """
    rows = {item: vectors[item][space.name] for item in liked if space.name in vectors.get(item, {})}
    if not rows:
        return []
    weights = np.array([liked[item] for item in rows])
    listed = list(rows.values())
    groups = [np.arange(len(rows))] if space.kind == "sparse" else _clusters(_floats(space, listed), weights)
    away = {item: vectors[item][space.name] for item in disliked if space.name in vectors.get(item, {})}
    questions = []
    for group in groups:
        mean = mean_of(space, [listed[place] for place in group], weights[group].tolist())
        if away and space.kind == "float":
            negative = mean_of(space, list(away.values()), [disliked[item] for item in away])
            mean = mean - np.float32(GAMMA) * negative
            mean = normalised(mean[None])[0] if space.metric == "cosine" else mean
        share = float(weights[group].sum() / weights.sum())
        questions.append(SpaceQuery(space, mean, 1.0, strength=strength, share=share))
    return questions


def _floats(space: Space, rows: Sequence[Any]) -> NDArray[np.float32]:
    stacked = np.stack(rows)
    signs = np.unpackbits(stacked, axis=1).astype(np.float32) * 2 - 1 if space.kind == "binary" else stacked
    return normalised(np.asarray(signs, np.float32))


def _clusters(rows: NDArray[np.float32], weights: NDArray[np.float64]) -> list[NDArray[np.intp]]:
    """Return the rows of each cluster: spherical k-means, begun with rows that lie apart, the heaviest first."""
    if len(rows) <= MOST:
        return [np.array([place]) for place in range(len(rows))]
    chosen = [int(weights.argmax())]
    while len(chosen) < MOST:
        chosen.append(int((rows @ rows[chosen].T).max(axis=1).argmin()))
    centres = rows[chosen]
    for _ in range(ROUNDS):
        nearest = (rows @ centres.T).argmax(axis=1)
        members = np.equal.outer(np.arange(len(centres)), nearest) * weights
        centres = normalised((members @ rows).astype(np.float32))
    return [group for number in range(MOST) if len(group := np.flatnonzero(nearest == number))]

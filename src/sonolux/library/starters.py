"""Starters: a few files that differ and are typical, for somebody of whom nothing is known to choose from.

Asking for an opinion on what is popular teaches little, as everybody likes it, and on what is rare nothing (Rashid et
al. 2002, "Getting to know you: learning new user preferences in recommender systems", IUI). Of a random part of each
modality those are chosen that many others resemble and that resemble one another little, by maximal marginal relevance.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Collection, Sequence
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

import numpy as np

from sonolux.errors import QueryError
from sonolux.index import Condition, Index, Where
from sonolux.retrieval.diversity import maximal_marginal_relevance
from sonolux.retrieval.recommendation.interests import vectors_of_files
from sonolux.retrieval.similarity import similarities
from sonolux.types import Space

if TYPE_CHECKING:
    from sonolux.library.spaces import Spaces

LOOKED_AT = 256
"""Files of each modality among which it is chosen."""

VARIETY = 0.7

MOST_STARTERS = 100


def find_starters(
    index: Index, spaces: Spaces, k: int, where: Where = (), without: Collection[str] = (), seed: int = 0
) -> list[str]:
    """Return the ids of files to begin with, of each modality in turn.

    Parameters
    ----------
    index : Index
    spaces : Spaces
    k : int
        How many, at most.
    where : sequence of Condition
    without : collection of str
        Ids of files that are not to come.
    seed : int
        Another one finds others.

    Raises
    ------
    QueryError
        For more, or fewer, than can be asked for.
    """
    if not 1 <= k <= MOST_STARTERS:
        raise QueryError(f"1 to {MOST_STARTERS} items are found to begin with, not {k}")
    by_modality: defaultdict[str, list[str]] = defaultdict(list)
    for point in index.scroll([*where, Condition("kind", "=", "file")], keys=("modality",)):
        if point.id not in without:
            by_modality[str(point.payload["modality"])].append(point.id)
    drawing = random.Random(seed)
    parts = [
        drawing.sample(ids, min(LOOKED_AT, len(ids))) for _, ids in sorted(by_modality.items(), key=lambda one: one[0])
    ]
    strongest = sorted(spaces.names(), key=lambda name: -spaces.weight(name))
    float_spaces = [space for name in strongest if (space := spaces.by_name(name)).kind == "float"]
    turns = zip_longest(*(_spread(index, float_spaces, part, k) for part in parts))
    return [item for item in chain.from_iterable(turns) if item is not None][:k]


def _spread(index: Index, spaces: Sequence[Space], ids: Sequence[str], k: int) -> list[str]:
    """Return files that are typical and differ, in the first space that describes most of them; else as they come."""
    vectors = vectors_of_files(index, spaces, ids)
    for space in spaces:
        held = [item for item in ids if space.name in vectors.get(item, {})]
        if len(held) > len(ids) / 2:
            rows = np.stack([vectors[item][space.name] for item in held])
            alike = similarities(space, rows, rows).astype(np.float64)
            typical = (alike.sum(axis=1) - np.diag(alike)) / max(len(held) - 1, 1)
            return [held[number] for number in maximal_marginal_relevance(typical, alike, k, VARIETY)]
    return list(ids[:k])

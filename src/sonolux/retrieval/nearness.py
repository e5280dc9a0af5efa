"""Nearness: how the matches of one list lie by their scores, and which of them are alike or say just what is asked."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from sonolux.index import ScoredPoint
from sonolux.retrieval.background import closeness
from sonolux.retrieval.fusion import shared_ranks
from sonolux.retrieval.space_query import SpaceQuery


def nearness(asked: SpaceQuery, found: Sequence[ScoredPoint]) -> list[float]:
    """Return scores in which all that is at a distance of about nothing is equal."""
    scores = np.array([match.score for match in found])
    near: list[float] = (scores if asked.space.kind == "sparse" else closeness(asked.space, scores)).tolist()
    if asked.words:
        near = [math.inf if _says(match, asked.words) else score for match, score in zip(found, near, strict=True)]
    return near


def verbatim_first(words: str, found: list[ScoredPoint]) -> list[ScoredPoint]:
    """Put first what says just what is asked: of a text, others may hold the words more often."""
    return sorted(found, key=lambda match: not _says(match, words))


def _says(match: ScoredPoint, words: str) -> bool:
    """Return whether a match says these words and no others, in any case, however they are spaced."""
    text = match.payload.get("text", "")
    return len(text) <= 2 * len(words) and text.casefold().split() == words.casefold().split()


def ranks_of(ranking: Sequence[ScoredPoint]) -> list[int]:
    """Return the rank of each match of a ranking; those of one score share theirs."""
    return shared_ranks(match.score for match in ranking)


def all_tied(asked: SpaceQuery, found: Sequence[ScoredPoint]) -> bool:
    """Return whether the last match is as near as the first."""
    first, last = nearness(asked, [found[0], found[-1]])
    return first == last

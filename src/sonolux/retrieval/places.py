"""Places of a ranking: what ranking found, as hits that show themselves, or without what they show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from sonolux.index import Index, ScoredPoint
from sonolux.index.payload import SPAN_KEYS, region_of, span_of
from sonolux.media.paths import from_stored
from sonolux.retrieval.fusion import shared_ranks
from sonolux.retrieval.nearness import nearness
from sonolux.retrieval.space_query import SpaceQuery
from sonolux.types import Hit, Modality

KEYS = ("path", "kind", "file", *SPAN_KEYS, "title", "text", "region")
"""What a hit shows; the rest of the payload stays on disk."""

PLACED_KEYS = ("file", "kind", "modality", "text")
"""What ranking itself looks at."""

MODALITIES = {str(modality): modality for modality in Modality}

SpaceAnswer = tuple[SpaceQuery, list[ScoredPoint]]
"""A vector that was asked with, and what was found."""

ListEvidence = tuple[float, str, bool]
"""P-value of an item in one list, the space, and whether the item is sure to be meant whatever its chance."""

Evidence = tuple[float, str, bool, int]
"""P-value of an item, the space in which it is strongest, whether it is confident, and whether it leads: 2 for what
holds all words of the question, 1 for what is beyond chance, 0 for all others."""


class Witness(NamedTuple):
    """What one list says of a file: which item of it, its rank and its p-value there.

    Attributes
    ----------
    question : int
        Number of the vector that was asked with.
    """

    question: int
    item: str
    rank: int
    chance: float


class Place(NamedTuple):
    """A hit of a ranking without what it shows: that is read when it is shown.

    Attributes
    ----------
    id, file, score, chance, space, confident
        As of a `Hit`.
    seen : tuple of Witness
        What the lists say of it, where that was asked.
    """

    id: str
    file: str
    score: float
    chance: float
    space: str
    confident: bool
    seen: tuple[Witness, ...] = ()


class RankedPage(NamedTuple):
    """A page of a ranking, and the lists that it was made of.

    Attributes
    ----------
    matches, evidence
        Of the page, best first.
    lists : sequence of SpaceAnswer
    assessed : sequence of sequence of ListEvidence
        Of each match of each list; empty for a single list, of which the page alone is assessed.
    """

    matches: list[ScoredPoint]
    evidence: list[Evidence | None]
    lists: Sequence[SpaceAnswer]
    assessed: Sequence[Sequence[ListEvidence]]


def hits_at(index: Index, places: Sequence[Place]) -> list[tuple[Place, Hit]]:
    """Read the hits at some places; those of what was removed are left out."""
    points = {point.id: point for point in index.fetch([place.id for place in places], keys=KEYS)}
    there = [place for place in places if place.id in points]
    matches = [ScoredPoint(place.id, place.score, dict(points[place.id].payload)) for place in there]
    hits = hits_of(matches, [(place.chance, place.space, place.confident, 0) for place in there])
    return list(zip(there, hits, strict=True))


def hits_of(page: Sequence[ScoredPoint], evidence: Sequence[Evidence | None]) -> list[Hit]:
    """Return the hits that matches with `KEYS` are; none for what is gone."""
    hits = []
    for (id_, score, payload), said in zip(page, evidence, strict=True):
        if said is None:
            continue
        chance, space, confident, _ = said
        hit = Hit(
            id_,
            from_stored(payload["path"]),
            MODALITIES[payload["modality"]],
            payload["kind"],
            payload["file"],
            span_of(payload),
            score,
            chance,
            space,
            payload.get("title", ""),
            payload.get("text", ""),
            confident,
            region_of(payload["region"]) if "region" in payload else None,
        )
        hits.append(hit)
    return hits


def witnesses_of(
    page: RankedPage, questions: Sequence[SpaceQuery], name: Callable[[ScoredPoint], str]
) -> Mapping[str, tuple[Witness, ...]]:
    """Return what all lists say of each match of a page, by what the match is ranked as."""
    # A list that says nothing is left out of a page, so lists are not numbered as questions are.
    numbers = {id(asked): number for number, asked in enumerate(questions)}
    wanted = {name(match) for match in page.matches}
    judged = {match.id: said[0] for match, said in zip(page.matches, page.evidence, strict=True) if said}
    seen: dict[str, list[Witness]] = defaultdict(list)
    for number, (asked, found) in enumerate(page.lists):
        chances = [one[0] for one in page.assessed[number]] if page.assessed else [judged.get(m.id, 1.0) for m in found]
        for match, rank, chance in zip(found, shared_ranks(nearness(asked, found)), chances, strict=True):
            if name(match) in wanted and chance <= 1:
                seen[name(match)].append(Witness(numbers[id(asked)], match.id, rank, chance))
    return {key: tuple(witnesses) for key, witnesses in seen.items()}

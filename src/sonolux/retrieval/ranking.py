"""Ranking: one vector a space to a page of hits; search, fuse, group, diversify, calibrate.

A single query keeps the similarity of its space as score. Several are fused by rank. The chance of a fused hit is
the smallest over the lists that hold it, times the number of lists: asking several spaces gives chance several tries
(Bonferroni).

The engine answers in a third of a millisecond, so what happens here to each hit of a single query is kept short.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import vstack

from sonolux.index import Condition, Index, ScoredPoint, Where
from sonolux.index.payload import SPAN_KEYS, region_of, span_of
from sonolux.media.paths import from_stored
from sonolux.retrieval.calibration import EXPECTED, Calibration
from sonolux.retrieval.diversity import maximal_marginal_relevance
from sonolux.retrieval.fusion import reciprocal_rank_fusion
from sonolux.retrieval.grouping import best_of_each_file
from sonolux.retrieval.keywords import KeywordBackground
from sonolux.retrieval.planning import SpaceQuery
from sonolux.retrieval.query import Query
from sonolux.retrieval.similarity import similarities
from sonolux.types import Hit, Modality

KEYS = ("path", "kind", "file", *SPAN_KEYS, "title", "text", "region")
"""What a hit shows; the rest of the payload stays on disk."""

DEPTH = 100
"""Least length of the lists that are fused."""

CANDIDATES = 5
"""Candidates a hit from which diversity chooses."""


MODALITIES = {str(modality): modality for modality in Modality}


ListEvidence = tuple[float, str, bool]
"""P-value of an item in one list times the tries, the space, and whether the item is confident."""

GONE: ListEvidence = (math.inf, "", False)
"""Said of an item that was removed after it was found: it is no hit."""


@dataclass(slots=True)
class Ranker:
    """Ranks the answers of one library.

    Attributes
    ----------
    index : Index
    calibration : Calibration
    changes : int
        How many points the library has written or removed so far.
    spans : bool
        Whether any file of the library has spans; without, grouping has nothing to do.
    """

    index: Index
    calibration: Calibration
    changes: int
    spans: bool

    def rank(self, query: Query, space_queries: Sequence[SpaceQuery]) -> list[Hit]:
        """Answer a planned query with one page of hits, best first."""
        alone = len(space_queries) == 1
        lists = [self._search_space(query, space_query, alone=alone) for space_query in space_queries]
        if alone:
            ranking = lists[0]
        else:
            weighted = [
                (q.weight, [match.id for match in found]) for q, found in zip(space_queries, lists, strict=True)
            ]
            matches = {match.id: match for found in lists for match in found}
            ranking = [matches[item]._replace(score=score) for item, score in reciprocal_rank_fusion(weighted)]
        if self.spans and not query.spans:
            ranking = best_of_each_file(ranking)
        if query.diverse:
            ranking = self._spread(query, space_queries, ranking)
        page = ranking[query.offset : query.offset + query.k]
        evidence = self._assess(space_queries[0], page) if alone else self._evidence(space_queries, lists, page)
        hits = _hits(page, evidence)
        return [hit for hit in hits if hit.confident] if query.confident else hits

    def _search_space(self, query: Query, space_query: SpaceQuery, *, alone: bool) -> list[ScoredPoint]:
        """Search one space for enough matches to fill the page once grouped; for more where lists are fused."""
        if space_query.space.kind == "sparse" and not space_query.vector.nnz:
            return []
        wanted = query.offset + query.k
        if query.diverse:
            wanted *= CANDIDATES
        examples = (*query.like, *query.unlike)
        where: Where = (*query.where, Condition("file", "!=", examples)) if examples else query.where
        grouped = self.spans and not query.spans
        limit = wanted if alone and not grouped else max(DEPTH, 2 * wanted)
        while True:
            found = self.index.search(
                space_query.space.name, space_query.vector, limit, where=where, without=examples, keys=KEYS
            )
            files = len({match.payload["file"] for match in found}) if grouped else len(found)
            if files >= wanted or len(found) < limit:
                return found
            limit *= 4

    def _evidence(
        self, space_queries: Sequence[SpaceQuery], lists: Sequence[list[ScoredPoint]], page: list[ScoredPoint]
    ) -> list[ListEvidence]:
        """Return the evidence for each match of a page of all lists that hold it."""
        shown = {match.id for match in page}
        by_match: dict[str, list[ListEvidence]] = defaultdict(list)
        for space_query, found in zip(space_queries, lists, strict=True):
            matches = [match for match in found if match.id in shown]
            for match, evidence in zip(matches, self._assess(space_query, matches, len(lists)), strict=True):
                by_match[match.id].append(evidence)
        together = []
        for match in page:
            said = by_match[match.id]
            chance, space, _ = min(said, key=lambda one: one[0])
            sure = any(confident for _, _, confident in said)
            together.append(GONE if GONE in said else (min(1.0, chance), space, sure))
        return together

    def _assess(self, space_query: SpaceQuery, matches: list[ScoredPoint], tries: int = 1) -> list[ListEvidence]:
        if not matches:
            return []
        space = space_query.space
        background = self.calibration.background(space, self.changes)
        if isinstance(background, KeywordBackground):
            return self._assess_words(background, space_query, matches, tries)
        chances = [1.0] * len(matches)
        if background is not None:
            chances = background.chance(space_query.vector, [match.score for match in matches])
        allowed = self._allowed(space.name, tries)
        return [(chance * tries, space.name, chance <= allowed) for chance in chances]

    def _assess_words(
        self, background: KeywordBackground, space_query: SpaceQuery, matches: list[ScoredPoint], tries: int
    ) -> list[ListEvidence]:
        space = space_query.space.name
        points = self.index.fetch([match.id for match in matches], spaces=[space], keys=())
        rows = {point.id: point.vectors[space] for point in points if space in point.vectors}
        there = [match.id for match in matches if match.id in rows]
        if not there:
            return [GONE] * len(matches)
        chances, complete = background.chance(space_query.vector, vstack([rows[item] for item in there], format="csr"))
        allowed = self._allowed(space, tries)
        said = {
            item: (chance * tries, space, whole or chance <= allowed)
            for item, chance, whole in zip(there, chances, complete, strict=True)
        }
        return [said.get(match.id, GONE) for match in matches]

    def _allowed(self, space: str, tries: int) -> float:
        """Return the chance up to which a hit is confident."""
        return EXPECTED / (tries * max(1, self.calibration.count(space, self.changes)))

    def _spread(
        self, query: Query, space_queries: Sequence[SpaceQuery], ranking: list[ScoredPoint]
    ) -> list[ScoredPoint]:
        """Reorder the best candidates by maximal marginal relevance, in the first dense space searched."""
        dense = [space_query.space for space_query in space_queries if space_query.space.kind != "sparse"]
        head = ranking[: CANDIDATES * (query.offset + query.k)]
        if not dense or len(head) < 2:
            return ranking
        space = dense[0]
        points = self.index.fetch([match.id for match in head], spaces=[space.name], keys=())
        rows = {point.id: point.vectors[space.name] for point in points if space.name in point.vectors}
        likeness = np.zeros((len(head), len(head)))
        held = [i for i, match in enumerate(head) if match.id in rows]
        if held:
            vectors: NDArray[Any] = np.stack([rows[head[i].id] for i in held])
            likeness[np.ix_(held, held)] = similarities(space, vectors, vectors)
        relevance = np.array([match.score for match in head])
        order = maximal_marginal_relevance(relevance, likeness, len(head), query.diverse)
        return [head[i] for i in order]


def _hits(page: Sequence[ScoredPoint], evidence: Sequence[ListEvidence]) -> list[Hit]:
    hits = []
    for (id_, score, payload), said in zip(page, evidence, strict=True):
        if said is GONE:
            continue
        chance, space, confident = said
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

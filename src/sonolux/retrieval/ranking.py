"""Ranking: one vector a space to a page of hits; search, group, fuse, diversify, calibrate.

A single query keeps the similarity of its space as score. Several are fused by evidence (`sonolux.retrieval.evidence`),
each list grouped by file before: the score is the mean evidence of a file over the spaces that hold files of its kind,
each by its weight. Where a query has several parts, the rankings of these are fused by rank, each by the weight that
people gave it. The chance of a fused hit is that of all lists together (`sonolux.retrieval.fusion.simes`): asking
several spaces, with several pieces of a file, gives chance several tries.

The engine answers in a third of a millisecond, so what happens here to each hit of a single query is kept short.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from sonolux.index import Condition, Index, ScoredPoint, Where
from sonolux.retrieval.calibration import EXPECTED, Calibration
from sonolux.retrieval.dependence import Weights
from sonolux.retrieval.diversity import maximal_marginal_relevance
from sonolux.retrieval.evidence import list_evidence
from sonolux.retrieval.fusion import WeighedList, fuse_evidence, reciprocal_rank_fusion, shared_ranks, simes
from sonolux.retrieval.grouping import best_of_each_file
from sonolux.retrieval.keywords import KeywordBackground
from sonolux.retrieval.nearness import all_tied, nearness, ranks_of, verbatim_first
from sonolux.retrieval.places import (
    KEYS,
    PLACED_KEYS,
    Evidence,
    ListEvidence,
    Place,
    RankedPage,
    SpaceAnswer,
    Witness,
    hits_of,
    witnesses_of,
)
from sonolux.retrieval.query import Query
from sonolux.retrieval.recognition import recognise
from sonolux.retrieval.similarity import similarities
from sonolux.retrieval.space_query import SpaceQuery
from sonolux.types import Hit

DEPTH = 100
"""Least length of the lists that are fused."""

CANDIDATES = 5
"""Candidates a hit from which diversity chooses."""


TIED = 1600
"""Length at which a list that is fused may be nothing but ties; shorter ones are made longer."""

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
    keys : tuple of str
        Payload keys that matches bring.
    depth : int
        Least length of the lists that are fused.
    """

    index: Index
    calibration: Calibration
    changes: int
    spans: bool
    keys: tuple[str, ...] = KEYS
    depth: int = DEPTH

    def rank(self, query: Query, space_queries: Sequence[SpaceQuery]) -> list[Hit]:
        """Answer a planned query with one page of hits, best first."""
        page = self._page(query, space_queries)
        hits = hits_of(page.matches, page.evidence)
        return [hit for hit in hits if hit.confident] if query.confident else hits

    def place(self, query: Query, space_queries: Sequence[SpaceQuery]) -> list[Place]:
        """Answer as `rank` does, with the places of the hits alone; with what speaks for them where it is asked."""
        page = replace(self, keys=PLACED_KEYS)._page(query, space_queries)
        seen: Mapping[str, tuple[Witness, ...]] = {}
        if query.explain:
            seen = witnesses_of(page, space_queries, lambda match: self._name(query, match))
        # One a place, also where it is gone: a ranking tells by their number whether there are more.
        return [
            Place(
                match.id,
                match.payload["file"],
                match.score,
                *(said[:3] if said else (1.0, "", False)),
                seen.get(self._name(query, match), ()),
            )
            for match, said in zip(page.matches, page.evidence, strict=True)
        ]

    def _page(self, query: Query, space_queries: Sequence[SpaceQuery]) -> RankedPage:
        """Return the matches of one page, best first, and the evidence for each."""
        alone = len(space_queries) == 1
        lists = [(asked, self._search_space(query, asked, alone=alone)) for asked in space_queries]
        if not alone:
            # Of more matches that are as near, as black frames are, an index names any few: such a list says nothing.
            lists = [one for one in lists if len(one[1]) < TIED or not all_tied(*one)] or lists
        if self.spans and not query.spans:
            lists = [(asked, best_of_each_file(found)) for asked, found in lists]
        assessed = [] if alone else [self._assess(asked, found) for asked, found in lists]
        ranking = lists[0][1] if alone else self._fuse(query, lists, assessed)
        # Lists are ordered by likeness; what an encoder knows beyond it tells what is there at all.
        said = {} if alone else self._judge_lists(query, lists, list(map(self._recognise, lists, assessed)), ranking)
        if not (alone or query.spans) and len(query.parts) + bool(query.like) == 1:
            ranking = _leading_first(ranking, said)
        if query.diverse:
            ranking = self._spread(query, space_queries, ranking)
        page = ranking[query.offset : query.offset + query.k]
        evidence = self._judge_list(space_queries[0], page) if alone else [said[match.id] for match in page]
        return RankedPage(page, evidence, lists, assessed)

    def _search_space(self, query: Query, space_query: SpaceQuery, *, alone: bool) -> list[ScoredPoint]:
        """Search one space for enough matches to fill the page once grouped; for more where lists are fused."""
        if space_query.space.kind == "sparse" and not space_query.vector.nnz:
            return []
        vector = space_query.vector if space_query.minus is None else csr_array(space_query.vector - space_query.minus)
        wanted = query.offset + query.k
        if query.diverse:
            wanted *= CANDIDATES
        examples = (*query.like, *query.unlike)
        where: Where = (*query.where, Condition("file", "!=", examples)) if examples else query.where
        parts = examples if self.spans else ()  # whose file is another
        grouped = self.spans and not query.spans
        limit = wanted if alone and not grouped else max(self.depth, 2 * wanted)
        while True:
            found = self.index.search(space_query.space.name, vector, limit, where=where, without=parts, keys=self.keys)
            if space_query.minus is not None:
                found = [match for match in found if match.score > 0]  # what holds nothing that is asked
            if space_query.least > -math.inf:
                found = [match for match in found if match.score > space_query.least]
            if space_query.words:
                found = verbatim_first(space_query.words, found)
            if len(found) < limit:
                return found
            files = len({match.payload["file"] for match in found}) if grouped else len(found)
            if files >= wanted and (alone or limit >= TIED or not all_tied(space_query, found)):
                return found
            limit *= 4

    def _fuse(
        self, query: Query, lists: Sequence[SpaceAnswer], assessed: Sequence[Sequence[ListEvidence]]
    ) -> list[ScoredPoint]:
        """Fuse lists, in which each file is there once, with its best span; a file shows the one worth most.

        Were spans fused before they are grouped, one that is middling in all lists would come before those of which
        each is first in some, as every piece of a long question puts another first.
        """
        parts: dict[int, list[tuple[SpaceAnswer, Sequence[ListEvidence]]]] = defaultdict(list)
        for answer, said in zip(lists, assessed, strict=True):
            parts[answer[0].part].append((answer, said))
        fused = [self._fuse_part(query, those) for those in parts.values()]
        if len(fused) == 1:
            return fused[0]
        # What words and pictures say has no common scale, and people's weights are to decide.
        ranked = [
            (those[0][0][0].weight, self._ranked_part(query, those, each))
            for those, each in zip(parts.values(), fused, strict=True)
        ]
        best: dict[str, ScoredPoint] = {}
        for match in sorted(chain(*fused), key=lambda match: -match.score):
            best.setdefault(self._name(query, match), match)
        return [best[name]._replace(score=score) for name, score in reciprocal_rank_fusion(ranked)]

    def _ranked_part(
        self, query: Query, lists: Sequence[tuple[SpaceAnswer, Sequence[ListEvidence]]], fused: list[ScoredPoint]
    ) -> Iterator[tuple[str, int]]:
        """Rank the files of one part of several: what leads, and far behind it what is there because something must be.

        A space of meanings has a place for every item, so that what is middling in all parts would come before what is
        first in one.
        """
        said = self._judge_lists(query, [answer for answer, _ in lists], [each for _, each in lists], fused)
        leading = [match for match in fused if (one := said[match.id]) is not None and one[3]]
        names = {match.id for match in leading}
        others = [match for match in fused if match.id not in names]
        behind = DEPTH if leading else 0
        for match, rank in zip(leading, ranks_of(leading), strict=True):
            yield self._name(query, match), rank
        for match, rank in zip(others, ranks_of(others), strict=True):
            yield self._name(query, match), rank + behind

    def _fuse_part(
        self, query: Query, lists: Sequence[tuple[SpaceAnswer, Sequence[ListEvidence]]]
    ) -> list[ScoredPoint]:
        """Fuse the lists of one part by evidence."""
        weights = self._weights([asked for (asked, _), _ in lists])
        weighed = [
            WeighedList(asked.share * weights.of_space[asked.space.name], self._evidence(asked, found, said))
            for (asked, found), said in lists
        ]
        matches = {match.id: match for (_, found), _ in lists for match in found}
        worth: dict[str, float] = defaultdict(float)
        best: dict[str, tuple[float, ScoredPoint]] = {}
        for item, sum_ in fuse_evidence(weighed).items():
            match = matches[item]
            mean = sum_ / weights.of_modality(match.payload["modality"])
            name = self._name(query, match)
            worth[name] += mean
            if name not in best or mean > best[name][0]:
                best[name] = (mean, match)
        ordered = sorted(worth.items(), key=lambda pair: -pair[1])
        return [best[name][1]._replace(score=score) for name, score in ordered]

    def _weights(self, asked: Sequence[SpaceQuery]) -> Weights:
        """Return the weights of the spaces that a part asks."""
        strengths = {each.space.name: each.strength for each in asked}
        spaces = {each.space.name: each.space for each in asked}
        return self.calibration.dependence(list(spaces.values()), self.changes).weights(strengths)

    def _evidence(
        self, asked: SpaceQuery, found: Sequence[ScoredPoint], said: Sequence[ListEvidence]
    ) -> dict[str, float]:
        """Return the evidence for each match of a list; nothing for one that is gone."""
        if not found:
            return {}
        background = self.calibration.background(asked.space, self.changes)
        chances = None if asked.plain or background.silent else [chance for chance, _, _ in said]
        count = self.calibration.count(asked.space.name, self.changes)
        evidence = list_evidence(chances, shared_ranks(nearness(asked, found)), count)
        return {match.id: each for match, each, one in zip(found, evidence, said, strict=True) if one is not GONE}

    def _name(self, query: Query, match: ScoredPoint) -> str:
        """Return what a match is ranked as: its file, or itself where spans are asked for."""
        return match.id if query.spans or not self.spans else match.payload["file"]

    def _judge_list(self, space_query: SpaceQuery, page: list[ScoredPoint]) -> list[Evidence | None]:
        """Return the evidence for each match of a page of a single list; None for one that is gone."""
        count = self.calibration.count(space_query.space.name, self.changes)
        return [
            None if said is GONE else (said[0], said[1], said[2] or said[0] * count <= EXPECTED, 0)
            for said in self._recognise((space_query, page), self._assess(space_query, page))
        ]

    def _judge_lists(
        self,
        query: Query,
        lists: Sequence[SpaceAnswer],
        assessed: Sequence[Sequence[ListEvidence]],
        ranking: Sequence[ScoredPoint],
    ) -> dict[str, Evidence | None]:
        """Return the evidence for each match by its id: what all lists say together of its file; None for one gone."""
        said: dict[str, list[ListEvidence]] = {self._name(query, match): [] for match in ranking}
        for (_, found), those in zip(lists, assessed, strict=True):
            for match, one in zip(found, those, strict=True):
                if (name := self._name(query, match)) in said:
                    said[name].append(one)
        return {
            match.id: None if GONE in each else self._judge(each, len(lists))
            for match, each in zip(ranking, said.values(), strict=True)
        }

    def _judge(self, said: Sequence[ListEvidence], tries: int) -> Evidence:
        """Return what so many lists say together of an item that some of them hold.

        It is confident where fewer than `EXPECTED` random items of its space would be as near.
        """
        expected = [chance * self.calibration.count(space, self.changes) for chance, space, _ in said]
        beyond = simes(expected, tries) <= EXPECTED
        chance = min(1.0, simes([chance for chance, _, _ in said], tries))
        whole = any(whole for _, _, whole in said)
        return chance, min(said)[1], beyond or whole, 2 if whole else int(beyond)

    def _assess(self, space_query: SpaceQuery, matches: list[ScoredPoint]) -> list[ListEvidence]:
        """Return what the list of one space says of some of its matches."""
        if not matches:
            return []
        space = space_query.space
        background = self.calibration.background(space, self.changes)
        if isinstance(background, KeywordBackground):
            return self._assess_words(background, space_query, matches)
        chances = [1.0] * len(matches)
        if not space_query.plain:
            chances = background.chance(space_query.vector, [match.score for match in matches])
        return [(chance, space.name, False) for chance in chances]

    def _recognise(self, answer: SpaceAnswer, said: Sequence[ListEvidence]) -> Sequence[ListEvidence]:
        """Return what a list says of its matches with what the encoder of its space knows."""
        asked, found = answer
        if asked.judge is None:
            return said
        told = recognise(self.index, asked, [match.id for match in found], [chance for chance, *_ in said])
        return [GONE if chance is None else (chance, *one[1:]) for chance, one in zip(told, said, strict=True)]

    def _assess_words(
        self, background: KeywordBackground, space_query: SpaceQuery, matches: list[ScoredPoint]
    ) -> list[ListEvidence]:
        space = space_query.space.name
        points = self.index.fetch([match.id for match in matches], spaces=[space], keys=())
        rows = {point.id: point.vectors[space] for point in points if space in point.vectors}
        there = [match.id for match in matches if match.id in rows]
        if not there:
            return [GONE] * len(matches)
        chances, complete = background.chance(space_query.vector, vstack([rows[item] for item in there], format="csr"))
        if space_query.minus is not None:
            unwanted = space_query.minus.indices
            held = [bool(np.isin(_terms(rows[item]), unwanted).any()) for item in there]
            chances = [1.0 if minus else chance for chance, minus in zip(chances, held, strict=True)]
            complete = [whole and not minus for whole, minus in zip(complete, held, strict=True)]
        said = {item: (chance, space, whole) for item, chance, whole in zip(there, chances, complete, strict=True)}
        return [said.get(match.id, GONE) for match in matches]

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


def _terms(row: Any) -> NDArray[np.integer]:
    """Return the numbers of the terms of a sparse descriptor."""
    return np.asarray(row.indices)


def _leading_first(ranking: list[ScoredPoint], said: Mapping[str, Evidence | None]) -> list[ScoredPoint]:
    """Put first what holds all words of the question, then what is beyond chance.

    What one space alone is sure of need not have the most evidence: others, which weigh more, may not know it.
    """

    def rest(match: ScoredPoint) -> int:
        one = said[match.id]
        return -one[3] if one else 0

    return sorted(ranking, key=rest)

"""Recommending: what a person played, likes and dislikes becomes a question, answered with what fits and why.

Every space that holds what is liked is asked with the interests of the taste (`sonolux.retrieval.recommendation`), so
a new user and a new item need no training. Where factors were learned (`sonolux.library.interactions.factors`) the user
is folded into them and asks there too, and in the spaces of models that foretell factors from content. The answers are
fused and calibrated as those of any question are; then what was played lately is held back, and what resembles a better
hit gives way.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import QueryError
from sonolux.index import Condition, Index
from sonolux.index.interactions import Interactions
from sonolux.library.distinct import drop_repeats
from sonolux.library.interactions.factors import FACTORS, FactorModel
from sonolux.retrieval.diversity import maximal_marginal_relevance
from sonolux.retrieval.explaining import Explainer
from sonolux.retrieval.hits import Hits
from sonolux.retrieval.places import Place, hits_at
from sonolux.retrieval.query import MOST_HITS, Query
from sonolux.retrieval.recommendation.interests import ItemVectors, interests_of, vectors_of_files
from sonolux.retrieval.recommendation.taste import ENOUGH, Taste, days_since, taste_of
from sonolux.retrieval.similarity import similarities
from sonolux.retrieval.space_query import SpaceQuery, spaces_of
from sonolux.types import Hit, Space

if TYPE_CHECKING:
    from sonolux.index import Where
    from sonolux.library.spaces import Spaces
    from sonolux.retrieval.ranking import Ranker

CANDIDATES = 2
"""Candidates a hit, among which freshness and variety choose."""

FEWEST_CANDIDATES = 20

DEEPER = 4
"""How many times as many candidates are looked at, where too many of them repeat others."""

STALENESS = 30.0
"""Days after which what was played is held back half as much."""

POPULAR = 2_000
"""Most played items among which those are sought that satisfy a filter."""

FOLDED = 5_000
"""Items of one user, at most, that are folded in."""

LEAST_PREFERENCE = 0.05
"""Preference, beside the mean of what is liked, up to which factors say that an item is none for this user: of a few
items some are always first."""

REMEMBERED = 1_000
"""Items that a station knows it has played, and that it was told of, the last ones."""

AGREEMENT = 0.1
"""Mean cosine, of liked items, between their factors and what a model foretells, from which on it foretells these."""


@dataclass(frozen=True, slots=True)
class RecommendationQuery:
    """What is asked: for whom, and how the answer is to look.

    Attributes
    ----------
    user : str
        Of the interactions; empty for nobody.
    like, unlike : tuple of str
        Ids of items.
    without : tuple of str
        Ids of items that are not to come, though nothing is said of them.
    where : sequence of Condition
    spaces : tuple of str
        Spaces to ask; empty for all that fit.
    k : int
    new_only : bool
        Whether everything that the user ever played, rated or skipped is left out.
    diverse, fresh : float
        In [0, 1): variety, and how far what was played lately is held back.
    seed : int, optional
        By which one item is drawn where nothing is known to ask with, or nothing that fits is left; None not to.
    """

    user: str = ""
    like: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    where: Where = ()
    spaces: tuple[str, ...] = ()
    k: int = 10
    new_only: bool = False
    diverse: float = 0.3
    fresh: float = 0.5
    seed: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.fresh < 1:
            raise QueryError(f"fresh lies in [0, 1), not {self.fresh!r}")
        if both := set(self.like) & set(self.unlike):
            raise QueryError(f"{min(both)} is both liked and not")


class Recommendations(Hits):
    """Recommended items, best first; each says why.

    Attributes
    ----------
    remark : str
        What is to be said of all of them, such as that not enough is known of the user; empty for nothing.
    """

    def __init__(self, hits: Iterable[Hit] = (), spaces: tuple[str, ...] = (), remark: str = "") -> None:
        super().__init__(hits, spaces)
        self.remark = remark


@dataclass(slots=True)
class Recommender:
    """Recommends items of one library.

    Attributes
    ----------
    index : Index
    spaces : Spaces
    interactions : Interactions
    ranker : Ranker
    factors : callable
        Returns what folding in needs, None where no factors were learned.
    """

    index: Index
    spaces: Spaces
    interactions: Interactions
    ranker: Ranker
    factors: Callable[[], FactorModel | None]

    def recommend(self, asked: RecommendationQuery) -> Recommendations:
        """Answer a question.

        Raises
        ------
        QueryError
            Where nothing is known to ask with, or no space holds it.
        """
        query = Query(like=("",), where=tuple(asked.where), k=asked.k, diverse=asked.diverse, explain=True)
        taste = taste_of(self.interactions.of_user(asked.user) if asked.user else [])
        taste = taste.with_examples(asked.like, asked.unlike)
        if asked.seed is None:
            return self._fitting(asked, query, taste)
        found = Recommendations()
        if asked.like or asked.user:
            try:
                found = self._fitting(asked, query, taste)
            except QueryError:  # a user of whom nothing is known, where nobody has played anything
                found = Recommendations()
        return found or self._drawn(asked, taste)

    def _fitting(self, asked: RecommendationQuery, query: Query, taste: Taste) -> Recommendations:
        """Return what fits a taste; what most users play where none is known."""
        if not taste.liked:
            return self._popular(asked, taste)
        liked, disliked = taste.examples()
        spaces = self._asked(asked.spaces)
        vectors = vectors_of_files(self.index, spaces, [*liked, *disliked])
        questions = self._questions(spaces, taste, vectors)
        if not questions:
            raise QueryError(
                f"no space here describes what is liked (asked: {', '.join(each.name for each in spaces) or 'none'}):"
                " add the files with a space of descriptors"
            )
        examples = tuple(item for item in liked if item in vectors)
        hidden = {*liked, *taste.disliked, *asked.without, *(taste.played if asked.new_only else ())}
        found = self._candidates(asked, replace(query, like=tuple(sorted(hidden)), diverse=0.0), questions, liked)
        chosen = self._reordered(asked, taste, found, spaces)
        known = {
            space.name: {item: [vectors[item][space.name]] for item in examples if space.name in vectors[item]}
            for space in spaces
        }
        explainer = Explainer(self.index, replace(query, like=examples), questions, self.spaces.asker, known)
        remark = _too_little(asked.user, len(examples))
        return Recommendations(explainer.explain(chosen), spaces_of(questions), remark)

    def _candidates(
        self, asked: RecommendationQuery, query: Query, questions: Sequence[SpaceQuery], liked: Collection[str]
    ) -> list[tuple[Place, Hit]]:
        """Return the best distinct files: more than are asked for, where there are more."""
        wanted = max(FEWEST_CANDIDATES, CANDIDATES * asked.k)
        while True:
            places = replace(self.ranker, depth=wanted).place(replace(query, k=wanted), questions)
            found = drop_repeats(self.index, liked, hits_at(self.index, places))
            if len(found) >= asked.k or len(places) < wanted or wanted >= MOST_HITS:
                return found
            wanted = min(DEEPER * wanted, MOST_HITS)

    def _asked(self, names: Sequence[str]) -> list[Space]:
        """Return the spaces to ask: those named, or those that items ask as examples, and that of factors.

        Words are asked where nothing else describes items: names of files say little of taste.
        """
        if names:
            return [self.spaces.by_name(name) for name in names]
        there = [self.spaces.by_name(name) for name in self.spaces.names()]
        content = [space for space in there if space.name != FACTORS and self.spaces.by_example(space.name)]
        dense = [space for space in content if space.kind != "sparse"]
        return [*(dense or content), *(space for space in there if space.name == FACTORS)]

    def _questions(self, spaces: Sequence[Space], taste: Taste, vectors: ItemVectors) -> list[SpaceQuery]:
        liked, disliked = taste.examples()
        model = self.factors() if any(space.metric == "dot" for space in spaces) else None
        questions: list[SpaceQuery] = []
        for space in spaces:
            strength = self.spaces.weight(space.name)
            if model is not None and self._holds_factors(space, model, liked, vectors):
                questions += self._ask_factors(space, strength, model, taste, vectors)
            else:
                questions += interests_of(space, strength, liked, disliked, vectors)
        return questions

    def _holds_factors(self, space: Space, model: FactorModel, liked: Iterable[str], vectors: ItemVectors) -> bool:
        """Tell whether a space is that of factors, or of a model that foretells them."""
        if space.name == FACTORS:
            return True
        if space.metric != "dot" or space.dim != len(model.gram):
            return False
        both = [
            (vectors[item][FACTORS], vectors[item][space.name])
            for item in liked
            if {FACTORS, space.name} <= vectors.get(item, {}).keys()
        ]
        return bool(both) and float(np.mean([_cosine(*pair) for pair in both])) > AGREEMENT

    def _ask_factors(
        self, space: Space, strength: float, model: FactorModel, taste: Taste, vectors: ItemVectors
    ) -> list[SpaceQuery]:
        """Return the question that a user is, folded into the factors; none where nothing that is played has any."""
        ids = list(taste.plays)[:FOLDED]
        held = {item: each[FACTORS] for item, each in vectors.items() if FACTORS in each}
        others = [item for item in ids if item not in vectors]
        if others:
            points = self.index.fetch(others, spaces=[FACTORS], keys=())
            held |= {point.id: point.vectors[FACTORS] for point in points if FACTORS in point.vectors}
        vector = model.query({item: taste.plays[item] for item in ids}, held)
        if not vector.any():
            return []
        liked = [float(held[item] @ vector) for item, said in taste.plays.items() if said > 0 and item in held]
        least = LEAST_PREFERENCE * max(float(np.mean(liked)) if liked else 0.0, 0.0)
        return [SpaceQuery(space, vector, 1.0, strength=strength, least=least)]

    def _reordered(
        self, asked: RecommendationQuery, taste: Taste, found: Sequence[tuple[Place, Hit]], spaces: Sequence[Space]
    ) -> list[tuple[Place, Hit]]:
        """Return the best, with what was played lately held back, and what resembles a better one."""
        if not found:
            return []
        scores = np.array([place.score for place, _ in found])
        scores = (scores - scores.min()) / (np.ptp(scores) or 1.0)
        now = time.time()
        for number, (place, _) in enumerate(found):
            if at := taste.played.get(place.file):
                scores[number] *= 1 - asked.fresh * np.exp2(-days_since(at, now) / STALENESS)
        likeness = self._likeness([place.id for place, _ in found], spaces)
        order = maximal_marginal_relevance(scores, likeness, asked.k, asked.diverse)
        return [found[number] for number in order]

    def _likeness(self, ids: Sequence[str], spaces: Sequence[Space]) -> NDArray[np.float64]:
        """Return how items resemble one another, (n, n), in the first space of content; 0 where that knows nothing."""
        likeness = np.zeros((len(ids), len(ids)))
        dense = sorted((space for space in spaces if space.kind != "sparse"), key=lambda space: space.metric == "dot")
        if not dense:
            return likeness
        space = dense[0]
        points = self.index.fetch(ids, spaces=[space.name], keys=())
        rows = {point.id: point.vectors[space.name] for point in points if space.name in point.vectors}
        held = [number for number, id_ in enumerate(ids) if id_ in rows]
        if held:
            stacked = np.stack([rows[ids[number]] for number in held])
            compared = similarities(space, stacked, stacked).astype(np.float64)
            lengths = np.sqrt(np.maximum(np.abs(np.diag(compared)), 1e-12))
            likeness[np.ix_(held, held)] = compared / np.outer(lengths, lengths) if space.metric == "dot" else compared
        return likeness

    def _popular(self, asked: RecommendationQuery, taste: Taste) -> Recommendations:
        """Return what most users play, for somebody of whom nothing is known."""
        if not asked.user and not asked.unlike:
            raise QueryError("nothing is asked: name a user, or items that are liked")
        most = self.interactions.most_played(POPULAR)
        if not most:
            raise QueryError(
                f"nothing is known of {asked.user or 'you'}, and nobody has played anything in this library: name items"
                " that are liked, or run `sonolux interactions import FILE`"
            )
        hidden = {*asked.unlike, *asked.without, *taste.played}
        users = {item: count for item, count in most if item not in hidden}
        where = [*asked.where, Condition("file", "=", tuple(users) or ("",)), Condition("kind", "=", "file")]
        there = {point.id for point in self.index.scroll(where, keys=())}
        best = [item for item in users if item in there][: asked.k]
        places = [Place(item, item, float(users[item]), 1.0, "", confident=False) for item in best]
        who = f"of {asked.user}" if asked.user else "of what you like"
        remark = f"nothing is known {who} yet: this is what most people here play"
        return Recommendations([hit for _, hit in hits_at(self.index, places)], (), remark)

    def _drawn(self, asked: RecommendationQuery, taste: Taste) -> Recommendations:
        """Draw any file that satisfies the filter, of those that were neither played here, nor liked, nor disliked."""
        heard = {*asked.without, *asked.like, *taste.disliked, *(taste.played if asked.new_only else ())}
        where = [*asked.where, Condition("kind", "=", "file")]
        ids = [point.id for point in self.index.scroll(where, keys=()) if point.id not in heard]
        if not ids:
            return Recommendations()
        item = random.Random(f"{asked.seed} {len(asked.without)}").choice(ids)
        place = Place(item, item, 0.0, 1.0, "", confident=False)
        return Recommendations([hit for _, hit in hits_at(self.index, [place])])


class Station:
    """A station that never ends: one item after the other, and it learns from what is liked and skipped.

    Parameters
    ----------
    recommend : callable
        Answers a `RecommendationQuery`.
    asked : RecommendationQuery
        Whom it is for, and where it begins; from nothing it plays at random until something is liked.
    seed : int

    Attributes
    ----------
    played : list of str
        What it has played; of that the last `REMEMBERED` are not played again. What it plays next follows from this,
        what was liked and skipped, and the seed, and from nothing else.
    """

    def __init__(self, recommend: Any, asked: RecommendationQuery, seed: int = 0) -> None:
        self._recommend = recommend
        self._asked = replace(asked, k=1, seed=seed)
        self.played: list[str] = []

    @property
    def liked(self) -> tuple[str, ...]:
        """The items that were liked, those that it began with too."""
        return self._asked.like

    @property
    def skipped(self) -> tuple[str, ...]:
        """The items that were skipped or disliked."""
        return self._asked.unlike

    def play(self) -> Hit | None:
        """Return the next item; None once everything has been played."""
        without = tuple(dict.fromkeys([*self._asked.without, *self.played]))
        found: Sequence[Hit] = self._recommend(replace(self._asked, without=without[-REMEMBERED:]))
        if not found:
            return None
        self.played.append(found[0].file)
        return found[0]

    def like(self, item: str = "") -> str:
        """Note that an item is liked, by default the last that was played; return which."""
        return self._judge(item, liked=True)

    def skip(self, item: str = "") -> str:
        """Note that an item is not liked, by default the last that was played; return which."""
        return self._judge(item, liked=False)

    def _judge(self, item: str, *, liked: bool) -> str:
        judged = item or (self.played[-1] if self.played else "")
        if not judged:
            raise QueryError("nothing was played yet: name the item")
        like = [one for one in self._asked.like if one != judged]
        unlike = [one for one in self._asked.unlike if one != judged]
        (like if liked else unlike).append(judged)
        self._asked = replace(self._asked, like=tuple(like[-REMEMBERED:]), unlike=tuple(unlike[-REMEMBERED:]))
        return judged


def _cosine(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    return float(one @ other / max(float(np.linalg.norm(one) * np.linalg.norm(other)), 1e-12))


def _too_little(user: str, known: int) -> str:
    if known >= ENOUGH:
        return ""
    items = "item that is" if known == 1 else "items that are"
    return (
        f"not enough is known of {user or 'you'}: {known} {items} liked; from {ENOUGH} on a taste can be told from"
        " accident"
    )

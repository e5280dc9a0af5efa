"""What people have complained of in hybrid search, asked again: each test names the report that it follows.

Each space is a list of items with their evidence; strengths are those of sentences and of keywords.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonolux.index import ScoredPoint
from sonolux.retrieval.dependence import Dependence
from sonolux.retrieval.query import Part, Query
from sonolux.retrieval.ranking import Ranker
from sonolux.retrieval.space_query import SpaceQuery
from sonolux.types import Hit, Space

STRENGTHS = {"sentences": 3.9, "keywords": 1.7, "colours": 1.0, "shapes": 1.0, "noise": 0.0}
HELD = 1000

Lists = Mapping[str, Mapping[str, float]]
"""Evidence of items by space."""


class Answers:
    """Stands for an index and its calibration: a score is ``scale`` times the evidence that it is."""

    silent = False

    def __init__(self, lists: Lists, scales: Mapping[str, float], correlation: float) -> None:
        self.lists, self.scales, self.correlation = lists, scales, correlation
        self._space = ""

    def search(self, space: str, vector: object, k: int, **_: object) -> list[ScoredPoint]:
        scale = self.scales.get(space, 1.0)
        found = sorted(self.lists[space].items(), key=lambda pair: -pair[1])[:k]
        return [
            ScoredPoint(item, scale * each, {"path": f"/{item}", "modality": "text", "kind": "file", "file": item})
            for item, each in found
        ]

    def background(self, space: Space, changes: int) -> Answers:
        self._space = space.name
        return self

    def chance(self, query: object, scores: Sequence[float]) -> list[float]:
        return [math.exp(-score / self.scales.get(self._space, 1.0)) for score in scores]

    def count(self, space: str, changes: int) -> int:
        return HELD

    def dependence(self, spaces: Sequence[Space], changes: int) -> Dependence:
        shared = np.full((len(spaces), len(spaces)), self.correlation)
        np.fill_diagonal(shared, 1.0)
        return Dependence(tuple(space.name for space in spaces), shared, shared < 2, {})


def ask(lists: Lists, *, scales: Mapping[str, float] | None = None, correlation: float = 0.0, **more: int) -> list[Hit]:
    answers = Answers(lists, scales or {}, correlation)
    asked = [SpaceQuery(Space(name, 4, "dot"), np.ones(4, np.float32), 1.0, strength=STRENGTHS[name]) for name in lists]
    ranker = Ranker(answers, answers, changes=0, spans=False)  # type: ignore[arg-type]
    return ranker.rank(Query((Part("vector", None),), **{"k": 50, **more}), asked)  # type: ignore[arg-type]


def order(lists: Lists, **more: object) -> list[str]:
    return [hit.id for hit in ask(lists, **more)]  # type: ignore[arg-type]


def noise(first: int, count: int, most: float) -> dict[str, float]:
    """Return items whose evidence falls from `most` as that of random ones does."""
    return {f"n{n:03}": most * (1 - rank / count) for rank, n in enumerate(range(first, first + count))}


def test_weak_keyword_hits_do_not_dilute_a_strong_vector_hit() -> None:
    """basicmachines-co/basic-memory#577."""
    assert order({"sentences": {"note": 14.0, **noise(0, 40, 4.0)}, "keywords": noise(10, 30, 2.0)})[0] == "note"


def test_the_first_by_meaning_is_not_passed_by_what_is_middling_in_both() -> None:
    """samfoy/pi-session-search#14: first of the vectors, thirty-first of the fused ranks."""
    lists = {"sentences": {"target": 8.0, **noise(0, 60, 3.5)}, "keywords": noise(0, 60, 2.0)}
    assert order(lists)[0] == "target"


def test_ten_documents_are_enough() -> None:
    """sliamh11/Deus#771: a keyword that happens to be there outvoted the best answer of a small corpus."""
    sentences = {"communication": 2.4, "learning": 2.0, "north-star": 1.6, "claude": 1.2, "research": 0.9}
    keywords = {"north-star": 1.3, "research": 1.1, "claude": 0.7}
    assert order({"sentences": sentences, "keywords": keywords})[0] == "communication"


def test_an_exact_match_scores_far_above_noise() -> None:
    """douglasjordan2/c0#20: fused ranks put a perfect match and noise into one narrow band."""
    lists = {"sentences": {"same": 27.0, **noise(0, 50, 5.0)}, "keywords": {"same": 20.0, **noise(0, 50, 5.0)}}
    first, second = ask(lists)[:2]
    assert (first.id, first.confident, second.confident) == ("same", True, False)
    assert first.score > 4 * second.score


def test_the_best_of_nothing_but_bad_matches_is_bad() -> None:
    """georgeguimaraes/arcana#166: scaled to its own best, a list of noise always had a perfect match."""
    lists = {"sentences": {"right": 6.0, "also": 5.5, **noise(0, 40, 3.0)}, "keywords": {"wrong": 0.6, "n001": 0.4}}
    assert order(lists)[:2] == ["right", "also"]


def test_the_only_hit_of_a_list_counts() -> None:
    """weaviate/weaviate#3243: scaled between its own least and best, a list of one was nothing."""
    lists = {"sentences": noise(0, 50, 4.0), "keywords": {"only": 11.0}}
    assert order(lists)[0] == "only"


def test_pages_are_parts_of_one_ranking() -> None:
    """elastic/elasticsearch#99011."""
    lists = {"sentences": noise(0, 80, 7.0), "keywords": noise(30, 60, 6.0)}
    assert [item for page in range(1, 6) for item in order(lists, k=10, page=page)] == order(lists, k=50)


def test_what_two_spaces_agree_on_beats_what_one_alone_finds() -> None:
    """cbcoutinho/nextcloud-mcp-server#1199."""
    lists = {"colours": {"one": 5.0, "both": 4.0, **noise(0, 30, 2.0)}, "shapes": {"both": 4.0, **noise(5, 30, 2.0)}}
    assert order(lists)[0] == "both"


def test_what_is_in_one_list_only_is_taken_to_be_like_all_that_is_absent() -> None:
    """xaynetwork/xayn_discovery_engine#887, lancedb/lancedb#824: missing scores were zeros, or guessed by users."""
    lists = {"colours": {"a": 6.0, **noise(0, 99, 5.0)}, "shapes": {"b": 6.0, "c": 5.0, **noise(200, 99, 1.2)}}
    found = order(lists)
    assert set(found[:2]) == {"a", "b"}
    assert found.index("c") < found.index("n010")


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_the_scale_of_scores_does_not_matter(scale: float) -> None:
    """apache/paimon#8294: the space with the larger numbers decided."""
    lists = {"sentences": {"a": 9.0, "b": 5.0, **noise(0, 30, 3.0)}, "keywords": {"b": 7.0, "a": 1.0}}
    assert order(lists, scales={"keywords": scale}) == order(lists)


lists_of_items = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0.01, 20), min_size=1)


@given(lists_of_items, lists_of_items, st.sampled_from("abcdefgh"), st.floats(0.1, 5))
def test_more_evidence_never_ranks_lower(
    one: dict[str, float], other: dict[str, float], item: str, more: float
) -> None:
    """Below what leads because it is beyond chance, where more evidence may lift others too."""
    one, other = ({key: min(each, 6.0) for key, each in those.items()} for those in (one, other))
    one = {**dict.fromkeys("xyz", 0.005), **one, item: one.get(item, 0.01)}
    before = order({"colours": one, "shapes": other}).index(item)
    raised = {**one, item: min(one[item] + more, 6.5)}
    assert order({"colours": raised, "shapes": other}).index(item) <= before


@given(lists_of_items, lists_of_items)
def test_the_order_in_which_spaces_answer_does_not_matter(one: dict[str, float], other: dict[str, float]) -> None:
    first = {hit.id: hit.score for hit in ask({"colours": one, "shapes": other})}
    second = {hit.id: hit.score for hit in ask({"shapes": other, "colours": one})}
    assert first == pytest.approx(second)


@given(lists_of_items)
def test_a_space_that_repeats_another_changes_nothing(one: dict[str, float]) -> None:
    assert order({"colours": one, "shapes": one}, correlation=1.0) == order({"colours": one, "noise": {}})


@given(st.integers(0, 2**32 - 1))
def test_a_space_of_noise_changes_little(seed: int) -> None:
    """The first stays the first, and of the first ten nine at least stay there."""
    random = np.random.default_rng(seed)
    ids = [f"n{n:03}" for n in range(HELD)]
    found = dict(zip(ids[:60], np.sort(random.exponential(1.0, 60) + 3)[::-1].tolist(), strict=True))
    found |= {"n000": 12.0, "n001": 11.0}
    chosen = random.choice(ids, 100, replace=False).tolist()
    chance = dict(zip(chosen, (-np.log((np.arange(100) + 1) / (HELD + 1))).tolist(), strict=True))
    alone, noisy = order({"colours": found, "noise": {}}), order({"colours": found, "noise": chance})
    assert noisy[:2] == alone[:2]
    assert len(set(noisy[:10]) & set(alone[:10])) >= 8

"""Plus and minus with weights: how vectors move, what examples weigh, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from contracts.index_oracle import id_of
from sonolux.encoders import Encoder
from sonolux.errors import QueryError
from sonolux.index import Point
from sonolux.index.embedded import EmbeddedIndex
from sonolux.retrieval.calibration import Calibration
from sonolux.retrieval.kept_models import FolderModels
from sonolux.retrieval.planning import plan
from sonolux.retrieval.query import Part, Query
from sonolux.retrieval.ranking import Ranker
from sonolux.retrieval.rocchio import GAMMA
from sonolux.types import Modality, Space

LOOK, SHAPE, WORDS = Space("look", 4), Space("shape", 4), Space("words", 100, "dot", "sparse")
AXES = np.eye(4, dtype=np.float32)
TERMS = {"sea": 1, "sun": 2, "dog": 3}


class Look(Encoder):
    """Words to directions, which no other space knows."""

    name = spec = space = digest = "look"
    modality, dim = Modality.TEXT, 4

    def encode_batch(self, batch: Sequence[str]) -> Any:
        return np.stack([AXES[TERMS[text]] for text in batch])


class Words(Encoder):
    """Words to terms."""

    name = spec = space = digest = "words"
    modality, dim, kind, metric = Modality.TEXT, 100, "sparse", "dot"

    def encode_batch(self, batch: Sequence[str]) -> csr_array:
        rows = [sorted(TERMS[word] for word in text.split()) for text in batch]
        starts = np.cumsum([0, *map(len, rows)])
        return csr_array((np.ones(starts[-1], np.float32), np.concatenate(rows), starts), shape=(len(rows), 100))


@dataclass
class Asking:
    """As much of a library as planning needs."""

    index: EmbeddedIndex
    spaces: tuple[Space, ...] = (LOOK, SHAPE, WORDS)

    def by_name(self, name: str) -> Space:
        return next(space for space in self.spaces if space.name == name)

    def names(self) -> list[str]:
        return [space.name for space in self.spaces]

    def weight(self, name: str) -> float:
        return 1.0

    def by_example(self, name: str) -> bool:
        return name != "words"

    def asker(self, name: str, modality: Modality) -> Encoder | None:
        return {"look": Look(), "words": Words()}.get(name) if modality == Modality.TEXT else None


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    """Return items 0 to 3 on the axes of both dense spaces, 4 a film of two spans, and texts of some words."""
    index = EmbeddedIndex(str(tmp_path_factory.mktemp("rocchio") / "library"))
    index.create()
    for space in (LOOK, SHAPE, WORDS):
        index.add_space(space)

    def payload(file: int, kind: str = "file", **more: Any) -> dict[str, Any]:
        return {"file": id_of(file), "kind": kind, "path": f"/{file}", "modality": "text", **more}

    points = [Point(id_of(n), {"look": AXES[n], "shape": AXES[n]}, payload(n)) for n in range(4)]
    points += [
        Point(id_of(20 + n), {"look": AXES[2 * n], "shape": AXES[2 * n]}, payload(4, "shot", start=n, end=n + 1))
        for n in range(2)
    ]
    texts = ("sea", "sea sun", "sun dog", "dog", "sea dog", "sun")
    points += [Point(id_of(30 + n), {"words": Words().encode([text])}, payload(30 + n)) for n, text in enumerate(texts)]
    index.upsert(points)
    yield Asking(index)
    index.close()


def vectors(asking: Asking, query: Query) -> dict[str, Any]:
    return {one.space.name: one.vector for one in plan(query, asking) if one.space.kind == "float"}


def unit(*numbers: float) -> Any:
    return pytest.approx(np.array(numbers) / np.linalg.norm(numbers), abs=1e-6)


def text(words: str, weight: float = 1.0, *, minus: bool = False) -> Part:
    return Part("text", words, weight, minus)


@pytest.mark.parametrize("weight", [1.0, 3.0])
def test_words_that_are_minus_push_away_by_their_weight(asking: Asking, weight: float) -> None:
    [question] = plan(Query((text("sea"), text("sun", weight, minus=True)), spaces=("look",)), asking)
    assert question.vector == unit(0, 1, -GAMMA * weight, 0)
    assert question.part == 0


def test_items_that_are_unlike_count_by_their_weights(asking: Asking) -> None:
    plain = Query(like=(id_of(0),), unlike=(id_of(1), id_of(2)))
    halves = np.array([0, 1, 1, 0]) / np.sqrt(2)
    assert vectors(asking, plain)["look"] == unit(1, *-GAMMA * halves[1:])
    weighed = Query(like=(id_of(0),), unlike=(id_of(1), id_of(2)), unlike_weights=(3.0, 1.0))
    mean = np.array([0, 3, 1, 0]) / np.sqrt(10)
    assert vectors(asking, weighed)["look"] == unit(1, *-GAMMA * 2 * mean[1:])


def test_a_film_that_is_unlike_counts_as_one_item(asking: Asking) -> None:
    query = Query(like=(id_of(1),), unlike=(id_of(4), id_of(3)))
    mean = np.array([0.5, 0, 0.5, 1]) / np.linalg.norm([0.5, 0, 0.5, 1])
    assert vectors(asking, query)["shape"] == unit(-GAMMA * mean[0], 1, -GAMMA * mean[2], -GAMMA * mean[3])


def test_examples_have_weights_of_their_own(asking: Asking) -> None:
    query = Query(like=(id_of(0), id_of(1)), like_weights=(3.0, 1.0))
    assert vectors(asking, query)["look"] == unit(3, 1, 0, 0)
    even = Query(like=(id_of(0), id_of(1)), like_weights=(2.0, 2.0))
    assert vectors(asking, even)["look"] == unit(1, 1, 0, 0)


def test_shares_follow_the_weights_of_examples(asking: Asking) -> None:
    plain = plan(Query(like=(id_of(0), id_of(4)), spaces=("look",)), asking)
    assert [question.share for question in plain] == pytest.approx([1 / 3] * 3)
    weighed = plan(Query(like=(id_of(0), id_of(4)), like_weights=(2.0, 1.0), spaces=("look",)), asking)
    assert [question.share for question in weighed] == pytest.approx([0.5, 0.25, 0.25])


def ranked(asking: Asking, query: Query, tmp_path: Any) -> list[Any]:
    ranker = Ranker(asking.index, Calibration(asking.index, FolderModels(tmp_path), {}), changes=0, spans=True)
    return ranker.rank(query, plan(query, asking))


def test_what_holds_words_that_are_minus_comes_last_and_is_no_evidence(asking: Asking, tmp_path: Any) -> None:
    query = Query((text("sea sun"), text("dog", minus=True)), spaces=("words",))
    hits = ranked(asking, query, tmp_path)
    assert hits[0].id == id_of(31)
    assert {hit.id for hit in hits[-2:]} == {id_of(32), id_of(34)}
    assert [hit.chance == 1 for hit in hits] == [False] * (len(hits) - 2) + [True] * 2
    assert not hits[-1].confident
    strong = Query((text("sea sun"), text("dog", 9.0, minus=True)), spaces=("words",))
    assert {hit.id for hit in ranked(asking, strong, tmp_path)} == {id_of(30), id_of(31), id_of(35)}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"parts": (text("sea", minus=True),)}, "nothing is asked"),
        ({"like": ("a", "b"), "like_weights": (1.0,)}, "1 weights for 2 items of like"),
        ({"like": ("a",), "unlike": ("b",), "unlike_weights": (0.0,)}, "weights are positive numbers, not 0.0"),
    ],
)
def test_what_cannot_be_weighed_is_refused(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(QueryError, match=said):
        Query(**asked)


def test_a_minus_that_would_do_nothing_is_refused(asking: Asking) -> None:
    apart = Query((Part("vector", AXES[0]), text("sea", minus=True)), spaces=("shape", "words"))
    with pytest.raises(QueryError, match="text that is minus is known to words, and what is asked to shape"):
        plan(apart, Asking(asking.index, (SHAPE, WORDS)))

"""What several lists say together of a hit that they share."""

from __future__ import annotations

import numpy as np
import pytest

from sonolux.index import ScoredPoint
from sonolux.retrieval.calibration import EXPECTED
from sonolux.retrieval.planning import SpaceQuery
from sonolux.retrieval.query import Part, Query
from sonolux.retrieval.ranking import Ranker
from sonolux.types import Space

ITEM = {"path": "/a.jpg", "modality": "image", "kind": "file", "file": "a"}
HELD = 10


class OneItem:
    """Stands for an index whose only item scores 0.5 in every space."""

    def search(self, *_: object, **__: object) -> list[ScoredPoint]:
        return [ScoredPoint("a", 0.5, ITEM)]


class Claims:
    """Stands for a calibration in which each space claims one chance, whatever is asked."""

    def __init__(self, chances: dict[str, float]) -> None:
        self.chances = chances
        self._space = ""

    def background(self, space: Space, changes: int) -> Claims:
        self._space = space.name
        return self

    def count(self, space: str, changes: int) -> int:
        return HELD

    def chance(self, query: object, scores: list[float]) -> list[float]:
        return [self.chances[self._space]] * len(scores)


@pytest.mark.parametrize(
    ("chances", "chance", "space"),
    [
        ({"colour": 0.2}, 0.2, "colour"),
        ({"colour": 0.2, "shape": 0.1}, 0.2, "shape"),
        ({"colour": 0.9, "shape": 0.6}, 1.0, "shape"),
        ({"colour": EXPECTED / HELD, "shape": 0.6}, 2 * EXPECTED / HELD, "colour"),
    ],
)
def test_the_strongest_list_speaks_and_pays_for_the_others(
    chances: dict[str, float], chance: float, space: str
) -> None:
    questions = [SpaceQuery(Space(name, 4), np.ones(4, np.float32), 1.0) for name in chances]
    ranker = Ranker(OneItem(), Claims(chances), changes=0, spans=False)
    [hit] = ranker.rank(Query(parts=(Part("vector", None),)), questions)
    assert (hit.chance, hit.space) == (pytest.approx(chance), space)
    assert not hit.confident


@pytest.mark.parametrize("lists", [1, 2])
def test_a_hit_is_confident_when_its_share_of_what_is_expected_is_kept(lists: int) -> None:
    for factor, confident in ((0.99, True), (1.01, False)):
        chances = dict(zip(("colour", "shape"), (factor * EXPECTED / HELD / lists, 0.6), strict=True))
        questions = [SpaceQuery(Space(name, 4), np.ones(4, np.float32), 1.0) for name in list(chances)[:lists]]
        [hit] = Ranker(OneItem(), Claims(chances), changes=0, spans=False).rank(
            Query(parts=(Part("vector", None),)), questions
        )
        assert hit.confident is confident

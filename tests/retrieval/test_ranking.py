"""What several lists say together of a hit that they share, and of the file whose spans are in them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sonolux.index import Condition, Point, ScoredPoint
from sonolux.retrieval.calibration import EXPECTED
from sonolux.retrieval.dependence import Dependence
from sonolux.retrieval.query import Part, Query
from sonolux.retrieval.ranking import Ranker
from sonolux.retrieval.space_query import Judge, SpaceQuery
from sonolux.types import Space

ITEM = {"path": "/a.jpg", "modality": "image", "kind": "file", "file": "a"}
HELD = 10


class OneItem:
    """Stands for an index whose only item scores 0.5 in every space."""

    def search(self, *_: object, **__: object) -> list[ScoredPoint]:
        return [ScoredPoint("a", 0.5, ITEM)]


class Claims:
    """Stands for a calibration in which each space claims one chance, whatever is asked."""

    silent = False

    def __init__(self, chances: dict[str, float]) -> None:
        self.chances = chances
        self._space = ""

    def background(self, space: Space, changes: int) -> Claims:
        self._space = space.name
        return self

    def dependence(self, spaces: list[Space], changes: int) -> Dependence:
        return Dependence(
            tuple(space.name for space in spaces), np.eye(len(spaces)), np.ones((len(spaces),) * 2, bool), {}
        )

    def count(self, space: str, changes: int) -> int:
        return HELD

    def chance(self, query: object, scores: list[float]) -> list[float]:
        return [self.chances[self._space]] * len(scores)


@pytest.mark.parametrize(
    ("chances", "chance", "space"),
    [
        ({"colour": 0.2}, 0.2, "colour"),
        ({"colour": 0.2, "shape": 0.1}, 0.2, "shape"),
        ({"colour": 0.9, "shape": 0.6}, 0.9, "shape"),
        ({"colour": EXPECTED / HELD, "shape": 0.6}, 2 * EXPECTED / HELD, "colour"),
    ],
)
def test_the_strongest_list_speaks_and_pays_for_others_that_say_less(
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


class Described(OneItem):
    """The same, with descriptors that can be fetched, until the item is removed."""

    def __init__(self, *, gone: bool = False) -> None:
        self.gone = gone

    def fetch(self, ids: list[str], *, spaces: list[str], keys: tuple[str, ...]) -> list[Point]:
        return [] if self.gone else [Point(item, {spaces[0]: np.ones(4, np.float32)}) for item in ids]


@pytest.mark.parametrize("lists", [1, 2])
def test_what_an_encoder_knows_makes_a_hit_sure_where_nothing_stands_out(lists: int) -> None:
    names = ("words", "shape")[:lists]
    questions = [SpaceQuery(Space(name, 4), np.ones(4, np.float32), 1.0) for name in names]
    claims = Claims(dict.fromkeys(names, 0.9))
    for chance, confident in ((1e-5, True), (0.5, False)):
        questions[0] = replace(questions[0], judge=Judge(0.8, lambda rows, chance=chance: np.full(len(rows), chance)))
        [hit] = Ranker(Described(), claims, changes=0, spans=False).rank(
            Query(parts=(Part("vector", None),)), questions
        )
        assert hit.confident is confident
        assert hit.chance == pytest.approx(min(lists * chance / 0.8, 0.9 if lists > 1 else 1))
    assert Ranker(Described(gone=True), claims, 0, False).rank(Query(parts=(Part("vector", None),)), questions) == []


class Spans:
    """Stands for an index: unit vectors of the spans of some files in some spaces, searched by brute force."""

    def __init__(self, rows: dict[str, np.ndarray], files: list[str]) -> None:
        self.rows, self.files = rows, files

    def search(
        self, space: str, vector: np.ndarray, k: int, *, where: list[Condition] = (), **_: object
    ) -> list[ScoredPoint]:
        scores = self.rows[space] @ vector
        return [ScoredPoint(f"{n}", float(scores[n]), self._payload(n)) for n in np.argsort(-scores, kind="stable")[:k]]

    def _payload(self, n: int) -> dict[str, object]:
        return {"path": "/" + self.files[n], "modality": "video", "kind": "shot", "file": self.files[n]}


SPACES = ("colour", "shape", "learned")


def filmed(files: int, spans: int, seed: int = 0) -> Spans:
    """Make films of shots that differ within a film as from film to film, around what all have in common."""
    random = np.random.default_rng(seed)
    rows = {}
    for space in SPACES:
        drawn = random.standard_normal((files * spans, 16)) + 1.0
        rows[space] = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)
    return Spans(rows, [f"film{n // spans:02}" for n in range(files * spans)])


def ask(index: Spans, shots: list[int], *, spans: bool = False, blur: float = 0.0) -> list[str]:
    """Ask with some shots in every space; return the files of the hits, best first."""
    random = np.random.default_rng(1)
    asked = []
    for space in SPACES:
        for shot in shots:
            vector = index.rows[space][shot] + blur * random.standard_normal(16)
            vector = (vector / np.linalg.norm(vector)).astype(np.float32)
            asked.append(SpaceQuery(Space(space, 16), vector, 3.0 if space == "learned" else 1.0))
    claims = Claims(dict.fromkeys(SPACES, 0.5))
    hits = Ranker(index, claims, changes=0, spans=True).rank(Query((Part("video", None),), k=10, spans=spans), asked)
    return [hit.file for hit in hits]


def test_a_file_that_is_asked_with_its_own_spans_comes_first() -> None:
    index = filmed(40, 8)
    for film in range(40):
        shots = list(range(8 * film, 8 * film + 8))
        assert ask(index, shots)[0] == f"film{film:02}"
        assert film % 4 or ask(index, shots, blur=0.05)[0] == f"film{film:02}"


def test_a_file_of_more_spans_than_are_asked_comes_first() -> None:
    index = filmed(15, 30)
    for film in range(15):
        assert ask(index, list(range(30 * film, 30 * film + 30, 4)))[0] == f"film{film:02}"


def test_copies_share_the_first_places() -> None:
    index = filmed(20, 6)
    for copy in (3, 11, 17):
        for rows in index.rows.values():
            rows[6 * copy : 6 * copy + 6] = rows[:6]
    assert set(ask(index, list(range(6)))[:4]) == {"film00", "film03", "film11", "film17"}


def test_spans_that_half_the_library_has_do_not_hide_a_file_that_has_others_too() -> None:
    """Black frames: more of them than any list is long, so that the film asked with may not be in it."""
    index = filmed(150, 14)
    for rows in index.rows.values():
        for film in range(149):
            rows[14 * film : 14 * film + 12] = rows[0]
        rows[14 * 149] = rows[0]
    shots = list(range(14 * 149, 14 * 149 + 5))
    assert ask(index, shots)[0] == "film149"


def test_spans_are_ranked_one_by_one_where_they_are_asked_for() -> None:
    index = filmed(4, 8)
    assert ask(index, [0, 1], spans=True).count("film00") > 1

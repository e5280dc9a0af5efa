"""Keywords in a folder: their weights follow from the points that there are, in all segments, none of those gone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array

from contracts.index_oracle import BruteForce, assert_best, id_of
from sonolux.index import segments
from sonolux.index.base import Condition, Point
from sonolux.index.embedded import EmbeddedIndex
from sonolux.types import Space

WORDS = Space("words", 2**32, "dot", "sparse")
PLACE = Space("place", 8, "dot")
SUBJECT = 40
"""A term of texts that are removed."""


def text(*terms: int) -> csr_array:
    return csr_array((np.ones(len(terms), np.float32), list(terms), [0, len(terms)]), shape=(1, WORDS.dim))


def texts(count: int = 600) -> list[Point]:
    rng = np.random.default_rng(0)
    rows = [
        text(*sorted({*rng.integers(0, 30, 4).tolist(), *([SUBJECT] if n < count // 3 else [])})) for n in range(count)
    ]
    weights = rng.uniform(0.5, 2, count).astype(np.float32)
    place = rng.standard_normal((count, PLACE.dim)).astype(np.float32)
    return [Point(id_of(n), {"words": rows[n] * weights[n], "place": place[n]}, {"n": n}) for n in range(count)]


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EmbeddedIndex:
    """Return an index whose segments get a graph as soon as they are sealed."""
    monkeypatch.setattr(segments, "SEALED_KB", 1)
    index = EmbeddedIndex(str(tmp_path / "trips"))
    index.create(spaces=[WORDS, PLACE])
    return index


def is_rewritten(index: EmbeddedIndex) -> bool:
    return bool(json.loads(Path(index.location, "sonolux.json").read_text()).get("rewritten", True))


def assert_weighed(index: EmbeddedIndex, points: list[Point]) -> None:
    oracle = BruteForce([WORDS], points)
    for terms in ((1,), (SUBJECT,), (2, SUBJECT), (3, 4, 5)):
        for exact in (False, True):
            found = index.search("words", text(*terms), 10, exact=exact)
            assert_best(found, oracle.scores("words", text(*terms)), 10)


def test_segments_are_weighed_together(index: EmbeddedIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "UNSEALED", 100)
    monkeypatch.setattr(segments, "QUIET", 0.0)
    points = texts()
    for start in range(0, 600, 60):
        index.upsert(points[start : start + 60])
    assert_weighed(index, points)
    assert not is_rewritten(index)
    index.close()


def delete(index: EmbeddedIndex, points: list[Point]) -> list[Point]:
    index.delete([point.id for point in points[:150]])
    return points[150:]


def delete_where(index: EmbeddedIndex, points: list[Point]) -> list[Point]:
    index.delete_where([Condition("n", "<", 150)])
    return points[150:]


def upsert(index: EmbeddedIndex, points: list[Point]) -> list[Point]:
    again = [Point(point.id, {"words": text(7)}, point.payload) for point in points[:150]]
    index.upsert(again)
    return [*again, *points[150:]]


def update_vectors(index: EmbeddedIndex, points: list[Point]) -> list[Point]:
    again = [Point(point.id, {"words": text(7)}, point.payload) for point in points[:150]]
    index.update_vectors(again)
    return [*again, *points[150:]]


@pytest.mark.parametrize("change", [delete, delete_where, upsert, update_vectors])
@pytest.mark.parametrize("sealed", [True, False], ids=["sealed", "unsealed"])
def test_what_is_gone_no_longer_weighs(
    index: EmbeddedIndex, change: Callable[[EmbeddedIndex, list[Point]], list[Point]], sealed: bool
) -> None:
    points = texts()
    index.upsert(points)
    if sealed:
        index.optimize()
    assert not is_rewritten(index)
    left = change(index, points)
    assert is_rewritten(index)
    assert_weighed(index, left)
    index.close()
    with EmbeddedIndex(index.location) as again:
        assert_weighed(again, left)


def test_writing_what_is_not_there_changes_nothing(index: EmbeddedIndex) -> None:
    index.upsert(texts(20))
    index.delete([id_of(999)])
    index.delete_where([Condition("n", ">", 999)])
    index.update_vectors([Point(id_of(999), {"words": text(1)})])
    assert not is_rewritten(index)
    index.close()


def test_a_folder_that_says_nothing_may_have_been_rewritten(index: EmbeddedIndex) -> None:
    points = texts()
    index.upsert(points)
    index.optimize()
    left = delete(index, points)
    index.close()
    file = Path(index.location, "sonolux.json")
    said = json.loads(file.read_text())
    said.pop("rewritten", None)
    file.write_text(json.dumps(said))
    with EmbeddedIndex(index.location) as again:
        assert_weighed(again, left)

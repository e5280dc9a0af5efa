"""Rankings made once: windows are slices, nothing moves while items come and go, and what is kept is bounded."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sonolux.errors import ExpiredError, QueryError
from sonolux.index import Point
from sonolux.retrieval.kept_rankings import KeptRankings, Ranking
from sonolux.retrieval.places import Place
from sonolux.retrieval.query import Part, Query


@dataclass
class Files:
    """Stands for an index and for what ranks it: files are numbers, the best first; which are there may change."""

    order: list[int]
    asked: list[int] = field(default_factory=list)
    fetched: int = 0

    def fetch(self, ids: Sequence[str], *, keys: Sequence[str] = ()) -> list[Point]:
        self.fetched += 1
        there = {str(number) for number in self.order}
        payload: dict[str, Any] = {"path": "/a", "modality": "image", "kind": "file", "meta": {"artist": ["Bach"]}}
        return [Point(id_, {}, payload | {"file": id_}) for id_ in reversed(ids) if id_ in there]

    def rank(self, query: Query) -> list[Place]:
        self.asked.append(query.k)
        return [Place(str(n), str(n), -float(n), 0.0, "look", n % 3 == 0) for n in self.order[: query.k]]

    def ranking(self, depth: int, **more: Any) -> Ranking:
        return Ranking(Query((Part("text", "sea"),), **more), ("look",), self, self.rank, depth)  # type: ignore[arg-type]


windows = st.lists(st.tuples(st.integers(0, 120), st.integers(1, 30)), max_size=12)


@given(count=st.integers(0, 100), depth=st.integers(1, 40), asked=windows)
@settings(deadline=None)
def test_windows_are_slices_of_one_ranking(count: int, depth: int, asked: list[tuple[int, int]]) -> None:
    files = Files(list(range(count)))
    ranking = files.ranking(depth)
    for offset, limit in asked:
        assert [int(hit.id) for hit in ranking.window(offset, limit)] == files.order[offset : offset + limit]
    assert ranking.total <= count
    assert len(files.asked) <= 4  # 150 is passed by 1, 8, 64, 512


@given(
    depth=st.integers(1, 10),
    removed=st.sets(st.integers(0, 59)),
    added=st.lists(st.tuples(st.integers(60, 99), st.integers(0, 60)), unique_by=lambda one: one[0]),
    limit=st.integers(1, 9),
)
@example(depth=8, removed=set(), added=[(60, 0)], limit=9)
@settings(deadline=None)
def test_nothing_moves_while_files_come_and_go(
    depth: int, removed: set[int], added: list[tuple[int, int]], limit: int
) -> None:
    files = Files(list(range(60)))
    ranking = files.ranking(depth)
    seen = [int(hit.id) for hit in ranking.window(0, limit)]
    first = ranking.total
    coming = [] if ranking.complete else added  # what has been ranked to its end knows no later file
    for number, place in coming:
        files.order.insert(place, number)
    files.order = [number for number in files.order if number not in removed]
    offset, scrolled = limit, list(seen)
    while offset < ranking.total or not ranking.complete:
        scrolled += [int(hit.id) for hit in ranking.window(offset, limit)]
        offset += limit
    assert len(set(scrolled)) == len(scrolled)
    assert set(scrolled) - set(seen) == set(files.order) - set(seen)
    again = [int(hit.id) for hit in ranking.window(0, max(1, first))]
    assert again == [number for number in range(60)[:first] if number not in removed]


def test_a_window_costs_no_ranking(monkeypatch: pytest.MonkeyPatch) -> None:
    files = Files(list(range(100)))
    ranking = files.ranking(40)
    for offset in (0, 10, 30, 0):
        ranking.window(offset, 10)
    assert (files.asked, files.fetched) == ([40], 4)
    assert (ranking.total, ranking.complete, ranking.sure) == (40, False, 14)
    ranking.window(39, 2)
    ranking.window(90, 30)
    assert (files.asked, ranking.total, ranking.complete) == ([40, 320], 100, True)


def test_only_confident_hits_where_they_alone_are_asked() -> None:
    files = Files(list(range(50)))
    ranking = files.ranking(9, confident=True)
    assert [int(hit.id) for hit in ranking.window(0, 10)] == [0, 3, 6, 9, 12, 15, 18, 21, 24, 27]
    assert ranking.window(16, 5)[-1].id == "48"
    assert (ranking.sure, ranking.total) == (17, 17)


def test_variety_is_for_the_first_hits_alone() -> None:
    files, diverse = Files(list(range(50))), []

    def rank(query: Query) -> list[Place]:
        diverse.append(query.diverse)
        return files.rank(query)

    query = Query((Part("text", "sea"),), diverse=0.5)
    Ranking(query, (), files, rank, 10).window(30, 1)  # type: ignore[arg-type]
    assert diverse == [0.5, 0.0]


def test_facets_are_those_of_the_files_that_are_there() -> None:
    files = Files(list(range(8)))
    ranking = files.ranking(5)
    files.order.remove(2)
    assert ranking.facets(["modality", "artist"]) == {"modality": [("image", 4)], "artist": [("Bach", 4)]}


@pytest.mark.parametrize(("offset", "limit"), [(-1, 5), (0, 0), (3, -2)])
def test_a_window_that_is_none_is_refused(offset: int, limit: int) -> None:
    with pytest.raises(QueryError, match="a window begins at 0"):
        Files([1]).ranking(5).window(offset, limit)


def test_threads_that_scroll_one_ranking_have_it_ranked_once() -> None:
    files = Files(list(range(1000)))
    ranking, together = files.ranking(10), threading.Barrier(8)

    def scroll(_: int) -> list[int]:
        together.wait()
        return [int(hit.id) for offset in range(0, 1000, 50) for hit in ranking.window(offset, 50)]

    with ThreadPoolExecutor(8) as pool:
        assert all(found == files.order for found in pool.map(scroll, range(8)))
    assert files.asked == sorted(set(files.asked))


def test_rankings_are_kept_within_bounds() -> None:
    now = [0.0]
    files = Files(list(range(10)))
    kept = KeptRankings(most=3, most_bytes=10**9, seconds=60, clock=lambda: now[0])
    rankings = [files.ranking(10) for _ in range(4)]
    for ranking in rankings[:3]:
        kept.keep(ranking)
    assert kept.get(rankings[0].id) is rankings[0]
    kept.keep(rankings[3])
    with pytest.raises(ExpiredError, match="ask the question again"):
        kept.get(rankings[1].id)  # the one that was asked for longest ago
    now[0] = 50
    assert kept.get(rankings[2].id) is rankings[2]
    now[0] = 100
    assert kept.get(rankings[2].id) is rankings[2]
    assert len(kept) == 1
    with pytest.raises(ExpiredError):
        kept.get("nothing")


def test_large_rankings_are_forgotten_sooner() -> None:
    files = Files(list(range(100)))
    small, large = files.ranking(10), files.ranking(100)
    kept = KeptRankings(most=10, most_bytes=large.size + small.size)
    for ranking in (small, large):
        kept.keep(ranking)
    assert len(kept) == 2
    kept.keep(newest := files.ranking(100))
    assert len(kept) == 1
    assert kept.get(newest.id) is newest

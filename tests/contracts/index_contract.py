"""What every index must do, with brute force as the oracle: a backend's tests inherit `IndexContract`."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from contracts.index_oracle import BruteForce, assert_best, assert_facets, id_of
from sonolux.errors import LibraryError, QueryError
from sonolux.index.base import Condition, Index, Point
from sonolux.types import Space

SPACES = [
    Space("look/v1.5", 8, "cosine"),
    Space("energy", 8, "dot"),
    Space("place", 8, "euclidean"),
    Space("code", 64, "hamming", "binary"),
    Space("words", 2**20, "dot", "sparse"),
]
BY_NAME = {space.name: space for space in SPACES}


def descriptor(space: Space, rng: np.random.Generator) -> Any:
    if space.kind == "binary":
        return rng.integers(0, 256, space.dim // 8).astype(np.uint8)
    if space.kind == "sparse":
        terms = np.sort(rng.choice(30, size=rng.integers(1, 8), replace=False)).astype(np.int32)
        weights = rng.uniform(0.1, 2, len(terms)).astype(np.float32)
        return csr_array((weights, terms, [0, len(terms)]), shape=(1, space.dim))
    return rng.standard_normal(space.dim).astype(np.float32)


def nested(depth: int) -> Any:
    value: Any = "core"
    for _ in range(depth):
        value = [value]
    return value


def payload_of(n: int) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "file": id_of(n - n % 3),
        "kind": "file" if n % 3 == 0 else "window",
        "path": f"\0/music/{n % 7}\0.mp3",
        "folders": ["/", "/music", f"/music/{n % 4}"],
        "modality": ["image", "audio", "text"][n % 3],
        "date": f"20{10 + n % 10}-0{1 + n % 9}-15T12:30:00Z",
        "mtime": 1_700_000_000_000_000_000 + n,
        "seen": n % 2 == 0,
        "size": n * 10,
        "text": f"a passage {n % 2}",
        "meta": {"duration": n if n % 2 else n + 0.5, "my key": n % 3, "tags": [n % 3, n % 5, "x"]},
    }
    if n % 4:
        payload["meta"]["artist"] = ["Bach", "Glass"] if n % 4 == 1 else ["Bach", "Pärt"][n % 2]
    if n % 5 == 0:
        del payload["date"]
    elif n % 3 == 0:
        payload["clock"] = payload["date"].replace("-15T12", "-16T02")
    return payload


def corpus(n: int = 60, seed: int = 0) -> list[Point]:
    rng = np.random.default_rng(seed)
    return [
        Point(
            id_of(i),
            {s.name: descriptor(s, rng) for j, s in enumerate(SPACES) if (i + j) % 6},
            payload_of(i),
        )
        for i in range(n)
    ]


CONDITIONS = [
    Condition("modality", "=", "audio"),
    Condition("modality", "!=", "audio"),
    Condition("modality", "=", ("audio", "text")),
    Condition("modality", "!=", ("audio", "text")),
    Condition("modality", "=", ()),
    Condition("modality", "!=", ()),
    Condition("path", "=", "\0/music/3\0.mp3"),
    Condition("folders", "=", "/music/2"),
    Condition("folders", "!=", "/music/2"),
    Condition("text", "=", "a passage 1"),
    Condition("text", "=", "passage"),
    Condition("meta.artist", "=", "Glass"),
    Condition("meta.artist", "!=", "Glass"),
    Condition("meta.artist", "=", ("Pärt", "Glass")),
    Condition("meta.artist", "!=", ("Pärt", "nobody")),
    Condition("meta.my key", "=", 2),
    Condition("meta.tags", "=", (4, "y")),
    Condition("meta.tags", "!=", (4, 2)),
    Condition("meta.tags", ">", 3),
    Condition("meta.duration", "=", 7),
    Condition("meta.duration", "=", 6.5),
    Condition("meta.duration", "!=", 6.5),
    Condition("meta.duration", "<", 6.5),
    Condition("meta.duration", "<=", 6.5),
    Condition("meta.duration", ">", 30),
    Condition("meta.duration", ">=", 31),
    Condition("size", "=", 70.0),
    Condition("mtime", "=", 1_700_000_000_000_000_007),
    Condition("seen", "=", True),
    Condition("seen", "!=", True),
    Condition("seen", "=", 1),
    Condition("date", "<", "2014-05-15T12:30:00Z"),
    Condition("date", "<=", "2014-05-15T12:30:00Z"),
    Condition("date", ">", "2016-01-01"),
    Condition("date", ">=", "2017-08-15T14:30:00+02:00"),
    Condition("date", "=", "2017-08-15T12:30:00Z"),
    Condition("date", "!=", "2017-08-15T12:30:00Z"),
    Condition("date", "<", "2014-05-16", instead="clock"),
    Condition("date", ">=", "2014-05-16", instead="clock"),
    Condition("nothing.here", "=", "x"),
    Condition("nothing.here", "!=", "x"),
    Condition("nothing", "<", 3),
]


FILE = Condition("kind", "=", "file")
FACETED = [
    [],
    [FILE],
    [Condition("kind", "=", "window")],
    [FILE, Condition("meta.artist", "=", "Glass")],
    [FILE, Condition("date", ">=", "2014-05-16", instead="clock"), Condition("modality", "!=", "audio")],
    [Condition("meta.duration", "<", 20), Condition("folders", "!=", "/music/2")],
    [FILE, Condition("nothing.here", "=", "x")],
]
FACET_KEYS = ("kind", "modality", "folders", "meta.artist", "meta.my key", "meta.tags", "text", "seen", "nothing.here")


def _words(condition: Condition) -> str:
    return f"{condition.instead or condition.key} {condition.op} {condition.value}"


class IndexContract:
    """Inherit, and give two fixtures of module scope.

    ``make`` returns what makes an index at a place of its own, with what `Index.create` takes, and closes it in the
    end; ``reopen`` returns what closes an index and opens it again as another object, and closes that in the end.
    """

    @pytest.fixture
    def empty(self, make: Callable[[], Index]) -> Index:
        return make()

    @pytest.fixture
    def index(self, empty: Index, points: list[Point]) -> Index:
        """Return an index with the corpus, to write to."""
        return _filled(empty, points)

    @pytest.fixture(scope="class")
    @classmethod
    def filled(cls, make: Callable[[], Index]) -> Index:
        """Return an index with the corpus, to read only."""
        return _filled(make(), corpus())

    @pytest.fixture
    def points(self) -> list[Point]:
        return corpus()

    @pytest.fixture
    def oracle(self, points: list[Point]) -> BruteForce:
        return BruteForce(SPACES, points)

    # Search

    @pytest.mark.parametrize("exact", [False, True])
    @pytest.mark.parametrize("space", SPACES, ids=lambda s: s.name)
    def test_search_finds_what_brute_force_finds(
        self, filled: Index, oracle: BruteForce, space: Space, exact: bool
    ) -> None:
        rng = np.random.default_rng(1)
        for _ in range(5):
            query = descriptor(space, rng)
            scores = oracle.scores(space.name, query)
            assert_best(filled.search(space.name, query, 10, exact=exact), scores, 10)

    @pytest.mark.parametrize("condition", CONDITIONS, ids=_words)
    def test_conditions(self, filled: Index, oracle: BruteForce, condition: Condition) -> None:
        query = descriptor(SPACES[0], np.random.default_rng(2))
        expected = oracle.ids([condition])
        assert {p.id for p in filled.scroll([condition])} == expected
        assert filled.count([condition]) == len(expected)
        scores = oracle.scores(SPACES[0].name, query, [condition])
        assert_best(filled.search(SPACES[0].name, query, 8, where=[condition]), scores, 8)

    def test_the_conditions_above_tell_points_apart(self, oracle: BruteForce) -> None:
        counts = [len(oracle.ids([condition])) for condition in CONDITIONS]
        assert sum(0 < count < len(oracle.points) for count in counts) >= 30

    def test_conditions_are_a_conjunction(self, filled: Index, oracle: BruteForce) -> None:
        where = [
            Condition("modality", "=", "audio"),
            Condition("meta.artist", "!=", "Glass"),
            Condition("meta.duration", ">", 10),
            Condition("meta.duration", "<", 40),
        ]
        expected = oracle.ids(where)
        assert expected
        assert {p.id for p in filled.scroll(where)} == expected

    def test_brackets_reach_into_the_dicts_of_a_list(self, empty: Index) -> None:
        said = [[{"label": "cat"}, {"label": "dog"}], [{"label": "dog"}], [], None]
        payloads = [{"annotations": labels} if labels is not None else {} for labels in said]
        empty.upsert([Point(id_of(n), {}, payload) for n, payload in enumerate(payloads)])

        def found(op: Any, value: str | tuple[str, ...]) -> set[str]:
            return {point.id for point in empty.scroll([Condition("annotations[].label", op, value)])}

        assert found("=", "cat") == {id_of(0)}
        assert found("=", ("cat", "dog")) == {id_of(0), id_of(1)}
        assert found("!=", "cat") == {id_of(1), id_of(2), id_of(3)}
        empty.set_payload([id_of(0)], {"annotations": None})
        assert found("=", "cat") == set()

    @pytest.mark.parametrize("space", SPACES, ids=lambda s: s.name)
    def test_filtered_search_in_every_space(self, filled: Index, oracle: BruteForce, space: Space) -> None:
        query = descriptor(space, np.random.default_rng(3))
        where = [Condition("modality", "=", "image")]
        scores = oracle.scores(space.name, query, where)
        assert_best(filled.search(space.name, query, 7, where=where), scores, 7)

    @pytest.mark.parametrize("space", SPACES, ids=lambda s: s.name)
    def test_pages_of_a_search(self, filled: Index, oracle: BruteForce, space: Space) -> None:
        query = descriptor(space, np.random.default_rng(4))
        scores = oracle.scores(space.name, query)
        found = []
        for offset in range(0, 60, 10):
            page = filled.search(space.name, query, 10, offset=offset)
            assert_best(page, scores, 10, offset)
            found += [m.id for m in page]
        if space.metric != "hamming":  # whose many ties may stand in another order on each page
            assert sorted(found) == sorted(scores)

    def test_search_leaves_out(self, filled: Index, oracle: BruteForce) -> None:
        query = descriptor(SPACES[1], np.random.default_rng(5))
        scores = oracle.scores("energy", query)
        without = sorted(scores, key=scores.__getitem__, reverse=True)[:3]
        matches = filled.search("energy", query, 10, without=[*without, "no id at all"])
        left = {i: s for i, s in scores.items() if i not in without}
        assert_best(matches, left, 10)

    def test_search_brings_the_keys_asked_for(self, filled: Index, oracle: BruteForce) -> None:
        query = descriptor(SPACES[1], np.random.default_rng(6))
        for match in filled.search("energy", query, 5):
            assert match.payload == oracle.points[match.id].payload
        for match in filled.search("energy", query, 5, keys=["path", "meta", "absent"]):
            payload = oracle.points[match.id].payload
            assert match.payload == {"path": payload["path"], "meta": payload["meta"]}
        assert all(m.payload == {} for m in filled.search("energy", query, 5, keys=()))

    def test_a_sparse_search_wants_a_shared_term(self, filled: Index) -> None:
        stranger = csr_array(([1.0], [999], [0, 1]), shape=(1, 2**20), dtype=np.float32)
        assert filled.search("words", stranger, 10) == []
        assert filled.search("words", csr_array((1, 2**20), dtype=np.float32), 10) == []

    def test_search_of_nothing(self, filled: Index) -> None:
        query = descriptor(SPACES[0], np.random.default_rng(7))
        assert filled.search(SPACES[0].name, query, 0) == []
        assert filled.search(SPACES[0].name, query, -1) == []
        assert filled.search(SPACES[0].name, query, 10, offset=1000) == []

    def test_a_descriptor_without_direction_scores_nothing(self, empty: Index) -> None:
        empty.add_space(Space("a", 3, "cosine"))
        zero, one = np.zeros(3, np.float32), np.ones(3, np.float32)
        empty.upsert([Point(id_of(1), {"a": zero}), Point(id_of(2), {"a": one})])
        scores = {m.id: m.score for m in empty.search("a", one, 2)}
        assert scores[id_of(1)] == 0
        assert scores[id_of(2)] == pytest.approx(1)

    # Reading

    def test_fetch_brings_back_what_was_written(self, filled: Index, oracle: BruteForce) -> None:
        ids = list(oracle.points)[:20]
        names = [space.name for space in SPACES]
        found = filled.fetch([*ids, ids[0], id_of(999), "no id"], spaces=names)
        assert sorted(p.id for p in found) == sorted(ids)
        for point in found:
            _assert_same(point, oracle.points[point.id])

    def test_fetch_brings_only_what_is_asked(self, filled: Index, points: list[Point]) -> None:
        (point,) = filled.fetch([points[1].id], spaces=["energy"], keys=["kind"])
        assert set(point.vectors) == {"energy"}
        assert point.payload == {"kind": "window"}
        (point,) = filled.fetch([points[1].id], keys=())
        assert (point.vectors, point.payload) == ({}, {})
        assert filled.fetch([]) == []

    def test_scroll_yields_everything_once_in_a_steady_order(self, empty: Index) -> None:
        ids = {id_of(n) for n in range(1203)}
        empty.upsert([Point(i, {}, {"n": 1}) for i in ids])
        first = [p.id for p in empty.scroll(keys=())]
        assert len(first) == len(ids)
        assert set(first) == ids
        assert [p.id for p in empty.scroll(keys=())] == first

    def test_scroll_goes_on_after_an_id(self, empty: Index) -> None:
        empty.upsert([Point(str(uuid.uuid4()), {}, {"n": 1}) for _ in range(12)])
        ids = [p.id for p in empty.scroll(keys=())]
        assert [p.id for p in empty.scroll(keys=(), after=ids[6])] == ids[7:]
        assert [p.id for p in empty.scroll(keys=(), after=ids[-1])] == []
        empty.delete([ids[6]])
        assert [p.id for p in empty.scroll(keys=(), after=ids[6])] == ids[7:]

    def test_scroll_brings_descriptors(self, filled: Index, oracle: BruteForce) -> None:
        names = [space.name for space in SPACES]
        for point in filled.scroll(spaces=names):
            _assert_same(point, oracle.points[point.id])

    def test_count(self, filled: Index, oracle: BruteForce) -> None:
        assert filled.count() == 60
        where = [Condition("modality", "=", "image")]
        for space in SPACES:
            having = {i for i, p in oracle.points.items() if space.name in p.vectors}
            assert filled.count(space=space.name) == len(having)
            assert filled.count(where, space=space.name) == len(having & oracle.ids(where))

    # Facets

    @pytest.mark.parametrize("where", FACETED, ids=lambda where: " and ".join(map(_words, where)) or "all")
    @pytest.mark.parametrize("key", FACET_KEYS)
    def test_facets_count_files(self, filled: Index, oracle: BruteForce, key: str, where: list[Condition]) -> None:
        counts = oracle.facets(key, where)
        for limit in (100, 2, 0):
            assert_facets(filled.facets(key, where, limit=limit), counts, limit)

    def test_spans_of_one_file_count_once(self, empty: Index) -> None:
        payloads = [{"file": "a", "kind": kind, "annotations": [{"label": "cat"}]} for kind in ("file", "shot", "shot")]
        empty.upsert([Point(id_of(n), {}, payload) for n, payload in enumerate(payloads)])
        assert empty.facets("annotations[].label") == [("cat", 1)]
        assert empty.facets("kind") == [("file", 1), ("shot", 1)]

    @given(
        steps=st.lists(
            st.tuples(st.sampled_from("uuusod"), st.integers(0, 5), st.lists(st.sampled_from("abc"), max_size=3)),
            max_size=15,
        )
    )
    @settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
    def test_facets_follow_what_is_written(
        self, make: Callable[[], Index], steps: list[tuple[str, int, list[str]]]
    ) -> None:
        index, model = make(), BruteForce([], [])
        for what, number, values in steps:
            _write_values(index, model, what, number, values)
            for key in ("meta.keywords", "annotations[].label"):
                assert_facets(index.facets(key, [FILE]), model.facets(key, [FILE]), 100)

    def test_sample_draws_from_the_space_evenly(self, filled: Index, oracle: BruteForce) -> None:
        having = {i for i, p in oracle.points.items() if "energy" in p.vectors}
        drawn = [p.id for _ in range(60) for p in filled.sample("energy", 10)]
        assert set(drawn) == having
        counts = np.array([drawn.count(i) for i in having])
        # 600 draws over 50 points: 12 each, deviation 3.1; 60 without replacement never pass 60.
        assert counts.min() >= 1
        assert counts.max() <= 30

    def test_sample_brings_the_descriptor_and_its_file(self, filled: Index, oracle: BruteForce) -> None:
        for point in filled.sample("code", 5):
            np.testing.assert_array_equal(point.vectors["code"], oracle.points[point.id].vectors["code"])
            assert point.payload == {"file": oracle.points[point.id].payload["file"]}
        sampled = [p.id for p in filled.sample("code", 1000)]
        assert len(set(sampled)) == len(sampled) == filled.count(space="code")
        assert filled.sample("code", 0) == []

    # Writing

    def test_upsert_replaces_a_point_whole(self, index: Index, points: list[Point]) -> None:
        new = Point(points[1].id, {"place": np.ones(8, np.float32)}, {"only": 1})
        index.upsert([new])
        (point,) = index.fetch([new.id], spaces=[space.name for space in SPACES])
        _assert_same(point, new)
        assert index.count() == 60

    def test_the_last_of_one_id_wins(self, empty: Index) -> None:
        empty.upsert([Point(id_of(1), {}, {"n": 1}), Point(id_of(1), {}, {"n": 2})])
        (point,) = empty.fetch([id_of(1)])
        assert point.payload == {"n": 2}

    def test_update_vectors_keeps_the_rest(self, index: Index, points: list[Point]) -> None:
        old = points[1]
        energy = np.arange(8, dtype=np.float32)
        index.update_vectors([Point(old.id, {"energy": energy}), Point(id_of(999), {"energy": energy})])
        (point,) = index.fetch([old.id], spaces=[space.name for space in SPACES])
        _assert_same(point, replace(old, vectors={**old.vectors, "energy": energy}))
        assert index.count() == 60
        assert index.search("energy", energy * 1e6, 1)[0].id == old.id

    def test_set_payload_keeps_the_rest(self, index: Index, points: list[Point]) -> None:
        ids = [points[1].id, points[2].id]
        index.set_payload([*ids, id_of(999), "no id"], {"meta": {"new": [1]}, "mark": "x"})
        for point in index.fetch(ids, spaces=["code"]):
            old = points[1] if point.id == points[1].id else points[2]
            assert point.payload == {**old.payload, "meta": {"new": [1]}, "mark": "x"}
            np.testing.assert_array_equal(point.vectors["code"], old.vectors["code"])
        index.set_payload(ids, {"mark": None})
        assert all("mark" not in p.payload for p in index.fetch(ids))
        assert index.count() == 60

    def test_delete(self, index: Index, oracle: BruteForce) -> None:
        ids = list(oracle.points)
        index.delete([*ids[:25], id_of(999), "no id"])
        assert {p.id for p in index.scroll(keys=())} == set(ids[25:])
        query = descriptor(SPACES[0], np.random.default_rng(8))
        scores = BruteForce(SPACES, [oracle.points[i] for i in ids[25:]]).scores(SPACES[0].name, query)
        assert_best(index.search(SPACES[0].name, query, 50), scores, 50)
        index.delete([])
        assert index.count() == 35

    def test_delete_where(self, index: Index, oracle: BruteForce) -> None:
        where = [Condition("folders", "=", "/music/2"), Condition("kind", "=", "window")]
        gone = oracle.ids(where)
        index.delete_where(where)
        assert {p.id for p in index.scroll(keys=())} == set(oracle.points) - gone
        with pytest.raises(ValueError, match="condition"):
            index.delete_where([])
        assert index.count() == 60 - len(gone)

    @given(steps=st.lists(st.tuples(st.sampled_from("uuudvp"), st.integers(0, 9), st.integers(0, 99)), max_size=25))
    @settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
    def test_any_writes_leave_what_a_dict_would_hold(
        self, make: Callable[[], Index], steps: list[tuple[str, int, int]]
    ) -> None:
        index, model = make(), BruteForce(SPACES[1:3], [])
        for space in SPACES[1:3]:
            index.add_space(space)
        for what, number, seed in steps:
            _apply(index, model, what, id_of(number), seed)
        query = np.ones(8, np.float32)
        for space in SPACES[1:3]:
            assert_best(index.search(space.name, query, 20), model.scores(space.name, query), 20)
        found = {p.id: p for p in index.scroll(spaces=["energy", "place"])}
        assert set(found) == set(model.points)
        for point in found.values():
            _assert_same(point, model.points[point.id])

    # Spaces

    def test_spaces(self, index: Index, reopen: Callable[[Index], Index]) -> None:
        assert index.spaces() == BY_NAME
        assert reopen(index).spaces() == BY_NAME

    def test_a_space_added_later_leaves_all_else(self, index: Index, oracle: BruteForce) -> None:
        late = Space("late", 4, "cosine")
        index.add_space(late)
        index.add_space(late)
        assert index.spaces() == {**BY_NAME, "late": late}
        assert index.count(space="late") == 0
        for point in index.scroll(spaces=[*BY_NAME, "late"]):
            _assert_same(point, oracle.points[point.id])
        some = list(oracle.points)[:5]
        row = np.array([1, 0, 0, 0], np.float32)
        index.update_vectors([Point(i, {"late": row}) for i in some])
        assert {m.id for m in index.search("late", row, 60)} == set(some)

    def test_a_dropped_space_is_gone_and_may_come_back_otherwise(self, index: Index, oracle: BruteForce) -> None:
        index.drop_space("energy")
        index.drop_space("never there")
        assert "energy" not in index.spaces()
        left = [name for name in BY_NAME if name != "energy"]
        for point in index.scroll(spaces=left):
            old = oracle.points[point.id]
            kept = {k: v for k, v in old.vectors.items() if k != "energy"}
            _assert_same(point, replace(old, vectors=kept))
        with pytest.raises(LibraryError, match="energy"):
            index.search("energy", np.ones(8, np.float32), 3)
        index.add_space(Space("energy", 3, "euclidean"))
        assert index.count(space="energy") == 0
        index.update_vectors([Point(next(iter(oracle.points)), {"energy": np.ones(3, np.float32)})])
        assert index.search("energy", np.ones(3, np.float32), 3)[0].score == 0

    def test_another_space_of_the_same_name_is_refused(self, filled: Index) -> None:
        for other in (Space("energy", 9, "dot"), Space("energy", 8, "cosine")):
            with pytest.raises(LibraryError, match="energy"):
                filled.add_space(other)
        assert filled.spaces() == BY_NAME

    @pytest.mark.parametrize(
        "space",
        [
            Space("", 8),
            Space("x" * 300, 8),
            Space("a", 0),
            Space("a", 100_000),
            Space("a", 9, "hamming", "binary"),
            Space("a", 8, "hamming"),
            Space("a", 8, "cosine", "binary"),
            Space("a", 8, "cosine", "sparse"),
        ],
        ids=str,
    )
    def test_spaces_that_make_no_sense_are_refused(self, empty: Index, space: Space) -> None:
        with pytest.raises(LibraryError):
            empty.add_space(space)
        empty.add_space(Space("good", 8))
        assert list(empty.spaces()) == ["good"]

    @pytest.mark.parametrize("name", ["../../up", "a/b", ".", "..", "a\0b", "naïve 音", "a%2Fb", 'q"\\:'])
    def test_any_name_will_do_for_a_space(self, empty: Index, reopen: Callable[[Index], Index], name: str) -> None:
        empty.add_space(Space(name, 2, "dot"))
        empty.upsert([Point(id_of(1), {name: np.ones(2, np.float32)})])
        again = reopen(empty)
        assert list(again.spaces()) == [name]
        assert again.search(name, np.ones(2, np.float32), 1)[0].score == 2

    # Manifest, life

    def test_meta_comes_back(self, empty: Index, reopen: Callable[[Index], Index]) -> None:
        assert empty.read_meta() == {}
        first = {"version": 1, "background": {"look": [0.1, None, 2**60]}, "gone": True, "text": "♫\0"}
        assert empty.update_meta(lambda _: first) == first
        assert empty.read_meta() == first
        empty.add_space(SPACES[0])
        again = reopen(empty)
        assert again.read_meta() == first
        second = {"version": 2, "background": {"other": 1}}
        assert again.update_meta(lambda _: second) == second
        last = reopen(again)
        assert last.read_meta() == second
        assert last.spaces() == {SPACES[0].name: SPACES[0]}

    def test_what_is_read_of_meta_is_a_copy(self, empty: Index) -> None:
        empty.update_meta(lambda _: {"spaces": {"look": [1]}})
        empty.read_meta()["spaces"]["look"].append(2)

        def looking(meta: dict[str, Any]) -> dict[str, Any]:
            meta["spaces"]["look"].append(3)
            raise ValueError("on second thoughts")

        with pytest.raises(ValueError, match="second thoughts"):
            empty.update_meta(looking)
        assert empty.read_meta() == {"spaces": {"look": [1]}}

    def test_two_openers_lose_nothing_of_each_others_manifest(
        self, empty: Index, another: Callable[[Index], Index]
    ) -> None:
        """Each changes what is stored, not what it read long ago."""
        empty.update_meta(lambda _: {"changes": 1})
        assert empty.spaces() == {}
        other = another(empty)
        assert other.read_meta() == {"changes": 1}
        other.add_space(SPACES[0])
        other.update_meta(lambda meta: {**meta, "changes": meta["changes"] + 10, "other": True})
        empty = another(other)
        empty.add_space(SPACES[1])
        empty.update_meta(lambda meta: {**meta, "changes": meta["changes"] + 100})
        other = another(empty)
        other.drop_space(SPACES[0].name)
        last = another(other)
        assert last.read_meta() == {"changes": 111, "other": True}
        assert list(last.spaces()) == [SPACES[1].name]

    def test_threads_lose_nothing_of_each_others_manifest(self, empty: Index) -> None:
        def count(_: int) -> None:
            empty.update_meta(lambda meta: {"count": meta.get("count", 0) + 1})

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(count, range(12)))
        assert empty.read_meta() == {"count": 12}

    def test_points_are_there_after_reopening(
        self, index: Index, oracle: BruteForce, reopen: Callable[[Index], Index]
    ) -> None:
        index.optimize()
        again = reopen(index)
        names = [space.name for space in SPACES]
        found = {p.id: p for p in again.scroll(spaces=names)}
        assert set(found) == set(oracle.points)
        for point in found.values():
            _assert_same(point, oracle.points[point.id])
        query = descriptor(SPACES[3], np.random.default_rng(9))
        assert_best(again.search("code", query, 9), oracle.scores("code", query), 9)

    def test_points_without_spaces_or_meta_come_back(self, empty: Index, reopen: Callable[[Index], Index]) -> None:
        empty.upsert([Point(id_of(1), {}, {"n": 1})])
        assert [p.payload for p in reopen(empty).scroll()] == [{"n": 1}]

    def test_a_closed_index_opens_again_by_itself(self, filled: Index) -> None:
        filled.close()
        filled.close()
        assert filled.count() == 60
        with filled as same:
            assert same.count() == 60

    def test_an_index_begins_with_spaces_and_meta(
        self, make: Callable[..., Index], reopen: Callable[[Index], Index]
    ) -> None:
        index = make(spaces=SPACES, meta={"asked": ["look"]})
        assert (index.spaces(), index.read_meta()) == (BY_NAME, {"asked": ["look"]})
        again = reopen(_filled(index, corpus()))
        assert (again.spaces(), again.read_meta()) == (BY_NAME, {"asked": ["look"]})
        question = descriptor(SPACES[1], np.random.default_rng(8))
        assert_best(again.search("energy", question, 9), BruteForce(SPACES, corpus()).scores("energy", question), 9)

    def test_create_refuses_what_exists(self, empty: Index) -> None:
        assert empty.exists()
        with pytest.raises(LibraryError, match="already"):
            empty.create()

    # Bad input

    @pytest.mark.parametrize(
        ("space", "vector"),
        [
            ("energy", np.ones(7, np.float32)),
            ("energy", np.ones((1, 8), np.float32)),
            ("energy", csr_array(np.ones((1, 8), np.float32))),
            ("energy", np.full(8, np.nan, np.float32)),
            ("code", np.ones(64, np.uint8)),
            ("code", np.ones(8, np.float32)),
            ("words", np.ones(8, np.float32)),
            ("words", csr_array(([np.inf], [3], [0, 1]), shape=(1, 2**20))),
        ],
        ids=str,
    )
    def test_descriptors_that_do_not_fit_are_refused(
        self, filled: Index, points: list[Point], space: str, vector: Any
    ) -> None:
        with pytest.raises(ValueError, match=space):
            filled.search(space, vector, 3)
        with pytest.raises(ValueError, match=space):
            filled.upsert([Point(id_of(999), {space: vector})])
        with pytest.raises(ValueError, match=space):
            filled.update_vectors([Point(points[1].id, {space: vector})])
        filled.upsert([points[0]])
        assert filled.count() == 60

    def test_unknown_spaces_are_named(self, filled: Index, points: list[Point]) -> None:
        row = np.ones(8, np.float32)
        calls: Sequence[Callable[[], Any]] = (
            lambda: filled.search("nowhere", row, 3),
            lambda: filled.sample("nowhere", 3),
            lambda: filled.count(space="nowhere"),
            lambda: filled.fetch([points[0].id], spaces=["nowhere"]),
            lambda: list(filled.scroll(spaces=["nowhere"])),
            lambda: filled.upsert([Point(id_of(1), {"nowhere": row})]),
            lambda: filled.update_vectors([Point(points[0].id, {"nowhere": row})]),
        )
        for call in calls:
            with pytest.raises(LibraryError, match=r"nowhere.*energy"):
                call()

    @pytest.mark.parametrize(
        "value",
        [float("nan"), {1, 2}, object(), "\udc80", nested(200), nested(5000)],
        ids=["nan", "set", "object", "surrogate", "deep", "very deep"],
    )
    def test_payload_that_is_no_json_is_refused(self, filled: Index, points: list[Point], value: Any) -> None:
        with pytest.raises(LibraryError):
            filled.upsert([Point(id_of(999), {}, {"x": [value]})])
        with pytest.raises(LibraryError):
            filled.set_payload([points[0].id], {"x": value})
        filled.upsert([points[0]])
        assert len(list(filled.scroll())) == 60

    def test_payload_of_any_shape_comes_back(self, empty: Index) -> None:
        shapes: list[dict[str, Any]] = [
            {"title": 5, "date": "junk", "meta": {"duration": "long", "artist": {"a": 1}}},
            {"meta": "none", "text": [1, {"a": 2}], "path": ["a", 1]},
            {"": 1, "a" * 5000: "b" * 100_000, "text": "\0" * 100, "date": 20},
            {"x": nested(50), "y": [True, 1, 1.5, 2**62, -1, "🎧\n\"'"], "z": {}},
        ]
        points = [Point(id_of(n), {}, payload) for n, payload in enumerate(shapes)]
        empty.upsert(points)
        assert {p.id: p.payload for p in empty.scroll()} == {p.id: p.payload for p in points}

    def test_an_id_that_is_no_uuid_is_refused(self, filled: Index) -> None:
        with pytest.raises(LibraryError, match="song"):
            filled.upsert([Point("song 1", {}, {})])

    @pytest.mark.parametrize(
        ("words", "holding"),
        [
            ("tide", {1, 2, 3}),
            ("TIDE high", {1, 2}),
            ("high tide", {1, 2}),
            ("tid", set()),
            ("9 to 17", {4}),
            ("tide 9", set()),
            ("Straße", {5}),
            ("港口", {6}),
        ],
    )
    def test_texts_that_hold_words(self, empty: Index, words: str, holding: set[int]) -> None:
        texts = {
            1: "The tide is high.", 2: "High\ntide", 3: "the tide, later", 4: "open from 9 to 17", 5: "Lange STRAßE 4",
            6: "港口 42", 7: "", 8: "tides",
        }  # fmt: skip
        empty.upsert([Point(id_of(number), {}, {"text": text}) for number, text in texts.items()])
        empty.upsert([Point(id_of(9), {}, {"title": "tide high 9 to 17 Straße 港口"})])
        asked = Condition("text", "~", words)
        assert {point.id for point in empty.scroll([asked])} == {id_of(number) for number in holding}
        assert empty.count([asked]) == len(holding)
        empty.set_payload([id_of(3)], {"text": None})
        assert empty.count([asked]) == len(holding - {3})

    @pytest.mark.parametrize(
        "condition",
        [
            Condition("date", "<", "yesterday"),
            Condition("size", "<", True),
            Condition("size", "<", (1, 2)),
            Condition("size", "=", float("nan")),
            Condition('si"ze', "=", 1),
            Condition("meta..artist", "=", 1),
            Condition("", "=", 1),
            Condition("size", "~", 1),
            Condition("size", "~", "1"),
            Condition("title", "~", "song"),
            Condition("annotations[].label", "~", "cat"),
            Condition("text", "~", 1),
            Condition("text", "~", ("tide", "high")),
            Condition("text", "~", " .!"),
        ],
        ids=str,
    )
    def test_conditions_that_cannot_be_asked(self, filled: Index, condition: Condition) -> None:
        with pytest.raises(QueryError):
            filled.count([condition])
        with pytest.raises(QueryError):
            filled.delete_where([condition])
        assert filled.count() == 60


def _filled(index: Index, points: list[Point]) -> Index:
    for space in SPACES:
        index.add_space(space)
    index.upsert(points)
    return index


def _write_values(index: Index, model: BruteForce, what: str, number: int, values: list[str]) -> None:
    """Do one step to an index and to its model: upsert, set a payload, delete or optimize."""
    id_, said = id_of(number), [{"label": value} for value in values]
    if what == "o":
        index.optimize()
    elif what == "d":
        index.delete([id_])
        model.points.pop(id_, None)
    elif what == "s":
        index.set_payload([id_], {"annotations": said})
        if id_ in model.points:
            old = model.points[id_]
            model.points[id_] = replace(old, payload={**old.payload, "annotations": said})
    else:
        kind = "file" if number % 2 else "shot"
        new = Point(id_, {}, {"kind": kind, "file": id_, "meta": {"keywords": values}, "annotations": said})
        index.upsert([new])
        model.points[id_] = new


def _apply(filled: Index, model: BruteForce, what: str, id_: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    if what == "u":
        names = [name for name in ("energy", "place") if rng.random() < 0.7]
        vectors = {name: descriptor(BY_NAME[name], rng) for name in names}
        model.points[id_] = Point(id_, vectors, {"seed": seed})
        filled.upsert([model.points[id_]])
    elif what == "d":
        model.points.pop(id_, None)
        filled.delete([id_])
    elif what == "v":
        row = descriptor(BY_NAME["place"], rng)
        filled.update_vectors([Point(id_, {"place": row})])
        if id_ in model.points:
            old = model.points[id_]
            model.points[id_] = replace(old, vectors={**old.vectors, "place": row})
    else:
        filled.set_payload([id_], {"mark": seed})
        if id_ in model.points:
            old = model.points[id_]
            model.points[id_] = replace(old, payload={**old.payload, "mark": seed})


def _assert_same(found: Point, written: Point) -> None:
    assert found.payload == written.payload
    assert set(found.vectors) == set(written.vectors)
    for name, row in written.vectors.items():
        back: Any = found.vectors[name]
        if BY_NAME.get(name) and BY_NAME[name].kind == "sparse":
            assert isinstance(back, csr_array)
            assert (abs(back - row)).max() < 1e-6
        else:
            unit = row / np.linalg.norm(row) if BY_NAME[name].metric == "cosine" else row
            assert back.dtype == row.dtype
            np.testing.assert_allclose(back, unit, rtol=1e-5, atol=1e-6)

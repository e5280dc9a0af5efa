"""Keywords on several shards: their weights follow from what all shards hold, and what is kept for it never shows."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

pytest.importorskip("qdrant_client", reason="libraries on a cluster need qdrant-client")

from qdrant_client import models

from contracts.faulty_cluster import FaultyCluster
from contracts.index_oracle import BruteForce, assert_best, id_of
from library.before.write_cluster_library import restore
from sonolux.errors import LibraryError, QueryError
from sonolux.index.base import Condition, Point
from sonolux.index.cluster import manifest_log, rarity, ties
from sonolux.index.cluster.connection import ClusterConnection
from sonolux.index.cluster.rarity import PREFIX, inverse_frequency, terms_key
from sonolux.index.cluster.remote import RemoteIndex
from sonolux.types import Space

pytestmark = [
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact"),
]
BEFORE = Path(__file__).parents[2] / "library" / "before" / "cluster-format-2.json.xz"
URLS = ("http://a:6333",)
WORDS = Space("words", 2**32, "dot", "sparse")
PLACE = Space("place", 2, "dot")
TERMS = terms_key("words")
LAST = 2**32 - 1


@pytest.fixture
def sharded() -> Iterator[FaultyCluster]:
    cluster = FaultyCluster(share=0, shards=3)
    yield cluster
    cluster.close()


@pytest.fixture
def calm() -> Iterator[FaultyCluster]:
    cluster = FaultyCluster(share=0)
    yield cluster
    cluster.close()


def opened(cluster: FaultyCluster, *, exact_idf: bool = True) -> RemoteIndex:
    """Return an index as a process of its own opens it."""
    return RemoteIndex(ClusterConnection(URLS, cluster.at), "trips", exact_idf=exact_idf)


def text(*terms: int, weight: float = 1.0) -> csr_array:
    return csr_array((np.full(len(terms), weight, np.float32), list(terms), [0, len(terms)]), shape=(1, WORDS.dim))


def texts(count: int = 90) -> list[Point]:
    """Texts of which the first are of one subject, and each holds the last term that there can be."""
    rng = np.random.default_rng(0)
    rows = [text(*sorted({LAST, *rng.integers(0, 30, 4).tolist(), *([40] if n < 12 else [])})) for n in range(count)]
    weights = rng.uniform(0.5, 2, count)
    return [Point(id_of(n), {"words": row * np.float32(weights[n])}, {"n": n}) for n, row in enumerate(rows)]


def filled(cluster: FaultyCluster, points: list[Point], *, exact_idf: bool = True) -> RemoteIndex:
    index = opened(cluster, exact_idf=exact_idf)
    index.create(spaces=[WORDS, PLACE])
    index.upsert(points)
    return index


def counts(cluster: FaultyCluster) -> int:
    return sum(times for (_, name), times in cluster.calls.items() if name == "count")


def stored(cluster: FaultyCluster) -> list[dict[str, Any]]:
    return [point.payload for point in cluster.held.scroll("trips", limit=1000)[0]]


# Weights


@pytest.mark.parametrize("terms", [(40,), (1,), (LAST,), (1, 2, 40), (3, 40, LAST)], ids=str)
def test_scores_are_those_of_all_shards_together(sharded: FaultyCluster, terms: tuple[int, ...]) -> None:
    points = texts()
    index = filled(sharded, points)
    assert_best(index.search("words", text(*terms), 10), BruteForce([WORDS], points).scores("words", text(*terms)), 10)


def test_the_engine_itself_weighs_by_shard(sharded: FaultyCluster) -> None:
    """What is mended shows: the cluster of these tests has the flaw."""
    points = texts()
    index = filled(sharded, points, exact_idf=False)
    best = index.search("words", text(1, 2, 40), 10)
    with pytest.raises(AssertionError):
        assert_best(best, BruteForce([WORDS], points).scores("words", text(1, 2, 40)), 10)


def test_a_filter_leaves_the_weights_as_they_are(sharded: FaultyCluster) -> None:
    points = texts()
    index, oracle = filled(sharded, points), BruteForce([WORDS], points)
    few = [Condition("n", "<", 20)]
    assert_best(index.search("words", text(1, 40), 9, where=few), oracle.scores("words", text(1, 40), few), 9)


def test_what_is_deleted_no_longer_counts(sharded: FaultyCluster) -> None:
    points = texts()
    index = filled(sharded, points)
    index.delete([point.id for point in points[:10]])
    left = BruteForce([WORDS], points[10:])
    assert_best(index.search("words", text(1, 40), 9), left.scores("words", text(1, 40)), 9)
    index.delete_where([Condition("n", "<", 30)])
    left = BruteForce([WORDS], points[30:])
    assert_best(index.search("words", text(1, 2), 9), left.scores("words", text(1, 2)), 9)


def test_points_without_words_do_not_count(sharded: FaultyCluster) -> None:
    points = texts()
    others = [Point(id_of(n), {"place": np.ones(2, np.float32)}) for n in range(200, 260)]
    index = filled(sharded, [*points, *others])
    assert_best(index.search("words", text(1, 40), 9), BruteForce([WORDS], points).scores("words", text(1, 40)), 9)


def test_vectors_that_are_written_later_count(sharded: FaultyCluster) -> None:
    points = texts()
    index = filled(sharded, [Point(point.id, {}, point.payload) for point in points])
    assert index.search("words", text(1), 3) == []
    unknown = Point(id_of(999), {"words": text(1)})
    index.update_vectors([*points, unknown])
    assert_best(index.search("words", text(1, 40), 9), BruteForce([WORDS], points).scores("words", text(1, 40)), 9)
    changed = [Point(point.id, {"words": text(7)}) for point in points[:40]]
    index.update_vectors(changed)
    now = BruteForce([WORDS], [*changed, *points[40:]])
    assert_best(index.search("words", text(1, 7, 40), 9), now.scores("words", text(1, 7, 40)), 9)
    assert {tuple(said[TERMS]) for said in stored(sharded) if said["n"] < 40} == {(7,)}
    assert index.count() == 90


def test_a_point_that_loses_its_words_loses_its_terms(sharded: FaultyCluster) -> None:
    points = texts()
    index = filled(sharded, points)
    index.upsert([Point(points[0].id, {"place": np.ones(2, np.float32)}, {"n": 0})])
    assert_best(index.search("words", text(40), 20), BruteForce([WORDS], points[1:]).scores("words", text(40)), 20)


def test_weights_are_never_negative() -> None:
    assert inverse_frequency(3, 1) == pytest.approx(math.log(1 + 2.5 / 1.5))
    assert inverse_frequency(2, 5) == pytest.approx(math.log(1 + 0.5 / 5.5))
    assert inverse_frequency(0, 0) == pytest.approx(math.log(2))


# Ties


def alike(count: int = 60) -> list[Point]:
    """Texts that score alike but for two, which say it more often."""
    weights = {n: 2.0 if n in (11, 50) else 1.0 for n in range(count)}
    return [Point(id_of(n), {"words": text(3, weight=weights[n])}, {"n": n}) for n in range(count)]


@pytest.mark.parametrize("shards", [1, 3])
def test_of_those_that_score_alike_the_first_ids_come_first(shards: int) -> None:
    cluster = FaultyCluster(share=0, shards=shards)
    points = alike()
    index = filled(cluster, points)
    best = sorted([points[11], points[50]], key=lambda point: point.id)
    others = sorted({point.id for point in points} - {point.id for point in best})
    wanted = [*(point.id for point in best), *others]
    assert [hit.id for hit in index.search("words", text(3), 10)] == wanted[:10]
    pages = [hit for start in range(0, 63, 7) for hit in index.search("words", text(3), 7, offset=start)]
    assert [hit.id for hit in pages] == wanted
    assert all(hit.payload == {"n": next(p.payload["n"] for p in points if p.id == hit.id)} for hit in pages)
    few = index.search("words", text(3), 4, where=[Condition("n", ">", 20)], without=[points[50].id], keys=())
    allowed = {point.id for point in points[21:]} - {points[50].id}
    assert [hit.id for hit in few] == [id_ for id_ in wanted if id_ in allowed][:4]
    assert {tuple(hit.payload) for hit in few} == {()}
    cluster.close()


def test_more_than_are_put_in_order_are_found_all_the_same(
    sharded: FaultyCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ties, "MOST", 5)
    points = alike()
    index = filled(sharded, points)
    assert_best(index.search("words", text(3), 12), BruteForce([WORDS], points).scores("words", text(3)), 12)


def test_what_is_deleted_between_two_requests_is_not_found(sharded: FaultyCluster) -> None:
    index = filled(sharded, alike())
    retrieve, gone = sharded.held.retrieve, []

    def after_a_deletion(name: str, ids: list[str], *rest: Any) -> Any:
        gone.append(ids[0])
        sharded.held.delete(name, models.PointIdsList(points=ids[:1]))
        return retrieve(name, ids, *rest)

    sharded.held.retrieve = after_a_deletion
    hits = index.search("words", text(3), 10)
    assert len(hits) == 9
    assert gone[0] not in {hit.id for hit in hits}
    assert all("n" in hit.payload for hit in hits)


def test_nothing_more_is_asked_where_nothing_scores_alike(sharded: FaultyCluster) -> None:
    index = filled(sharded, texts())
    index.search("words", text(LAST), 10)
    assert sharded.calls["http://a:6333", "query_points"] == 1


# What is asked


def test_counts_are_kept_for_a_while_and_forgotten_by_writing(
    sharded: FaultyCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    index = filled(sharded, texts())
    monkeypatch.setattr(index._rarity, "_clock", lambda: now[0])
    index.search("words", text(1, 2), 3)
    assert counts(sharded) == 3
    assert all(said["exact"] for name, said in sharded.said if name == "count")
    index.search("words", text(2, 3), 3)
    assert counts(sharded) == 4
    now[0] += rarity.KEPT + 0.1
    index.search("words", text(2, 3), 3)
    assert counts(sharded) == 7
    index.upsert([Point(id_of(500), {"words": text(1)})])
    index.search("words", text(2), 3)
    assert counts(sharded) == 9


def test_another_process_is_seen_after_a_while(sharded: FaultyCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    now, points = [0.0], texts()
    index = filled(sharded, points)
    monkeypatch.setattr(index._rarity, "_clock", lambda: now[0])
    index.search("words", text(1, 40), 3)
    more = [Point(id_of(n), {"words": text(40)}) for n in range(100, 130)]
    opened(sharded).upsert(more)
    now[0] += rarity.KEPT + 0.1
    scores = BruteForce([WORDS], [*points, *more]).scores("words", text(1, 40))
    assert_best(index.search("words", text(1, 40), 9), scores, 9)


def test_what_was_counted_while_somebody_wrote_is_not_kept(sharded: FaultyCluster) -> None:
    points = texts()
    index = filled(sharded, points)
    count = sharded.held.count

    def meanwhile(*args: Any, **said: Any) -> Any:
        answer = count(*args, **said)
        index._rarity.forget()
        return answer

    sharded.held.count = meanwhile
    index.search("words", text(1), 3)
    del sharded.held.count
    before = counts(sharded)
    index.search("words", text(1), 3)
    assert counts(sharded) == before + 2


def test_no_more_counts_are_kept_than_bear(sharded: FaultyCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rarity, "MOST", 4)
    points = texts()
    index, oracle = filled(sharded, points), BruteForce([WORDS], points)
    for terms in ((1, 2, 3), (2, 3, 4), (5, 6, 7, 8, 9, 10)):
        assert_best(index.search("words", text(*terms), 9), oracle.scores("words", text(*terms)), 9)


def test_terms_have_an_index_for_looking_up(sharded: FaultyCluster) -> None:
    filled(sharded, [])
    opened(sharded).add_space(Space("later.words~", 2**20, "dot", "sparse"))
    made = {args[1]: args[2] for name, args in sharded.given if name == "create_payload_index"}
    later = terms_key("later%2Ewords~")
    assert made[TERMS] == made[later] == rarity.TERMS_INDEX
    assert (rarity.TERMS_INDEX.lookup, rarity.TERMS_INDEX.range) == (True, False)


# What shows


def test_terms_never_show(sharded: FaultyCluster) -> None:
    points = texts(20)
    index = filled(sharded, points)
    assert all(TERMS in said for said in stored(sharded))
    ids = [point.id for point in points]
    shown = [hit.payload for hit in index.search("words", text(LAST), 20)]
    shown += [point.payload for point in (*index.fetch(ids), *index.scroll(), *index.sample("words", 20))]
    shown += [point.payload for point in index.scroll(keys=(TERMS, "n"))]
    assert len(shown) == 100
    assert {key for payload in shown for key in payload} == {"n"}
    assert index.facets(TERMS) == []
    excluded = next(said["with_payload"] for name, said in sharded.said if name == "query_points")
    assert excluded == models.PayloadSelectorExclude(exclude=[TERMS])


def test_terms_are_nobodys_to_write_or_ask_for(sharded: FaultyCluster) -> None:
    index = filled(sharded, texts(3))
    with pytest.raises(LibraryError, match=PREFIX):
        index.upsert([Point(id_of(7), {}, {TERMS: [1]})])
    with pytest.raises(LibraryError, match=PREFIX):
        index.set_payload([id_of(0)], {TERMS: None})
    for condition in (Condition(TERMS, "=", 1), Condition("date", "<", "2020-01-01", instead=TERMS)):
        with pytest.raises(QueryError, match=r"index's own"):
            index.count([condition])
        with pytest.raises(QueryError, match=r"index's own"):
            index.delete_where([condition])
    assert index.count() == 3


def test_payloads_may_change_and_terms_stay(sharded: FaultyCluster) -> None:
    points = texts()
    index = filled(sharded, points)
    index.set_payload([point.id for point in points], {"n": None, "m": 1})
    assert {tuple(said) for said in stored(sharded)} == {(TERMS, "m")}
    assert_best(index.search("words", text(40), 9), BruteForce([WORDS], points).scores("words", text(40)), 9)


@given(st.lists(st.text(st.sampled_from("aZ09-_~%.7e"), max_size=6), min_size=2, max_size=2, unique=True))
def test_every_vector_has_a_key_of_its_own(vectors: list[str]) -> None:
    one, other = map(terms_key, vectors)
    assert one != other
    assert all(letter.isascii() and (letter.isalnum() or letter in "-_") for letter in one)


# Spaces that come and go, and former formats


def test_a_dropped_space_takes_its_terms_with_it(sharded: FaultyCluster) -> None:
    points = texts()
    index = filled(sharded, points)
    index.drop_space("words")
    assert not any(TERMS in said for said in stored(sharded))
    assert ("delete_payload_index", ("trips", TERMS)) in sharded.given
    index.add_space(WORDS)
    index.update_vectors(points[:50])
    scores = BruteForce([WORDS], points[:50]).scores("words", text(1, 40))
    assert_best(opened(sharded).search("words", text(1, 40), 9), scores, 9)
    assert {key for said in stored(sharded) for key in said} == {"n", terms_key("words~1")}


def formats(cluster: FaultyCluster) -> tuple[int, int]:
    """Return the formats of the metadata and of the last version."""
    start = json.loads(cluster.held.get_collection("trips").config.metadata["sonolux"])
    versions = cluster.held.scroll(start["log"], limit=1000)[0]
    return start["format"], max(versions, key=lambda one: one.id).payload["format"]


def test_a_library_of_format_2_goes_on_as_it_was(calm: FaultyCluster) -> None:
    restore(BEFORE, calm.held)
    for held in calm.held.get_collections().collections:
        calm.show_metadata(held.name)
    index = opened(calm)
    [poem] = [point for point in index.scroll(spaces=["bm25"]) if point.payload["path"].endswith("poem.txt")]
    term = int(poem.vectors["bm25"].indices[0])
    [before] = index.search("bm25", text(term), 9)
    assert before.id == poem.id
    index.upsert([Point(id_of(n), {"bm25": text(5)}, {"file": id_of(n)}) for n in range(30)])
    assert index.search("bm25", text(term), 9)[0].score > before.score
    index.update_meta(lambda meta: meta | {"seen": True})
    assert formats(calm) == (2, 2)
    assert counts(calm) == 0
    assert not any(key.startswith(PREFIX) for said in stored(calm) for key in said)


def test_a_space_that_is_added_again_is_counted_and_an_earlier_sonolux_refuses(
    calm: FaultyCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    restore(BEFORE, calm.held)
    for held in calm.held.get_collections().collections:
        calm.show_metadata(held.name)
    space = opened(calm).spaces()["bm25"]
    opened(calm).drop_space("bm25")
    opened(calm).add_space(space)
    opened(calm).upsert([Point(id_of(n), {"bm25": text(5)}, {"file": id_of(n)}) for n in range(3)])
    assert len(opened(calm).search("bm25", text(5), 9)) == 3
    assert counts(calm) == 2
    assert formats(calm) == (2, 3)
    monkeypatch.setattr(manifest_log, "FORMAT", 2)
    with pytest.raises(LibraryError, match="newer Sonolux"):
        opened(calm).spaces()


def test_a_new_library_is_refused_by_an_earlier_sonolux(calm: FaultyCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(calm, texts(3))
    assert json.loads(calm.held.get_collection("trips").config.metadata["sonolux"])["format"] == 3
    monkeypatch.setattr(manifest_log, "FORMAT", 2)
    with pytest.raises(LibraryError, match="newer Sonolux"):
        opened(calm).spaces()

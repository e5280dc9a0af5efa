"""The manifest on a cluster: no change of several writers is lost, whatever fails; former libraries are taken over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

pytest.importorskip("qdrant_client", reason="libraries on a cluster need qdrant-client")

from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import ResponseHandlingException

from contracts.faulty_cluster import FaultyCluster
from library.before.write_cluster_library import restore
from sonolux.errors import LibraryError
from sonolux.index import open_index
from sonolux.index.base import Point
from sonolux.index.cluster import connection, manifest_log
from sonolux.index.cluster.connection import ClusterConnection
from sonolux.index.cluster.remote import RemoteIndex
from sonolux.types import Space

pytestmark = [
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact"),
]
BEFORE = Path(__file__).parents[2] / "library" / "before" / "cluster-format-1.json.xz"
URLS = ("http://a:6333", "http://b:6333", "http://c:6333")
ONE = "00000000-0000-0000-0000-000000000001"


@pytest.fixture
def faulty() -> Iterator[FaultyCluster]:
    cluster = FaultyCluster()
    yield cluster
    cluster.close()


@pytest.fixture
def calm() -> Iterator[FaultyCluster]:
    cluster = FaultyCluster(share=0)
    yield cluster
    cluster.close()


def opened(cluster: FaultyCluster, name: str = "trips") -> RemoteIndex:
    """Return an index as a process of its own opens it."""
    return RemoteIndex(ClusterConnection(URLS, cluster.at), name)


def log_of(cluster: FaultyCluster, name: str = "trips") -> str:
    [log] = [held.name for held in cluster.held.get_collections().collections if held.name.startswith(f"{name}.")]
    return log


def versions_of(cluster: FaultyCluster, name: str = "trips") -> list[int]:
    return [int(point.id) for point in cluster.held.scroll(log_of(cluster, name), limit=1000)[0]]


def restored(cluster: FaultyCluster) -> None:
    """Put a library of format 1 on the cluster."""
    restore(BEFORE, cluster.held)
    for held in cluster.held.get_collections().collections:
        cluster.show_metadata(held.name)


def test_no_change_of_many_writers_is_lost(faulty: FaultyCluster) -> None:
    opened(faulty).create()
    faulty.dead.add(URLS[0])

    def write(writer: int) -> None:
        with opened(faulty) as index:
            for number in range(6):
                index.update_meta(lambda meta: meta | {"count": meta.get("count", 0) + 1})
                index.add_space(Space(f"space-{writer}-{number}", 4))
                if number % 2:
                    index.drop_space(f"space-{writer}-{number}")
                if (writer, number) == (0, 3):
                    faulty.dead.add(URLS[1])  # one node less meanwhile

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(6)))
    with opened(faulty) as index:
        assert index.read_meta() == {"count": 36}
        assert set(index.spaces()) == {f"space-{writer}-{number}" for writer in range(6) for number in (0, 2, 4)}
    assert len(versions_of(faulty)) <= manifest_log.KEPT + 1
    assert max(versions_of(faulty)) == 36 * 2 + 18


def test_many_who_create_and_add_the_same_space_at_once_lose_no_descriptor(faulty: FaultyCluster) -> None:
    def write(writer: int) -> None:
        with opened(faulty) as index:
            try:
                index.create()
            except LibraryError as error:
                assert "already" in str(error)
            index.add_space(Space("look", 4, "dot"))
            index.upsert([Point(f"00000000-0000-0000-0000-{writer:012}", {"look": np.ones(4, np.float32)})])

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(6)))
    with opened(faulty) as index:
        assert index.count(space="look") == 6


def test_a_version_is_written_where_there_is_none_and_read_from_most_nodes(calm: FaultyCluster) -> None:
    calm.peers = 3
    index = opened(calm)
    index.create()
    made = [said for name, said in calm.said if name == "create_collection"]
    assert [(said["shard_number"], said["replication_factor"]) for said in made] == [(None, 2), (1, 3)]
    calm.said.clear()
    index.update_meta(lambda _: {"a": 1})
    writes = [said for name, said in calm.said if name == "upsert"]
    assert [(said["update_mode"], said["ordering"]) for said in writes] == [
        (models.UpdateMode.INSERT_ONLY, models.WriteOrdering.MEDIUM)
    ]
    reads = [said["consistency"] for name, said in calm.said if name in ("scroll", "retrieve")]
    assert set(reads) == {models.ReadConsistencyType.QUORUM}


def test_old_versions_are_removed(calm: FaultyCluster) -> None:
    index = opened(calm)
    index.create()
    for number in range(40):
        index.update_meta(lambda _, number=number: {"number": number})
    assert versions_of(calm) == list(range(41 - manifest_log.KEPT, 41))
    assert opened(calm).read_meta() == {"number": 39}


def test_what_a_writer_that_slept_puts_in_the_place_of_a_removed_version_is_not_taken_for_written(
    calm: FaultyCluster,
) -> None:
    index, other = opened(calm), opened(calm)
    index.create()
    slept = []

    def sleeping(meta: dict[str, Any]) -> dict[str, Any]:
        if not slept:
            slept.append(True)
            for number in range(30):
                other.update_meta(lambda meta, number=number: meta | {"number": number})
        return meta | {"late": True}

    assert index.update_meta(sleeping) == {"number": 29, "late": True}
    assert opened(calm).read_meta() == {"number": 29, "late": True}


def test_where_most_nodes_are_away_a_library_is_read_and_not_changed(
    calm: FaultyCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name in ((manifest_log, "QUORUM_SECONDS"), (manifest_log, "WRITING"), (connection, "FIRST")):
        monkeypatch.setattr(module, name, 0.1)
    index = opened(calm)
    index.create()
    index.update_meta(lambda _: {"a": 1})
    calm.no_quorum = True
    fresh = opened(calm)
    assert fresh.read_meta() == {"a": 1}
    with pytest.raises(LibraryError, match="replica"):
        fresh.update_meta(lambda _: {"a": 2})
    assert fresh.read_meta() == {"a": 1}


def test_a_library_that_was_deleted_and_made_again_begins_anew(calm: FaultyCluster) -> None:
    with opened(calm) as index, opened(calm) as other:
        index.create()
        index.update_meta(lambda _: {"old": True})
        assert other.read_meta() == {"old": True}
        calm.held.delete_collection("trips")
        former = log_of(calm)
        with pytest.raises(LibraryError, match="there is no library at trips"):
            opened(calm).read_meta()
        index.create()
        assert log_of(calm) != former
        assert index.read_meta() == other.read_meta() == opened(calm).read_meta() == {}


def test_a_place_that_a_killed_process_left_is_not_taken_again(calm: FaultyCluster) -> None:
    index = opened(calm)
    index.create()
    # Somebody was ended between adding a vector and saying so; another drops a space, and is late with its vectors.
    calm.held.create_vector_name(
        "trips", "look", models.DenseVectorNameConfig(dense=models.DenseVectorConfig(size=9, distance="Dot"))
    )
    index.add_space(Space("look", 4, "dot"))
    index.upsert([Point(ONE, {"look": np.ones(4, np.float32)})])
    index.drop_space("look")
    index.add_space(Space("look", 4, "dot"))
    assert index.count(space="look") == 0
    index.upsert([Point(ONE, {"look": np.ones(4, np.float32)})])
    calm.held.delete_vector_name("trips", "look~1")
    assert opened(calm).count(space="look") == 1


def test_long_names_have_generations_too(calm: FaultyCluster) -> None:
    index = opened(calm)
    index.create()
    names = ["x" * 199 + letter for letter in "ab"]
    for name in names:
        index.add_space(Space(name, 4, "dot"))
        index.drop_space(name)
        index.add_space(Space(name, 4, "dot"))
    index.upsert([Point(ONE, {names[0]: np.ones(4, np.float32)})])
    assert [index.count(space=name) for name in names] == [1, 0]


@pytest.mark.parametrize("theirs", [False, True])
def test_whose_a_collection_is_that_was_cut_off_while_it_was_made(
    calm: FaultyCluster, monkeypatch: pytest.MonkeyPatch, theirs: bool
) -> None:
    """Asked for again, it is there already: made by the first request, or by somebody else meanwhile."""
    answer, cut = calm.answer, []

    def cutting(url: str, timeout: int, name: str, *rest: Any) -> Any:
        if name != "create_collection" or cut:
            return answer(url, timeout, name, *rest)
        cut.append(name)
        if theirs:
            opened(calm).create()
        else:
            answer(url, timeout, name, *rest)
        raise ResponseHandlingException(httpx.RemoteProtocolError("Server disconnected"))

    monkeypatch.setattr(calm, "answer", cutting)
    index = opened(calm)
    if theirs:
        with pytest.raises(LibraryError, match="already"):
            index.create()
    else:
        index.create()
    assert index.read_meta() == {}
    assert index.update_meta(lambda _: {"a": 1}) == opened(calm).read_meta()
    assert len(versions_of(calm)) == 1


# Former formats


def test_every_format_leads_to_the_next() -> None:
    assert list(manifest_log.MIGRATIONS) == list(range(1, manifest_log.FORMAT))


def test_a_library_of_format_1_is_read_as_it_is_and_taken_over_when_written_to(faulty: FaultyCluster) -> None:
    restored(faulty)
    before = json.loads(faulty.held.get_collection("trips").config.metadata["sonolux"])
    assert "format" not in before
    with opened(faulty) as index:
        assert set(index.spaces()) == {"colour-layout", "bm25"}
        assert index.read_meta()["changes"] == 4
        assert [held.name for held in faulty.held.get_collections().collections if "manifest" in held.name] == []
        index.update_meta(lambda meta: meta | {"changes": 5})
        index.add_space(Space("late", 4))
    with opened(faulty) as index:
        assert index.read_meta()["changes"] == 5
        assert set(index.spaces()) == {"colour-layout", "bm25", "late"}
        assert index.count(space="colour-layout") == 3
    assert json.loads(faulty.held.get_collection("trips").config.metadata["sonolux"])["format"] == 2
    assert log_of(faulty) == "trips.manifest"


def test_many_take_over_a_library_of_format_1_at_once(faulty: FaultyCluster) -> None:
    restored(faulty)

    def count(_: int) -> None:
        with opened(faulty) as index:
            index.update_meta(lambda meta: meta | {"changes": meta["changes"] + 1})

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(count, range(12)))
    assert opened(faulty).read_meta()["changes"] == 16


@pytest.mark.parametrize("killed_after", ["create_collection", "update_collection", "upsert"])
def test_a_takeover_that_was_killed_is_gone_on_with(calm: FaultyCluster, killed_after: str) -> None:
    restored(calm)

    class KilledError(BaseException):
        pass

    answer = calm.answer

    def dying(url: str, timeout: int, name: str, *rest: Any) -> Any:
        answered = answer(url, timeout, name, *rest)
        if name == killed_after:
            raise KilledError
        return answered

    calm.answer = dying  # type: ignore[method-assign]
    with pytest.raises(KilledError):
        opened(calm).update_meta(lambda meta: meta | {"changes": meta["changes"] + 1})
    calm.answer = answer  # type: ignore[method-assign]
    counted = int(killed_after == "upsert")
    assert opened(calm).read_meta()["changes"] == 4 + counted
    opened(calm).update_meta(lambda meta: meta | {"changes": meta["changes"] + 1})
    assert opened(calm).read_meta()["changes"] == 5 + counted
    assert set(opened(calm).spaces()) == {"colour-layout", "bm25"}


# What is refused


@pytest.fixture
def client() -> Iterator[QdrantClient]:
    client = QdrantClient(":memory:")
    yield client
    client.close()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[]", "damaged"),
        ("{", "damaged"),
        ('{"format": "x"}', "damaged"),
        ('{"format": 2, "manifest": {"spaces": [], "meta": {}}}', "damaged.*names no log"),
        ('{"format": 2, "log": "trips.manifest-0"}', "damaged"),
        ('{"format": 4}', "newer Sonolux"),
    ],
)
def test_metadata_that_is_no_manifest(client: QdrantClient, text: str, words: str) -> None:
    client.create_collection("trips", vectors_config={}, metadata={"sonolux": text})
    with pytest.raises(LibraryError, match=words):
        RemoteIndex(client, "trips").read_meta()


@pytest.mark.parametrize(
    ("payload", "words"),
    [({}, "damaged"), ({"manifest": "[]"}, "damaged"), ({"format": 4, "manifest": "{}"}, "newer Sonolux")],
)
def test_a_version_that_is_no_manifest(calm: FaultyCluster, payload: dict[str, Any], words: str) -> None:
    opened(calm).create()
    opened(calm).update_meta(lambda _: {"a": 1})
    calm.held.upsert(log_of(calm), [models.PointStruct(id=2, vector={}, payload=payload)])
    with pytest.raises(LibraryError, match=words):
        opened(calm).read_meta()


def test_a_log_is_no_library(calm: FaultyCluster) -> None:
    opened(calm).create()
    with pytest.raises(LibraryError, match=r"where the library trips keeps its manifest"):
        open_index(f"http://a:6333/{log_of(calm)}")


def test_who_is_always_written_over_is_told(calm: FaultyCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest_log, "WRITING", 0.2)
    index, other = opened(calm), opened(calm)
    index.create()

    def hasty(meta: dict[str, Any]) -> dict[str, Any]:
        other.update_meta(lambda theirs: {"theirs": theirs.get("theirs", 0) + 1})
        return {"ours": 1}

    with pytest.raises(LibraryError, match="written by others all the time"):
        index.update_meta(hasty)
    assert "ours" not in opened(calm).read_meta()

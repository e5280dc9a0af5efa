"""How an index lies on a cluster: copies and shards as asked for, what is missing, what a lost node would cost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("qdrant_client", reason="libraries on a cluster need qdrant-client")

from contracts.faulty_cluster import FaultyCluster, placed
from sonolux.errors import LibraryError
from sonolux.index import ClusterLayout, open_index
from sonolux.index.cluster import node
from sonolux.index.cluster.connection import ClusterConnection
from sonolux.index.cluster.remote import RemoteIndex
from sonolux.index.feedback import ClusterFeedback, Judgement, now, open_feedback

pytestmark = [
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact"),
]
AT = "http://a:6333"


@pytest.fixture
def calm() -> Iterator[FaultyCluster]:
    cluster = FaultyCluster(share=0)
    yield cluster
    cluster.close()


def opened(cluster: FaultyCluster, name: str = "trips") -> RemoteIndex:
    return RemoteIndex(ClusterConnection((AT,), cluster.at), name, f"{AT}/{name}")


def asked_for(cluster: FaultyCluster) -> list[tuple[int | None, int | None]]:
    """Return shards and copies of the collections that were made, logs left out."""
    made = [said for name, said in cluster.said if name == "create_collection"]
    return [(said["shard_number"], said["replication_factor"]) for said in made if "metadata" in said]


@pytest.mark.parametrize(
    ("nodes", "layout", "made"),
    [
        (1, ClusterLayout(), (None, 1)),
        (2, ClusterLayout(), (None, 2)),
        (5, ClusterLayout(), (None, 2)),
        (5, ClusterLayout(copies=1), (None, 1)),
        (3, ClusterLayout(copies=3, shards=2), (2, 3)),
    ],
)
def test_copies_and_shards_are_asked_for(
    calm: FaultyCluster, nodes: int, layout: ClusterLayout, made: tuple[int | None, int]
) -> None:
    calm.peers = nodes
    opened(calm).create(layout)
    assert asked_for(calm) == [made]


@pytest.mark.parametrize(
    ("nodes", "layout", "words"),
    [
        (1, ClusterLayout(copies=2), r"2 copies are more than http://a:6333/trips has nodes, one node: ask for 1"),
        (3, ClusterLayout(copies=4), r"4 copies are more .* 3 nodes: ask for 3"),
        (3, ClusterLayout(shards=7), r"7 shards are more .* 3 nodes: ask for 3"),
    ],
)
def test_more_than_there_are_nodes_is_refused(
    calm: FaultyCluster, nodes: int, layout: ClusterLayout, words: str
) -> None:
    calm.peers = nodes
    index = opened(calm)
    with pytest.raises(LibraryError, match=words):
        index.create(layout)
    assert not index.exists()


@pytest.mark.parametrize(
    ("wanted", "words"),
    [({"copies": 0}, "at least one"), ({"shards": -1}, "at least one"), ({"compress": "zip"}, "int8 or binary: zip")],
)
def test_layouts_that_make_no_sense(wanted: dict[str, int], words: str) -> None:
    with pytest.raises(LibraryError, match=words):
        ClusterLayout(**wanted)  # type: ignore[arg-type]


def test_a_folder_has_no_layout(tmp_path: object) -> None:
    with open_index(f"{tmp_path}/trips") as index:
        with pytest.raises(LibraryError, match="is a folder"):
            index.create(ClusterLayout(copies=2))
        assert not index.exists()
        index.create()
        assert index.cluster_state() == {}


def test_judgements_have_as_many_copies_as_what_they_are_of(
    calm: FaultyCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node, "make_client", calm.at)
    calm.peers = 4
    opened(calm).create(ClusterLayout(copies=3))
    answer = calm._done

    def told(name: str, args: tuple[object, ...], kwargs: dict[str, object]) -> object:
        answered = answer(name, args, kwargs)
        if name == "get_collection" and args == ("trips",):
            answered.config.params.replication_factor = 3  # which the in-process mode does not keep
        return answered

    monkeypatch.setattr(calm, "_done", told)
    feedback = open_feedback(f"{AT}/trips")
    assert isinstance(feedback, ClusterFeedback)
    feedback.add([Judgement("text", "sea", "00000000-0000-0000-0000-000000000001", True, now())])
    assert asked_for(calm) == [(None, 3), (None, 3)]


def state_of(calm: FaultyCluster, peers: dict[int, dict[int, str]], copies: int) -> dict[str, object]:
    index = opened(calm)
    index.create()
    calm.state = placed(peers)
    answer = calm._done

    def told(name: str, args: tuple[object, ...], kwargs: dict[str, object]) -> object:
        answered = answer(name, args, kwargs)
        if name == "get_collection":
            answered.config.params.replication_factor = copies
        return answered

    calm._done = told  # type: ignore[method-assign]
    return index.cluster_state()


def test_every_shard_has_another_copy(calm: FaultyCluster) -> None:
    calm.peers = 3
    state = state_of(calm, {0: {1: "Active", 2: "Active"}, 1: {2: "Active", 3: "Active"}}, 2)
    assert state == {
        "nodes": 3,
        "silent": [],
        "shards": 2,
        "copies": 2,
        "missing": 0,
        "lost_node": "nothing: every shard has a copy on another node",
    }


def test_a_dead_node_leaves_shards_alone(calm: FaultyCluster) -> None:
    calm.peers = 3
    calm.dead.add("http://node-3:6335/")
    state = state_of(calm, {0: {1: "Active", 2: "Active"}, 1: {2: "Active", 3: "Active"}}, 2)
    assert (state["silent"], state["missing"]) == (["http://node-3:6335/"], 1)
    assert state["lost_node"] == (
        "every question, until it is back, where it is http://node-2:6335/ (1 of 2 shards): there is no other copy"
    )


def test_copies_that_are_not_whole_are_missing(calm: FaultyCluster) -> None:
    calm.peers = 3
    state = state_of(calm, {0: {1: "Active", 2: "Dead"}, 1: {2: "Partial", 3: "Active"}}, 2)
    assert state["missing"] == 2
    assert "http://node-1:6335/ (1 of 2 shards), http://node-3:6335/ (1 of 2 shards)" in str(state["lost_node"])


def test_shards_without_any_copy_stop_every_question(calm: FaultyCluster) -> None:
    calm.peers = 2
    calm.dead.add("http://node-2:6335/")
    state = state_of(calm, {0: {1: "Active"}, 1: {2: "Active"}}, 1)
    assert state["missing"] == 1
    assert state["lost_node"] == "1 of 2 shards have no copy: nothing can be asked until their nodes are back"


def test_one_node_is_everything(calm: FaultyCluster) -> None:
    index = opened(calm)
    index.create()
    assert index.cluster_state() == {
        "nodes": 1,
        "silent": [],
        "shards": 1,
        "copies": 1,
        "missing": 0,
        "lost_node": "everything, until it is back: there is one node",
    }

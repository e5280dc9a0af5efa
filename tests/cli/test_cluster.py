"""Libraries on a cluster from the command line: what they ask for, and what is told of them when a node is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("qdrant_client", reason="libraries on a cluster need qdrant-client")

from PIL import Image

from contracts.faulty_cluster import FaultyCluster, placed, refusal
from sonolux.index.cluster import connection, node

pytestmark = [
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact"),
]
TRIPS = "http://a:6333,b:6333/trips"
ADD = ("--library", TRIPS, "--space", "colour-layout", "--no-labels")


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyCluster]:
    calm = FaultyCluster(share=0)
    calm.peers = 3
    monkeypatch.setattr(node, "make_client", calm.at)
    yield calm
    calm.close()


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(3):
        Image.fromarray(rng.integers(0, 255, (40, 40, 3), np.uint8)).save(folder / f"{number}.png")
    return folder


def test_copies_shards_and_compression_are_asked_for_where_a_library_is_made(
    cli: Callable[..., Any], cluster: FaultyCluster, images: Path
) -> None:
    ran = cli("add", images, *ADD, "--copies", "4")
    assert (ran.code, ran.err) == (1, f"sonolux: 4 copies are more than {TRIPS} has nodes, 3 nodes: ask for 3\n")
    ran = cli("add", images, *ADD, "--copies", "3", "--shards", "2", "--compress", "binary")
    assert ran.code == 0
    made = next(said for name, said in cluster.said if name == "create_collection")
    assert (made["replication_factor"], made["shard_number"]) == (3, 2)
    assert made["vectors_config"]["colour-layout"].quantization_config is not None
    assert cli("add", images, *ADD).code == 0
    for option in ("--copies=2", "--shards=2", "--compress=int8"):
        ran = cli("add", images, *ADD, option)
        assert ran.code == 1
        assert f"{TRIPS} is there already: copies, shards and compression are asked for when" in ran.err


def test_a_folder_has_neither(cli: Callable[..., Any], images: Path, tmp_path: Path) -> None:
    there = ("--library", tmp_path / "trips.sonolux", "--space", "colour-layout")
    assert "is a folder" in cli("add", images, *there, "--copies", "2").err
    assert not (tmp_path / "trips.sonolux").exists()
    assert cli("add", images, *there).code == 0
    assert "is a folder" in cli("add", images, *there, "--copies", "2").err
    assert "nodes" not in cli("info", *there[:2]).out
    assert "cluster" not in cli("info", *there[:2], "--json").records[0]


@pytest.mark.parametrize("option", ["--copies=0", "--shards=x", "--compress=zip"])
def test_options_that_cannot_be_read(cli: Callable[..., Any], images: Path, option: str) -> None:
    assert cli("add", images, *ADD, option).code == 2


@pytest.fixture
def spread(cli: Callable[..., Any], cluster: FaultyCluster, images: Path) -> FaultyCluster:
    """Return a cluster with a library of two shards on three nodes."""
    cli("add", images, *ADD)
    cluster.state = placed({0: {1: "Active", 2: "Active"}, 1: {2: "Active", 3: "Active"}})
    return cluster


def test_info_tells_how_a_library_lies(cli: Callable[..., Any], spread: FaultyCluster) -> None:
    lines = cli("info", "--library", TRIPS).lines
    assert "nodes      3" in lines
    assert "shards     2, on one node each" in lines  # the in-process mode does not keep that it is two
    assert "lost node  costs nothing: every shard has a copy on another node" in lines
    [facts] = cli("info", "--library", TRIPS, "--json").records
    assert facts["files"] == 3
    assert facts["cluster"]["shards"] == 2
    spread.dead.add("http://node-3:6335/")
    lines = cli("info", "--library", TRIPS).lines
    assert "nodes      3, of which 1 do not answer: http://node-3:6335/" in lines
    assert any("every question, until it is back, where it is http://node-2:6335/" in line for line in lines)


def test_info_tells_why_nothing_can_be_asked(
    cli: Callable[..., Any], spread: FaultyCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sonolux.index.cluster import remote

    monkeypatch.setattr(remote, "READING", 0.1)
    monkeypatch.setattr(connection, "READING", 0.1)
    spread.state = placed({0: {1: "Active"}, 1: {2: "Active"}})
    spread.dead.add("http://node-2:6335/")
    answer = spread._done

    def lost(name: str, *rest: Any) -> Any:
        if name == "count":
            raise refusal(500, "Service internal error: The replica set for shard 1 has no active replica")
        return answer(name, *rest)

    monkeypatch.setattr(spread, "_done", lost)
    ran = cli("info", "--library", TRIPS)
    assert ran.code == 1
    assert any(
        "1 of 2 shards have no copy: nothing can be asked until their nodes are back" in one for one in ran.lines
    )
    assert ran.err.startswith(f"sonolux: {TRIPS} cannot answer (a:6333: 500 Service internal error:")
    assert "{" not in ran.err
    [told] = cli("info", "--library", TRIPS, "--json").records
    assert told["cluster"]["silent"] == ["http://node-2:6335/"]


def test_where_nobody_answers_one_line_says_so(
    cli: Callable[..., Any], cluster: FaultyCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "FIRST", 0.1)
    cluster.dead.update(("http://a:6333", "http://b:6333"))
    ran = cli("search", "tide", "--library", TRIPS)
    assert ran.code == 1
    assert ran.err == (
        f"sonolux: no Qdrant answers at {TRIPS} (a:6333: [Errno 111] Connection refused; b:6333: [Errno 111] Connection"
        " refused): start one of them, or name one that runs\n"
    )


def test_a_copy_on_a_cluster_is_laid_out_too(
    cli: Callable[..., Any], cluster: FaultyCluster, images: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home.sonolux"
    cli("add", images, "--library", home, "--space", "colour-layout", "--no-labels")
    assert "4 copies are more than" in cli("copy", home, TRIPS, "--copies", "4").err
    assert "is a folder" in cli("copy", home, tmp_path / "away", "--copies", "2").err
    assert cli("copy", home, TRIPS, "--copies", "3", "--compress", "int8").code == 0
    assert [said["replication_factor"] for name, said in cluster.said if name == "create_collection"] == [3, 3]
    assert any("vectors_config" in said for name, said in cluster.said if name == "update_collection")

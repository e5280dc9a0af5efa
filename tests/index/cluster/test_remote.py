"""The index on a cluster keeps the contract: in the client's in-process mode, and on a real cluster."""

from __future__ import annotations

import os
import socket
import threading
import traceback
import uuid
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest

pytest.importorskip("qdrant_client", reason="libraries on a cluster need qdrant-client")

from qdrant_client import QdrantClient

from contracts.faulty_cluster import FaultyCluster
from contracts.index_contract import IndexContract
from contracts.index_oracle import id_of
from sonolux.errors import LibraryError
from sonolux.index import open_index
from sonolux.index.base import Index, Point
from sonolux.index.cluster import terms
from sonolux.index.cluster.connection import ClusterConnection
from sonolux.index.cluster.remote import RemoteIndex
from sonolux.types import Space

pytestmark = [
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact"),
]
CLUSTER = os.environ.get("SONOLUX_TEST_QDRANT_URL", "")


@pytest.fixture(scope="module")
def client() -> Iterator[QdrantClient]:
    client = QdrantClient(url=CLUSTER) if CLUSTER else QdrantClient(":memory:")
    yield client
    client.close()


@pytest.fixture(scope="module")
def make(client: QdrantClient) -> Iterator[Callable[[], Index]]:
    made: list[str] = []

    def new(**begun: Any) -> Index:
        made.append(f"sonolux-test-{uuid.uuid4()}")
        index = RemoteIndex(client, made[-1])
        index.create(**begun)
        return index

    yield new
    for name in made:
        client.delete_collection(name)


@pytest.fixture(scope="module")
def reopen(client: QdrantClient) -> Callable[[Index], Index]:
    def again(index: Index) -> Index:
        index.close()
        return RemoteIndex(client, index.location)

    return again


@pytest.fixture(scope="module")
def another(client: QdrantClient) -> Callable[[Index], Index]:
    """Give the other of two openers of the same library, both of which stay open."""
    openers: dict[str, list[Index]] = {}

    def turn(index: Index) -> Index:
        both = openers.setdefault(index.location, [index, RemoteIndex(client, index.location)])
        return both[1] if both[0] is index else both[0]

    return turn


class TestRemoteIndex(IndexContract):
    def test_another_process_may_add_a_space(self, make: Callable[[], Index], client: QdrantClient) -> None:
        one = make()
        assert one.spaces() == {}
        other = RemoteIndex(client, one.location)
        other.add_space(Space("late", 2, "dot"))
        other.upsert([Point(id_of(1), {"late": np.ones(2, np.float32)})])
        assert one.search("late", np.ones(2, np.float32), 1)[0].score == 2


class TestOnFaultyCluster(IndexContract):
    """The same contract on three shards, where requests fail, metadata is seen late, and one address is dead."""

    @pytest.fixture(scope="class")
    @classmethod
    def faulty(cls) -> Iterator[FaultyCluster]:
        cluster = FaultyCluster(shards=3)
        cluster.dead.add("http://dead:6333")
        yield cluster
        cluster.close()
        assert all(cluster.faults[what] for what in ("500", "timeout", "cut off"))

    @pytest.fixture(scope="class")
    @classmethod
    def opened(cls, faulty: FaultyCluster) -> Callable[[str], Index]:
        urls = ("http://dead:6333", "http://alive:6333")
        return lambda name: RemoteIndex(ClusterConnection(urls, faulty.at), name)

    @pytest.fixture(scope="class")
    @classmethod
    def make(cls, opened: Callable[[str], Index]) -> Callable[[], Index]:
        def new(**begun: Any) -> Index:
            index = opened(f"sonolux-test-{uuid.uuid4()}")
            index.create(**begun)
            return index

        return new

    @pytest.fixture(scope="class")
    @classmethod
    def reopen(cls, opened: Callable[[str], Index]) -> Callable[[Index], Index]:
        def again(index: Index) -> Index:
            index.close()
            return opened(index.location)

        return again

    @pytest.fixture(scope="class")
    @classmethod
    def another(cls, opened: Callable[[str], Index]) -> Callable[[Index], Index]:
        openers: dict[str, list[Index]] = {}

        def turn(index: Index) -> Index:
            both = openers.setdefault(index.location, [index, opened(index.location)])
            return both[1] if both[0] is index else both[0]

        return turn


@pytest.fixture
def cluster_that_says(request: pytest.FixtureRequest) -> Iterator[str]:
    """Serve one status code, whatever is asked; yield the URL of a library there."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(request.param)
            self.end_headers()
            self.wfile.write(b"the reason\nand more")

        def log_message(self, *args: object) -> None:
            """Stay silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/trips"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("cluster_that_says", "words"),
    [
        (401, "SONOLUX_QDRANT_API_KEY"),
        (403, "SONOLUX_QDRANT_API_KEY"),
        (404, "there is no library at http"),
        (500, "answers 500: the reason$"),
    ],
    indirect=["cluster_that_says"],
)
def test_a_cluster_that_refuses(cluster_that_says: str, words: str) -> None:
    with open_index(cluster_that_says) as index, pytest.raises(LibraryError, match=words):
        index.read_meta()


@pytest.mark.parametrize("cluster_that_says", [403], indirect=True)
def test_the_key_is_never_shown(cluster_that_says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONOLUX_QDRANT_API_KEY", "open-sesame")
    monkeypatch.setattr("warnings.warn", lambda *args, **kwargs: None)
    with open_index(cluster_that_says) as index, pytest.raises(LibraryError) as refused:
        index.count()
    assert "sesame" not in "".join(traceback.format_exception(refused.value))


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_nobody_answers(closed_port: int) -> None:
    index = open_index(f"http://127.0.0.1:{closed_port}/trips")
    with pytest.raises(LibraryError, match=rf"no Qdrant answers at http://127.0.0.1:{closed_port}/trips"):
        index.exists()
    index.close()


def test_a_collection_of_somebody_else(client: QdrantClient) -> None:
    name = f"sonolux-test-{uuid.uuid4()}"
    client.create_collection(name, vectors_config={})
    try:
        with pytest.raises(LibraryError, match="no library of Sonolux"):
            RemoteIndex(client, name).read_meta()
        client.update_collection(name, metadata={"sonolux": "[]"})
        with pytest.raises(LibraryError, match="damaged"):
            RemoteIndex(client, name).read_meta()
    finally:
        client.delete_collection(name)


def test_big_additions_go_in_bearable_requests(
    make: Callable[[], Index], client: QdrantClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terms, "REQUEST_BYTES", 1000)
    sizes = []
    upsert = client.upsert
    monkeypatch.setattr(client, "upsert", lambda name, rows, **k: sizes.append(len(rows)) or upsert(name, rows, **k))
    index = make()
    index.upsert([Point(id_of(n), {}, {"text": "x" * 300}) for n in range(20)])
    assert index.count() == 20
    assert len(sizes) == 7
    assert max(sizes) == 3

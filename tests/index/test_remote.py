"""The index on a cluster keeps the contract: in the client's in-process mode, and on a real cluster."""

from __future__ import annotations

import json
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

from contracts.index_contract import IndexContract
from contracts.index_oracle import id_of
from sonolux.errors import LibraryError
from sonolux.index import cluster_manifest, open_index, qdrant_cluster
from sonolux.index.base import Index, Point
from sonolux.index.remote import RemoteIndex
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

    def new() -> Index:
        made.append(f"sonolux-test-{uuid.uuid4()}")
        index = RemoteIndex(client, made[-1])
        index.create()
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


class Behind:
    """A client of a cluster that shows metadata late, and whose other users write in between.

    Parameters
    ----------
    client : QdrantClient
    late : int
        How often the metadata before the last write is read after it.
    """

    def __init__(self, client: QdrantClient, late: int) -> None:
        self._client = client
        self._late, self._left = late, 0
        self._before: Any = None
        self.after_write: list[Callable[[], None]] = []

    def get_collection(self, name: str) -> Any:
        now = self._client.get_collection(name)
        if self._left:
            self._left -= 1
            now.config.metadata = self._before
        return now

    def update_collection(self, name: str, **changes: Any) -> Any:
        self._before = self._client.get_collection(name).config.metadata
        self._left = self._late
        done = self._client.update_collection(name, **changes)
        if self.after_write:
            self.after_write.pop()()
        return done

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


def test_a_process_sees_its_own_writes_on_a_cluster_that_shows_them_late(
    make: Callable[[], Index], client: QdrantClient
) -> None:
    location = make().location
    index = RemoteIndex(Behind(client, late=3), location)
    for number in range(3):
        index.add_space(Space(f"space-{number}", 4))
        index.update_meta(lambda meta: {"count": meta.get("count", 0) + 1})
    assert index.read_meta() == {"count": 3}
    assert len(RemoteIndex(client, location).spaces()) == 3


def test_a_change_that_another_process_wrote_over_is_made_again(
    make: Callable[[], Index], client: QdrantClient
) -> None:
    location = make().location
    before = client.get_collection(location).config.metadata["sonolux"]
    hasty = Behind(client, late=1)
    index = RemoteIndex(hasty, location)
    # Read before, and written after, our own write.
    theirs = json.loads(before) | {"meta": {"theirs": 1}, "revisions": ["theirs"]}
    hasty.after_write = [lambda: client.update_collection(location, metadata={"sonolux": json.dumps(theirs)})]
    index.update_meta(lambda meta: {**meta, "ours": meta.get("ours", 0) + 1})
    assert RemoteIndex(client, location).read_meta() == {"theirs": 1, "ours": 1}


def test_who_is_always_written_over_is_told(
    make: Callable[[], Index], client: QdrantClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_manifest, "VISIBLE", 0.05)
    location = make().location
    hasty = Behind(client, late=0)
    before = client.get_collection(location).config.metadata
    hasty.after_write = [lambda: client.update_collection(location, metadata=before)] * 99
    with pytest.raises(LibraryError, match="written by others all the time"):
        RemoteIndex(hasty, location).update_meta(lambda meta: {"ours": 1})


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
    monkeypatch.setattr(qdrant_cluster, "REQUEST_BYTES", 1000)
    sizes = []
    upsert = client.upsert
    monkeypatch.setattr(client, "upsert", lambda name, rows, **k: sizes.append(len(rows)) or upsert(name, rows, **k))
    index = make()
    index.upsert([Point(id_of(n), {}, {"text": "x" * 300}) for n in range(20)])
    assert index.count() == 20
    assert len(sizes) == 7
    assert max(sizes) == 3

"""A cluster at several addresses: whoever answers is asked, what fails is asked again, one line says what is wrong."""

from __future__ import annotations

import json
import logging
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest

pytest.importorskip("qdrant_client", reason="libraries on a cluster need qdrant-client")

from contracts.faulty_cluster import FaultyCluster, refusal
from sonolux.errors import LibraryError
from sonolux.index import open_index
from sonolux.index.base import Point
from sonolux.index.cluster import connection, node
from sonolux.index.cluster.connection import ClusterConnection
from sonolux.index.cluster.failures import SilentClusterError
from sonolux.index.cluster.remote import RemoteIndex

pytestmark = [
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact"),
]
A, B, C = URLS = ("http://a:6333", "http://b:6333", "http://c:6333")
ONE = "00000000-0000-0000-0000-000000000001"


@pytest.fixture
def calm() -> Iterator[FaultyCluster]:
    cluster = FaultyCluster(share=0)
    yield cluster
    cluster.close()


def opened(cluster: FaultyCluster, *urls: str) -> RemoteIndex:
    return RemoteIndex(ClusterConnection(urls or URLS, cluster.at), "trips", "http://a:6333,b:6333,c:6333/trips")


def asked(cluster: FaultyCluster, url: str) -> int:
    return sum(count for (address, _), count in cluster.calls.items() if address == url)


def test_the_next_address_is_asked_where_one_is_dead_and_stays_the_first(calm: FaultyCluster) -> None:
    calm.dead.add(A)
    index = opened(calm)
    index.create()
    assert asked(calm, A) == 1
    assert asked(calm, B) > 5
    assert asked(calm, C) == 0
    calm.dead = {B}
    assert index.count() == 0
    assert asked(calm, C) > 0


@pytest.mark.parametrize("met", [False, True], ids=["first", "later"])
def test_an_address_that_falls_silent_costs_less_than_five_seconds(calm: FaultyCluster, met: bool) -> None:
    index = opened(calm)
    if met:
        index.create()
    calm.silent.add(A)
    began = time.monotonic()
    assert index.exists() == met
    assert time.monotonic() - began < 5
    began = time.monotonic()
    assert index.exists() == met
    assert time.monotonic() - began < 0.5


def test_a_node_that_works_for_long_is_waited_for(calm: FaultyCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "PATIENCE", 0.05)
    index = opened(calm)
    index.create()
    calm.calls.clear()
    answer = calm.answer

    def slow(url: str, timeout: int, name: str, *rest: Any) -> Any:
        if name == "count":
            time.sleep(0.3)
        return answer(url, timeout, name, *rest)

    monkeypatch.setattr(calm, "answer", slow)
    assert index.count() == 0
    assert calm.calls[A, "count"] == 1
    assert calm.calls[A, "info"] > 1
    assert asked(calm, B) == 0


def test_what_fails_for_a_while_is_asked_again(calm: FaultyCluster) -> None:
    index = opened(calm)
    index.create()
    calm.dead.update(URLS)
    threading.Timer(0.6, calm.dead.clear).start()
    index.upsert([Point(ONE, {}, {"n": 1})])
    assert index.count() == 1


def test_a_cluster_that_is_met_while_it_recovers_is_waited_for(calm: FaultyCluster) -> None:
    opened(calm).create()
    calm.dead.add(A)
    calm.no_quorum = True
    threading.Timer(1.5, lambda: setattr(calm, "no_quorum", False)).start()
    assert opened(calm).update_meta(lambda _: {"a": 1}) == {"a": 1}


def test_all_addresses_that_are_dead_are_named(calm: FaultyCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "FIRST", 0.1)
    calm.dead.update(URLS)
    with pytest.raises(SilentClusterError) as told:
        opened(calm).exists()
    assert str(told.value) == (
        "no Qdrant answers at http://a:6333,b:6333,c:6333/trips (a:6333: [Errno 111] Connection refused; b:6333:"
        " [Errno 111] Connection refused; c:6333: [Errno 111] Connection refused): start one of them, or name one"
        " that runs"
    )


def test_writes_are_tried_until_a_deadline_longer_than_that_of_reads(
    calm: FaultyCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sonolux.index.cluster import remote

    monkeypatch.setattr(remote, "READING", 0.0)
    monkeypatch.setattr(remote, "WRITING", 2.0)
    index = opened(calm, A)
    index.create()
    calm.share = 1.0
    calm.calls.clear()
    for call in (index.count, lambda: index.upsert([Point(ONE)])):
        with pytest.raises(SilentClusterError):
            call()
    assert calm.calls[A, "count"] == 1
    assert calm.calls[A, "upsert"] > 1


def test_what_the_cluster_refuses_is_not_asked_again(calm: FaultyCluster) -> None:
    index = opened(calm)
    index.create()
    calm.calls.clear()
    with pytest.raises(LibraryError, match="no space 'nowhere'"):
        index.search("nowhere", np.ones(3, np.float32), 1)
    calm.held.delete_collection("trips")
    with pytest.raises(LibraryError, match=r"there is no library at http://a:6333,b:6333,c:6333/trips$"):
        index.count()
    assert calm.calls[A, "count"] == 1


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (refusal(400, "Wrong input: no such thing"), "answers 400: Wrong input: no such thing$"),
        (refusal(403, "Forbidden"), "SONOLUX_QDRANT_API_KEY$"),
        (
            refusal(507, "No space left on device"),
            r"cannot answer \(a:6333: 507 No space left on device; .*sonolux info",
        ),
    ],
)
def test_what_a_server_says_is_a_sentence(
    calm: FaultyCluster, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    monkeypatch.setattr(connection, "FIRST", 0.1)

    def refuse(*_: Any) -> Any:
        raise error

    monkeypatch.setattr(calm, "_done", refuse)
    with pytest.raises(LibraryError, match=words) as told:
        opened(calm).exists()
    assert "{" not in str(told.value)


def test_json_and_pages_of_other_forms_are_not_shown(calm: FaultyCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    for content in (b'{"time": 1, "result": null}', b"[1]", b"<html>Bad gateway</html>", b"", b'{"status": {}}'):
        error = refusal(400, "")
        error.content = content

        def refuse(*_: Any, error: Exception = error) -> Any:
            raise error

        monkeypatch.setattr(calm, "_done", refuse)
        with pytest.raises(LibraryError, match=r"answers 400: refused$"):
            opened(calm).exists()


# Versions


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("1.17.1", "http://a:6333 runs Qdrant 1.17.1, which is too old: Sonolux wants 1.18"),
        ("0.11.0", "another major version"),
        ("2.0.0-dev", "another major version"),
        ("latest", "is no Qdrant"),
        ("1.18.3", ""),
        ("1.25.0", ""),
    ],
)
def test_versions(calm: FaultyCluster, version: str, words: str) -> None:
    calm.version = version
    if words:
        with pytest.raises(LibraryError, match=words):
            opened(calm).exists()
        assert asked(calm, A) == 1
    else:
        assert not opened(calm).exists()


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[str], tuple[int, str]]], str]]:
    """Return what serves answers by path, and gives the URL."""
    servers: list[tuple[ThreadingHTTPServer, threading.Thread]] = []

    def start(answer: Callable[[str], tuple[int, str]]) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = answer(self.path)
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *args: object) -> None:
                """Stay silent."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append((server, threading.Thread(target=server.serve_forever)))
        servers[-1][1].start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


VERSION = json.dumps({"title": "qdrant - vector search engine", "version": "1.18.3"})


def test_over_http_the_second_address_answers(serve: Any) -> None:
    there = {"result": {"exists": True}, "status": "ok", "time": 0.0}
    url = serve(lambda path: (200, VERSION if path == "/" else json.dumps(there)))
    port = url.rpartition(":")[2]
    with open_index(f"http://127.0.0.1:1,127.0.0.1:{port}/trips") as index:
        assert index.exists()


@pytest.mark.parametrize("body", ["<html>Welcome</html>", "{}", '{"title": "other"}'])
def test_what_is_no_qdrant_is_named(serve: Any, body: str) -> None:
    url = serve(lambda path: (200, body))
    with open_index(f"{url}/trips") as index, pytest.raises(LibraryError, match=f"{url} is no Qdrant"):
        index.exists()


def test_answers_that_cannot_be_read_are_said_in_a_line(serve: Any) -> None:
    url = serve(lambda path: (200, VERSION if path == "/" else '{"strange": 1}'))
    with open_index(f"{url}/trips") as index, pytest.raises(LibraryError) as told:
        index.exists()
    assert "\n" not in str(told.value)
    assert "{" not in str(told.value)


# Keys


@pytest.mark.parametrize(
    ("url", "warned"),
    [
        ("http://cluster.example:6333", True),
        ("http://10.0.0.1:6333", True),
        ("https://cluster.example:443", False),
        ("http://localhost:6333", False),
        ("http://127.0.0.2:6333", False),
        ("http://[::1]:6333", False),
    ],
)
def test_a_key_that_can_be_read_on_its_way_is_warned_of_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, url: str, warned: bool
) -> None:
    monkeypatch.setenv("SONOLUX_QDRANT_API_KEY", "open-sesame")
    node._warn_of_clear_key.cache_clear()
    with caplog.at_level(logging.WARNING), warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(2):
            node.make_client(url, 1).close()
    said = f"{url}: whoever listens can read SONOLUX_QDRANT_API_KEY, for it is sent unencrypted: use https"
    assert [record.getMessage() for record in caplog.records if "sonolux" in record.name] == [said] * warned


def test_without_a_key_nobody_is_warned(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        node.make_client("http://cluster.example:6333", 1).close()
    assert not caplog.records

"""Limits on requests: size, depth, parts, number of hits, ranges, how many at once, how slowly."""

from __future__ import annotations

import asyncio
import http.client
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.testclient import TestClient

from serving import DirectCalls, Service, problem
from sonolux.server.configuration import Configuration, Limits
from sonolux.server.security.bounds import depth_of
from sonolux.server.security.concurrency import Turns
from sonolux.server.security.tokens import TokenStore
from sonolux.server.serve import listen

LIMITS = Limits()
MANY = httpx.Limits(max_connections=80)
SEARCH = {"parts": [{"kind": "text", "text": "rain"}]}


def test_a_large_body_is_refused(client: TestClient) -> None:
    problem(client.post("/api/v1/search", content=b" " * (LIMITS.body + 1)), "too-large", 413)
    assert client.post("/api/v1/search", content=b" " * LIMITS.body).status_code == 422


def test_a_large_body_that_does_not_say_so_is_refused(client: TestClient) -> None:
    told = client.post("/api/v1/search", content=(b" " * 65_536 for _ in range(100)))
    problem(told, "too-large", 413)


def test_a_large_header_is_refused(client: TestClient, serve: Callable[..., str]) -> None:
    problem(client.get("/api/v1/info", headers={"x-much": "x" * LIMITS.header}), "too-large", 413)
    with httpx.Client(trust_env=False) as real:
        assert real.get(f"{serve()}/api/v1/info", headers={"x-much": "x" * 100_000}).status_code in (400, 413)


def test_a_long_query_is_refused(client: TestClient) -> None:
    problem(client.get("/api/v1/items?" + "x" * (LIMITS.query + 1)), "too-large", 413)


@pytest.mark.parametrize("deep", ["[" * 100_000, '{"parts":' * 10_000, "[" * (LIMITS.depth + 1)])
def test_a_deep_body_is_refused(client: TestClient, deep: str) -> None:
    headers = {"content-type": "application/json"}
    problem(client.post("/api/v1/search", content=deep.encode(), headers=headers), "too-large", 413)


def test_depth_is_counted_without_what_strings_hold() -> None:
    assert depth_of(rb'{"a": ["[[[[", "\"[[", {"b": 1}]}') == 3
    assert depth_of(b'"[[[[') == 0 and depth_of(b"") == 0 and depth_of(b"]]][") == 0


def test_a_deep_filter_in_an_address_is_refused(client: TestClient) -> None:
    told = client.get("/api/v1/items", params={"where": '{"a":' * 200 + "1" + "}" * 200})
    assert told.status_code == 422


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_none_are_refused(client: TestClient, number: str) -> None:
    body = f'{{"parts": [{{"kind": "text", "text": "a", "weight": {number}}}]}}'
    told = client.post("/api/v1/search", content=body.encode(), headers={"content-type": "application/json"})
    problem(told, "invalid", 422)


def test_a_question_has_so_many_parts(client: TestClient) -> None:
    problem(client.post("/api/v1/search", json={"parts": SEARCH["parts"] * (LIMITS.parts + 1)}), "invalid", 422)
    assert client.post("/api/v1/search", json={"parts": SEARCH["parts"] * LIMITS.parts}).status_code == 200


def test_an_answer_has_so_many_hits(service: Service, client: TestClient) -> None:
    for limit in (LIMITS.hits + 1, 0, -1):
        problem(client.post("/api/v1/search", json={**SEARCH, "limit": limit}), "invalid", 422)
        problem(client.get(f"/api/v1/items?limit={limit}"), "invalid", 422)
        address = f"/api/v1/items/{service.first('image')}/neighbours?space=colour-layout&k={limit}"
        problem(client.get(address), "invalid", 422)
    problem(client.post("/api/v1/search", json={**SEARCH, "unknown": 1}), "invalid", 422)


@pytest.mark.parametrize(
    "asked", ["bytes=" + ",".join(f"{n}-{n}" for n in range(4000)), "bytes=0-0,2-2", "bytes=-", "x"]
)
def test_many_ranges_are_the_whole_file_at_once(service: Service, client: TestClient, asked: str) -> None:
    """What took others time that grows with the square of the ranges."""
    address = f"/api/v1/items/{service.first('image')}/media"
    began = time.perf_counter()
    sent = client.get(address, headers={"range": asked[: LIMITS.header - 500]})
    assert sent.status_code == 200 and sent.content == client.get(address).content
    assert time.perf_counter() - began < 5


class HeldCalls(DirectCalls):
    """Calls that wait until they are let go."""

    def __init__(self, service: Service, held: str = "search") -> None:
        super().__init__(service.library, service.state())
        self.held = held
        self.free = threading.Event()
        self.waiting = threading.Semaphore(0)

    async def call(self, name: str, /, *, deadline: float = 30.0, **params: Any) -> Any:
        if name == self.held:
            self.waiting.release()
            await asyncio.to_thread(self.free.wait, 20)
        return await super().call(name, deadline=deadline, **params)


@pytest.mark.parametrize(
    ("limits", "kind", "status"),
    [
        (Limits(questions=2, questions_waiting=0), "busy", 503),
        (Limits(questions=2, question_seconds=0.1), "busy", 503),
        (Limits(requests_each=2, requests=9), "too-many", 429),
        (Limits(requests_each=9, requests=2), "busy", 503),
    ],
)
def test_so_many_questions_are_under_way(
    service: Service, serve: Callable[..., str], limits: Limits, kind: str, status: int
) -> None:
    calls = HeldCalls(service)
    headers = {"authorization": f"Bearer {TokenStore(service.state()).new_token()}"}
    address = serve(limits, calls=calls, host="192.0.2.1")  # not of this machine alone: clients are told apart
    with ThreadPoolExecutor(2) as threads, httpx.Client(trust_env=False, timeout=30, headers=headers) as client:
        held = [threads.submit(client.post, f"{address}/api/v1/search", json=SEARCH) for _ in range(2)]
        try:
            for _ in held:
                assert calls.waiting.acquire(timeout=20)
            told = client.post(f"{address}/api/v1/search", json=SEARCH)
            problem(told, kind, status)
            assert int(told.headers["retry-after"]) > 0
            assert client.get(f"{address}/healthz").status_code == 200
        finally:
            calls.free.set()
        assert [one.result().status_code for one in held] == [200, 200]
        assert client.post(f"{address}/api/v1/search", json=SEARCH).status_code == 200


def test_many_clients_of_this_machine_wait_for_their_turns(service: Service, serve: Callable[..., str]) -> None:
    """They come from one address: none is refused for what the others ask."""
    calls = HeldCalls(service)
    address = serve(Limits(requests_each=1, questions=2), calls=calls)
    with ThreadPoolExecutor(64) as threads, httpx.Client(trust_env=False, timeout=60, limits=MANY) as client:
        asked = [threads.submit(client.post, f"{address}/api/v1/search", json=SEARCH) for _ in range(64)]
        assert calls.waiting.acquire(timeout=20) and calls.waiting.acquire(timeout=20)
        assert not calls.waiting.acquire(timeout=0.5)  # two at once, and no more
        began = time.monotonic()
        assert client.get(f"{address}/api/v1/info").status_code == 200  # what is looked up does not wait
        assert time.monotonic() - began < 5
        calls.free.set()
        assert {one.result().status_code for one in asked} == {200}


def test_exports_are_bounded(service: Service, serve: Callable[..., str]) -> None:
    calls = HeldCalls(service, "item")
    address = serve(Limits(exports=2), calls=calls)
    body = {"ids": [service.first("image")], "format": "zip"}
    with ThreadPoolExecutor(1) as threads, httpx.Client(trust_env=False, timeout=30) as client:
        held = threads.submit(client.post, f"{address}/api/v1/export", json=body)
        assert calls.waiting.acquire(timeout=20)
        problem(client.post(f"{address}/api/v1/export", json=body), "too-many", 429)
        assert client.post(f"{address}/api/v1/search", json=SEARCH).status_code == 200
        calls.free.set()
        assert held.result().status_code == 200
        assert client.post(f"{address}/api/v1/export", json=body).status_code == 200


def test_turns_are_fair_between_clients_and_first_come_first_served() -> None:
    async def main() -> None:
        turns = Turns(1, 9, 5.0)
        order: list[str] = []

        async def ask(client: str, name: str) -> None:
            async with turns.taken_by(client):
                order.append(name)
                await asyncio.sleep(0)

        async with asyncio.TaskGroup() as group, turns.taken_by("busy"):
            for number in range(3):
                group.create_task(ask("busy", f"busy {number}"))
                await asyncio.sleep(0)
            group.create_task(ask("other", "other"))
            await asyncio.sleep(0)
            wider = asyncio.create_task(ask("gone", "gone"))
            await asyncio.sleep(0)
            wider.cancel()
        assert order == ["busy 0", "busy 1", "busy 2", "other"]  # nobody has any under way: as they came

        two = Turns(2, 9, 5.0)
        order = []
        held = asyncio.Event()

        async def hold(client: str, name: str) -> None:
            async with two.taken_by(client):
                order.append(name)
                await held.wait()

        async with asyncio.TaskGroup() as group:
            group.create_task(hold("busy", "busy 0"))
            await asyncio.sleep(0)
            async with two.taken_by("busy"):
                for client in ("busy", "other"):
                    group.create_task(hold(client, client))
                    await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert order == ["busy 0", "other"]  # though busy asked before
            held.set()
        assert order == ["busy 0", "other", "busy"]

    asyncio.run(main())


def connected(address: str) -> socket.socket:
    place = urlsplit(address)
    connection = socket.create_connection((place.hostname or "", place.port or 0), 10)
    connection.settimeout(15)
    return connection


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "])
def test_a_client_that_does_not_say_what_it_wants_is_let_go_of(serve: Callable[..., str], sent: bytes) -> None:
    address = serve(Limits(header_seconds=0.5))
    with connected(address) as connection:
        began = time.monotonic()
        connection.sendall(sent)
        while time.monotonic() - began < 0.3:
            time.sleep(0.1)
            if sent:
                connection.sendall(b"x")  # a byte now and then is not enough
        assert connection.recv(1000) == b""
        assert time.monotonic() - began < 5


def test_a_body_that_does_not_come_is_not_waited_for(serve: Callable[..., str]) -> None:
    address = serve(Limits(body_seconds=0.5))
    with connected(address) as connection:
        head = b"POST /api/v1/search HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{"
        connection.sendall(head)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert answer.status == 408 and b"/problems/slow" in answer.read()


def test_a_client_that_takes_nothing_is_let_go_of(
    service: Service, serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A file that is larger than what the system holds on the way."""
    from sonolux.server.metrics import ServiceMetrics  # the gauge below is one of these

    assert ServiceMetrics
    address = serve(Limits(send_seconds=0.5), calls=LargeFile(service, tmp_path_factory.mktemp("large")))
    with connected(address) as connection:
        id_ = service.first("audio")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(f"GET /api/v1/items/{id_}/media HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        until = time.monotonic() + 10
        while time.monotonic() < until:
            text = httpx.get(f"{address}/metrics", trust_env=False).text
            if "sonolux_http_requests_under_way 1.0" in text:  # that which asks for the metrics
                break
            time.sleep(0.1)
        else:
            pytest.fail("the request is still under way")


class LargeFile(DirectCalls):
    """Calls that locate every item in one large file."""

    def __init__(self, service: Service, folder: Any) -> None:
        super().__init__(service.library, service.state())
        self.path = folder.resolve() / "large.bin"
        with self.path.open("wb") as file:
            file.truncate(2**28)

    async def call(self, name: str, /, *, deadline: float = 30.0, **params: Any) -> Any:
        told = await super().call(name, deadline=deadline, **params)
        return {**told, "path": str(self.path)} if name == "locate" else told


def test_small_answers_are_sent_at_once() -> None:
    """Without TCP_NODELAY each would wait 40 ms for an acknowledgement; asyncio sets it by the protocol's number."""

    async def accepted() -> int:
        found: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            taken = writer.get_extra_info("socket")
            found.set_result(taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        server = await asyncio.start_server(greet, sock=listening)
        async with server:
            _, writer = await asyncio.open_connection(*listening.getsockname())
            told = await asyncio.wait_for(found, 10)
            writer.close()
        return told

    with listen(Configuration("library", port=0)) as listening:
        assert asyncio.run(accepted()) == 1


def test_the_front_imports_neither_torch_nor_the_engine() -> None:
    code = (
        "import sys, sonolux.server.serve, sonolux.server.app;"
        "print(*{name.partition('.')[0] for name in sys.modules} & {'torch', 'qdrant_edge', 'qdrant_client',"
        " 'transformers', 'sentence_transformers', 'av', 'PIL', 'sklearn', 'cv2'},"
        " *{'sonolux.library', 'sonolux.retrieval', 'sonolux.encoders'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == []


def test_a_bomb_costs_its_decoder_alone(service: Service, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """An upload that would be gigabytes of pixels, and one that is no medium, are refused; the front goes on."""
    import io
    import struct
    import uuid
    import zlib

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    size = 60_000
    rows = zlib.compressobj(9)
    pixels = b"".join([rows.compress(b"\0" * (1 + 3 * size)) for _ in range(200)]) + rows.flush()
    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    told = client.put(f"/api/v1/uploads/{uuid.uuid4()}", content=bomb)
    assert told.status_code in (201, 415)
    if told.status_code == 201:
        asked = {"parts": [{"kind": "upload", "upload": told.json()["id"]}]}
        problem(client.post("/api/v1/search", json=asked), "media", 422)
        problem(client.get(f"/api/v1/uploads/{told.json()['id']}/thumbnail"), "nothing-to-show", 404)
    problem(
        client.put(f"/api/v1/uploads/{uuid.uuid4()}", content=io.BytesIO(b"\0" * 5000).read()), "unknown-medium", 415
    )
    assert client.get("/api/v1/info").status_code == 200

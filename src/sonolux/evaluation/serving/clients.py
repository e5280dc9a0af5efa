"""Clients of a service: closed loops, each asking its next request once the last was answered.

Every client draws what it asks for from one seed, so that a run can be made again. Latencies are milliseconds from the
first byte sent to the last byte read.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from random import Random

TIMEOUT = 60.0
"""Seconds after which an answer that does not come is an error."""

ERRORS_KEPT = 20

EVENTS = "/api/v1/events"


@dataclass(frozen=True, slots=True)
class Request:
    """One request: its kind, and what is sent."""

    kind: str
    method: str
    path: str
    body: bytes = b""
    content_type: str = "application/json"


@dataclass(slots=True)
class LoadTally:
    """What came of the requests of all clients.

    Attributes
    ----------
    latencies : dict
        Milliseconds, by kind of request.
    errors : list of str
        One line for each of the first that failed.
    failed : int
    """

    latencies: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Mix:
    """What clients ask for.

    Attributes
    ----------
    words : sequence of str
        Questions in words.
    items : sequence of str
        Ids of items to look at, and to ask with as examples.
    images : sequence of bytes
        Files that are sent and asked with.
    """

    words: Sequence[str]
    items: Sequence[str]
    images: Sequence[bytes]

    def draw(self, random: Random) -> list[Request]:
        """Return the requests of one step of somebody who searches."""
        return random.choices(STEPS, WEIGHTS)[0](self, random)


def search_body(*parts: Mapping[str, object], limit: int = 20) -> bytes:
    """Return the body of a question."""
    return json.dumps({"parts": list(parts), "limit": limit}).encode()


def _ask_words(mix: Mix, random: Random) -> list[Request]:
    part = {"kind": "text", "text": random.choice(mix.words)}
    return [Request("words", "POST", "/api/v1/search", search_body(part))]


def _ask_example(mix: Mix, random: Random) -> list[Request]:
    part = {"kind": "item", "item": random.choice(mix.items)}
    return [Request("example", "POST", "/api/v1/search", search_body(part))]


def _ask_upload(mix: Mix, random: Random) -> list[Request]:
    name = str(uuid.UUID(int=random.getrandbits(128), version=4))
    part = {"kind": "upload", "upload": name}
    return [
        Request("upload", "PUT", f"/api/v1/uploads/{name}", random.choice(mix.images), "application/octet-stream"),
        Request("picture", "POST", "/api/v1/search", search_body(part)),
    ]


def _look_at_item(mix: Mix, random: Random) -> list[Request]:
    return [Request("item", "GET", f"/api/v1/items/{random.choice(mix.items)}")]


def _look_at_thumbnails(mix: Mix, random: Random) -> list[Request]:
    return [
        Request("thumbnail", "GET", f"/api/v1/items/{random.choice(mix.items)}/thumbnail?width=320") for _ in range(4)
    ]


STEPS: Sequence[Callable[[Mix, Random], list[Request]]] = (
    _ask_words,
    _ask_example,
    _ask_upload,
    _look_at_item,
    _look_at_thumbnails,
)
WEIGHTS = (35, 15, 10, 15, 25)
"""How often each step is taken, in percent."""


def run_clients(port: int, mix: Mix, clients: int, seconds: float, seed: int = 0) -> LoadTally:
    """Have clients ask side by side for some seconds; return what came of it."""
    tally, lock = LoadTally(), threading.Lock()
    until = time.monotonic() + seconds
    threads = [
        threading.Thread(target=_run_client, args=(port, mix, until, Random(seed * 10_007 + number), tally, lock))
        for number in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return tally


def watch(port: int, path: str, every: float, seconds: float) -> list[float]:
    """Ask for one thing again and again for some seconds; return the latencies, infinite for what failed.

    To be run in a process of its own: many clients in one keep each other from the interpreter. A stream of events is
    timed until it begins.
    """
    latencies: list[float] = []
    connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(every)
        started = time.perf_counter()
        failure = _begin_stream(port) if path == EVENTS else _send(connection, Request("watch", "GET", path))
        latencies.append(float("inf") if failure else 1000 * (time.perf_counter() - started))
    connection.close()
    return latencies


def _begin_stream(port: int) -> str:
    """Follow events until the first line is there; return what failed, empty for nothing."""
    connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    try:
        connection.request("GET", EVENTS)
        answer = connection.getresponse()
        line = answer.readline()
    except (OSError, HTTPException) as error:
        return f"{type(error).__name__}: {error}"
    finally:
        connection.close()
    return "" if answer.status == 200 and line else f"{answer.status}"


def _run_client(port: int, mix: Mix, until: float, random: Random, tally: LoadTally, lock: threading.Lock) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    while time.monotonic() < until:
        for request in mix.draw(random):
            started = time.perf_counter()
            failure = _send(connection, request)
            taken = 1000 * (time.perf_counter() - started)
            with lock:
                tally.latencies[request.kind].append(taken)
                if failure:
                    tally.failed += 1
                    tally.errors += [f"{request.method} {request.path}: {failure}"][: ERRORS_KEPT - len(tally.errors)]
            if failure:
                break
    connection.close()


def _send(connection: HTTPConnection, request: Request) -> str:
    """Send one request and read its answer; return what failed, empty for nothing."""
    try:
        connection.request(request.method, request.path, request.body or None, {"Content-Type": request.content_type})
        answer = connection.getresponse()
        text = answer.read()
    except (OSError, HTTPException) as error:
        connection.close()
        return f"{type(error).__name__}: {error}"
    return "" if answer.status < 300 else f"{answer.status} {text[:200].decode(errors='replace')}"

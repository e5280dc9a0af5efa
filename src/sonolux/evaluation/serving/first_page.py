"""The first page of an answer: what a browser asks for between Enter and the pictures of the first screen.

A question as the page asks it, then the thumbnails of its first hits over as many connections as a browser opens to
one host. Timed from the first byte of the question to the last byte of the last thumbnail: what a browser takes to lay
out and draw comes on top.
"""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

from sonolux.errors import SonoluxError

CONNECTIONS = 6
"""That browsers open to one host by HTTP/1.1."""

SHOWN = 12
"""Thumbnails of a first screen."""

TIMEOUT = 60.0


class FirstPage:
    """Connections over which first pages are asked for; a context manager that closes them.

    Parameters
    ----------
    port : int
        Of a service on loopback.
    """

    def __init__(self, port: int) -> None:
        self._connections = [HTTPConnection("127.0.0.1", port, timeout=TIMEOUT) for _ in range(CONNECTIONS)]
        self._threads = ThreadPoolExecutor(CONNECTIONS)

    def __enter__(self) -> FirstPage:
        return self

    def __exit__(self, *exc: object) -> None:
        self._threads.shutdown()
        for connection in self._connections:
            connection.close()

    def time(self, words: str) -> float:
        """Return the milliseconds until the thumbnails of the first hits are there.

        Raises
        ------
        SonoluxError
            For a question or a thumbnail that is not answered.
        """
        asked = {"parts": [{"kind": "text", "text": words}], "fold": True, "explain": True, "depth": 300, "limit": 60}
        started = time.perf_counter()
        answer = json.loads(_exchange(self._connections[0], "POST", "/api/v1/search", json.dumps(asked).encode()))
        seen = [hit["id"] for hit in answer["hits"] if hit["modality"] in ("image", "video")][:SHOWN]
        shares = [(connection, seen[number::CONNECTIONS]) for number, connection in enumerate(self._connections)]
        list(self._threads.map(_fetch_thumbnails, shares))
        return 1000 * (time.perf_counter() - started)


def _fetch_thumbnails(share: tuple[HTTPConnection, list[str]]) -> None:
    connection, ids = share
    for id_ in ids:
        _exchange(connection, "GET", f"/api/v1/items/{id_}/thumbnail?width=320")


def _exchange(connection: HTTPConnection, method: str, path: str, body: bytes | None = None) -> bytes:
    connection.request(method, path, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    content = answer.read()
    if answer.status >= 300:
        raise SonoluxError(f"{method} {path} was answered {answer.status}: {content[:300].decode(errors='replace')}")
    return content

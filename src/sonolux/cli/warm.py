"""Warm answers: the service that holds a library is asked, over its own socket, in place of the library.

Models are loaded there already, and the library can be open in one process alone. What is asked with is sent as
anybody sends it, by the API of the service; nothing of the library is imported here, so a question costs little more
than ``sonolux --help``.
"""

from __future__ import annotations

import json
import os
import re
import socket
import uuid
from collections.abc import Mapping
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sonolux.cli.answer import Answer, examples_of
from sonolux.cli.output import shown_path
from sonolux.errors import LibraryError, QueryError
from sonolux.holder_note import FILE, read_socket
from sonolux.media.paths import real_path
from sonolux.presentation.data import hit_from_data
from sonolux.types import Hit

LIBRARY = "library.sonolux"
"""What `sonolux.settings.Settings.library` is by default; the settings take longer to import than a question."""

WINDOW = 200
"""Hits that the service tells at once."""

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

SECONDS = 600.0
"""For an answer: a clip of hours takes minutes to be named."""


class Service:
    """The service of a library, asked over its own socket.

    Parameters
    ----------
    place : Path
        The socket.
    """

    def __init__(self, place: Path) -> None:
        self.place = place

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Return the JSON with which the service answers.

        Raises
        ------
        QueryError
            For what it refuses, in its words.
        LibraryError
            Where it does not answer, or cannot.
        """
        address = f"/api/v1/{path}" + (f"?{urlencode(query, doseq=True)}" if query else "")
        content = None if body is None else json.dumps(body).encode()
        return self._send(method, address, content, "application/json")

    def upload(self, path: str) -> str:
        """Send a file, and return the id under which it can be asked with.

        Raises
        ------
        QueryError
            For a file that is refused.
        OSError
            For one that cannot be read.
        """
        name = str(uuid.uuid4())
        with Path(path).expanduser().open("rb") as file:
            self._send("PUT", f"/api/v1/uploads/{name}", file, "application/octet-stream")
        return name

    def item(self, target: str) -> str:
        """Return the id of an item that is named by it, or by the path of its file.

        Raises
        ------
        QueryError
            Where the library holds no such file.
        """
        if UUID.fullmatch(target):
            return target
        found = self.ask("GET", "items", where=json.dumps({"path": real_path(os.path.expanduser(target))}), limit=1)
        if not found["items"]:
            raise QueryError(f"{target} is no id or file in this library")
        return str(found["items"][0]["id"])

    def relay(self, address: str, message: str) -> str:
        """Post a message of another protocol as it is; return what it is answered with.

        Raises
        ------
        LibraryError
            Where the service does not answer.
        """
        kinds = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        return self._exchange("POST", address, message.encode(), kinds)[1].decode()

    def _send(self, method: str, address: str, content: Any, content_type: str) -> Any:
        status, text = self._exchange(method, address, content, {"Content-Type": content_type})
        told = json.loads(text) if text else {}
        if status < 300:
            return told
        kind = LibraryError if status >= 500 else QueryError
        raise kind(str(told.get("detail", f"the service answers {status}")))

    def _exchange(self, method: str, address: str, content: Any, headers: dict[str, str]) -> tuple[int, bytes]:
        """Return status and body of an answer."""
        with closing(_OwnConnection(self.place)) as connection:
            try:
                connection.request(method, address, content, headers)
                answer = connection.getresponse()
                return answer.status, answer.read()
            except (OSError, HTTPException) as error:
                raise LibraryError(f"the service that holds the library does not answer: {error}") from error


class _OwnConnection(HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, place: Path) -> None:
        super().__init__("localhost", timeout=SECONDS)
        self._place = place

    def connect(self) -> None:
        """Connect to the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(SECONDS)
        self.sock.connect(os.fspath(self._place))


def find_service(library: str | None) -> Service | None:
    """Return the service that holds a library; None where none does, or it is another user's."""
    location = library or os.environ.get("SONOLUX_LIBRARY") or LIBRARY
    place = None if "://" in location else read_socket(Path(location).expanduser() / FILE)
    if place is None:
        return None
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.connect(os.fspath(place))
        except OSError:  # it has ended, and its note is left
            return None
    return Service(place)


def search_service(service: Service, text: str | None, asked: Mapping[str, Any], hum: str | None = None) -> Answer:
    """Ask a question.

    Parameters
    ----------
    service : Service
    text : str, optional
    asked : mapping
        As the command line has it: files by ``image``, ``audio`` and ``video``, ids and paths in ``like`` and
        ``unlike``, ``where`` as it was written, and the rest as in `sonolux.library.Library.search`.
    hum : str, optional
        A file in which somebody hums, which is asked alone.
    """
    if hum is not None:
        told = service.ask("GET", f"uploads/{service.upload(hum)}/tunes", limit=min(asked["k"], WINDOW))
        hits = [hit_from_data(hit) for hit in told["hits"]]
        return Answer([hit for hit in hits if hit.confident or not asked["confident"]], told["spaces"])
    first, last = (asked["page"] - 1) * asked["k"], asked["page"] * asked["k"]
    same = {name: asked[name] for name in ("where", "spaces", "spans", "diverse", "explain")}
    # As deep as a page alone would be ranked, for how deep lists are fused decides between close ones.
    body = {**same, "parts": _parts(service, text, asked), "depth": last, "limit": 1}
    told = service.ask("POST", "search", body)
    hits = _window(service, told["ranking"], first, asked["k"])
    names = {one: shown_path(service.ask("GET", f"items/{one}")["path"]) for one in examples_of(hits)}
    sure = [hit for hit in hits if hit.confident] if asked["confident"] else hits
    below = None if sure or not told["hits"] or not asked["confident"] else hit_from_data(told["hits"][0])
    return Answer(sure, told["spaces"], below, names)


def _window(service: Service, ranking: str, first: int, count: int) -> list[Hit]:
    """Return hits of a ranking from one place on, as many windows of it as that takes."""
    hits: list[Hit] = []
    while len(hits) < count:
        part = {"offset": first + len(hits), "limit": min(WINDOW, count - len(hits))}
        told = service.ask("GET", f"rankings/{ranking}", **part)["hits"]
        hits += map(hit_from_data, told)
        if len(told) < part["limit"]:
            break
    return hits


def _parts(service: Service, text: str | None, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what is asked, files sent before."""
    weights = asked["weights"]
    parts: list[dict[str, Any]] = []
    if text is not None and text.strip():
        parts.append({"kind": "text", "text": text, "weight": weights.get("text", 1.0)})
    for name in ("image", "audio", "video"):
        if asked[name] is not None:
            upload = service.upload(asked[name])
            parts.append({"kind": "upload", "upload": upload, "modality": name, "weight": weights.get(name, 1.0)})
    for name in ("like", "unlike"):
        weight = weights.get("like", 1.0) if name == "like" else 1.0
        items = [service.item(one) for one in asked[name]]
        parts += [{"kind": "item", "item": item, "weight": weight, "minus": name == "unlike"} for item in items]
    return parts

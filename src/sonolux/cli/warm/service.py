"""Client of the service that holds a library: HTTP over its own Unix socket, which the library's holder note names."""

from __future__ import annotations

import json
import os
import re
import socket
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlencode

from sonolux.errors import LibraryError, MediaError, QueryError, SonoluxError
from sonolux.holder_note import FILE, read_socket
from sonolux.media.objects.urls import checked_url, looks_like_url
from sonolux.media.paths import named, printable
from sonolux.media.safe_open import open_file

LIBRARY = "library.sonolux"
"""What `sonolux.settings_model.Settings.library` is by default; the settings take longer to import than a question."""

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

SECONDS = 660.0
"""For an answer: longer than the service lets a question take."""

BLOCK = 2**18
"""Bytes of a file that are sent at once."""


class RefusedError(SonoluxError):
    """What the service refuses, in its words.

    Attributes
    ----------
    kind : str
        Of the problem, as in `sonolux.server.problems.KINDS`.
    """

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind


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
        RefusedError
            For what it does not do.
        LibraryError
            Where it does not answer.
        """
        address = f"/api/v1/{path}" + (f"?{urlencode(query, doseq=True)}" if query else "")
        content = None if body is None else json.dumps(body).encode()
        return self._send(method, address, content, "application/json")

    @contextmanager
    def uploaded(self, path: str, stream: BinaryIO | None = None) -> Iterator[str]:
        """Send a file, or what a stream holds; yield the id by which it is asked with, and have it forgotten after.

        Raises
        ------
        MediaError
            For a file that cannot be read.
        RefusedError
            For one that is refused, now or when it is asked with; the path stands in place of the upload's.
        """
        key = str(uuid.uuid4())
        try:
            with stream or _opened(path) as file:
                self._send("PUT", f"/api/v1/uploads/{key}", file, "application/octet-stream")
            yield key
        except MediaError as error:
            raise MediaError(f"{printable(path)}: {error}") from None
        except RefusedError as error:
            said = re.sub(rf"^the upload:? |/.*{key}", lambda found: _named(found[0], path), str(error))
            raise RefusedError(error.kind, said) from None
        finally:
            self._exchange("DELETE", f"/api/v1/uploads/{key}", None, {})  # 404 where it was refused

    def item(self, target: str) -> str:
        """Return the id of an item that is named by it, or by the path of its file.

        Raises
        ------
        QueryError
            Where the library holds no such item.
        """
        if UUID.fullmatch(target):
            try:
                return str(self.ask("GET", f"items/{target}")["id"])
            except RefusedError as error:
                if error.kind != "not-found":
                    raise
        # The service may run in another folder, and for it as for the library a link is what it leads to, too.
        elsewhere = looks_like_url(target)
        path = checked_url(target) if elsewhere else os.path.abspath(os.path.expanduser(named(target)))
        found = self.ask("GET", "items", where=json.dumps({"path": path}), limit=1)
        if not found["items"]:
            raise QueryError(f"{target} is no id or file in this library")
        return str(found["items"][0]["id"])

    def relay(self, address: str, message: bytes) -> tuple[int, bytes]:
        """Post a message of another protocol as it is; return the status and the body of the answer.

        Raises
        ------
        LibraryError
            Where the service does not answer.
        """
        kinds = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        return self._exchange("POST", address, message, kinds)

    def _send(self, method: str, address: str, content: Any, content_type: str) -> Any:
        status, text = self._exchange(method, address, content, {"Content-Type": content_type})
        told = json.loads(text) if text else {}
        if status < 300:
            return told
        kind = str(told.get("type", "")).rpartition("/")[2]
        raise RefusedError(kind, str(told.get("detail", f"the service answers {status}")))

    def _exchange(self, method: str, address: str, content: Any, headers: dict[str, str]) -> tuple[int, bytes]:
        """Return status and body of an answer."""
        with closing(_OwnConnection(self.place)) as connection:
            try:
                try:
                    connection.request(method, address, content, headers)
                except (BrokenPipeError, ConnectionResetError):
                    # Refused before all of it was sent: the answer is there, and says why.
                    if connection.sock is None:
                        raise
                answer = connection.getresponse()
                return answer.status, answer.read()
            except (OSError, HTTPException) as error:
                raise LibraryError(f"the service that holds the library does not answer: {error}") from error


def _named(said: str, path: str) -> str:
    """Return what is said of a file in place of the beginning of what is said of an upload."""
    return printable(path) if said.startswith("/") else f"{printable(path)}: "


def _opened(path: str) -> BinaryIO:
    """Open a file, or an object in a bucket, which this process reads with its own credentials."""
    if not looks_like_url(path):
        return open_file(os.path.expanduser(path))
    from sonolux.media.inside.members import open_medium  # it takes longer to import than a question

    return open_medium(checked_url(path))


class _OwnConnection(HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, place: Path) -> None:
        super().__init__("localhost", timeout=SECONDS, blocksize=BLOCK)
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
            # Only its owner binds a socket: what another user's answers is not believed.
            if place.stat().st_uid != os.getuid():
                return None
            connection.connect(os.fspath(place))
        except OSError:  # it has ended, and its note is left
            return None
    return Service(place)

"""Configuration of the service: where it listens, what it may touch, and every limit that keeps a client harmless."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path

from sonolux.server.calls.serving import QUESTIONS

MIB = 2**20


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on what clients ask for.

    Attributes
    ----------
    body : int
        Bytes of a request that is no upload.
    header : int
        Bytes of the header of a request.
    query : int
        Bytes behind the question mark of an address.
    depth : int
        Nesting of a JSON body.
    parts : int
        Parts of a question.
    hits : int
        Hits, items or neighbours of one answer.
    header_seconds, body_seconds, send_seconds : float
        Within which the header of a request has to arrive; the next piece of its body, and all of a body that is no
        upload; within which the next piece of an answer has to be taken.
    least_rate : int
        Bytes a second that an upload has to reach, once it is older than ``body_seconds``.
    requests_each, requests : int
        Requests under way, of a client and in all; clients of this machine that need no token are not told apart, and
        have those of all.
    questions : int
        Questions that the library process works on at once.
    questions_waiting, question_seconds : int, float
        Questions that wait for their turn, and for how long.
    exports : int
        Exports under way; a client has at most half of them.
    upload, uploads, upload_count : int
        Bytes of an upload, bytes of all that are kept, and how many these are.
    upload_seconds : float
        An upload is kept for so long after it was last used.
    web_versions : int
        Bytes of what is made for browsers, kept to be sent again.
    export : int
        Bytes of the files of an export as zip.
    export_items : int
        Items of an export.
    """

    body: int = 256 * 1024
    header: int = 16 * 1024
    query: int = 4096
    depth: int = 12
    parts: int = 16
    hits: int = 200
    header_seconds: float = 10.0
    body_seconds: float = 20.0
    send_seconds: float = 120.0
    least_rate: int = 4096
    requests_each: int = 64
    requests: int = 384
    questions: int = QUESTIONS
    questions_waiting: int = 256
    question_seconds: float = 20.0
    exports: int = 16
    upload: int = 2048 * MIB
    uploads: int = 4096 * MIB
    upload_count: int = 1000
    upload_seconds: float = 24 * 3600.0
    web_versions: int = 4096 * MIB
    export: int = 2048 * MIB
    export_items: int = 10_000


@dataclass(frozen=True, slots=True)
class Configuration:
    """What one service is and may do.

    Attributes
    ----------
    location : str
        Of the library.
    host, port : str, int
        Where it listens.
    names : tuple of str
        Host names, besides those of loopback, that a request may be for.
    roots : tuple of Path
        Real paths of the folders of which may be added; a link out of them is not followed.
    read_only : bool
        Whether nothing of the library may be changed.
    secure : bool
        Whether browsers reach it by HTTPS.
    own_socket : Path or None
        The Unix socket of the user who serves the library, see `sonolux.server.security.own_socket`.
    limits : Limits
    """

    location: str
    host: str = "127.0.0.1"
    port: int = 8000
    names: tuple[str, ...] = ()
    roots: tuple[Path, ...] = ()
    read_only: bool = False
    secure: bool = False
    own_socket: Path | None = None
    limits: Limits = field(default_factory=Limits)

    @property
    def needs_token(self) -> bool:
        """Whether a client has to know a token: unless the service is reached from this machine alone."""
        return not is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Tell whether an address or a name is that of this machine, to itself."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False

"""Concurrency limits: so many requests of one client, and of all, are under way at once; the rest may come again.

A client is a session, or an address where none is needed. Beyond its own share the answer is 429, beyond that of all
503, each with the seconds after which to try again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.types import ASGIApp, Receive, Scope, Send

from sonolux.server.configuration import Limits
from sonolux.server.problems import ProblemError, problem_response

RETRY_SECONDS = "2"


class Places:
    """So many places of a kind, and of one client.

    Parameters
    ----------
    each, most : int
        Of a client, and in all.
    what : str
        What takes a place, for people.
    """

    def __init__(self, each: int, most: int, what: str) -> None:
        self.each = each
        self.most = most
        self.what = what
        self._taken: Counter[str] = Counter()

    @contextmanager
    def taken_by(self, client: str) -> Iterator[None]:
        """Take a place for as long as a block lasts; called by the thread of the event loop alone."""
        again = {"retry-after": RETRY_SECONDS}
        if self._taken[client] >= self.each:
            raise ProblemError("too-many", f"a client has at most {self.each} {self.what} under way", headers=again)
        if self._taken.total() >= self.most:
            raise ProblemError("busy", f"at most {self.most} {self.what} are under way", headers=again)
        self._taken[client] += 1
        try:
            yield
        finally:
            self._taken[client] -= 1
            if not self._taken[client]:
                del self._taken[client]


class RequestPlaces:
    """Middleware that counts the requests under way."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self.app = app
        self.places = Places(limits.requests_each, limits.requests, "requests")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer where there is a place; health is told at any time."""
        if scope["type"] != "http" or scope["path"] in ("/healthz", "/readyz"):
            await self.app(scope, receive, send)
            return
        try:
            with self.places.taken_by(client_of(scope)):
                await self.app(scope, receive, send)
        except ProblemError as error:
            if error.kind.name not in ("too-many", "busy"):
                raise
            await problem_response(error)(scope, receive, send)


def client_of(scope: Scope) -> str:
    """Return who asks: the session, where there is one, or else the address."""
    client = scope.get("client") or ("unknown", 0)
    session = scope.get("state", {}).get("session")
    return f"session {session}" if session else f"address {client[0]}"

"""Concurrency limits: how much is under way at once, of one client and of all, and how what waits takes its turn.

A client is a session, or an address where none is needed. Beyond its own share of requests the answer is 429, beyond
that of all 503, each with the seconds after which to try again. Questions wait in a bounded queue before that: first
come, first served, but for clients of whom more is under way than of others.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from starlette.types import ASGIApp, Receive, Scope, Send

from sonolux.server.problems import ProblemError, problem_response

RETRY_SECONDS = "2"
AGAIN = {"retry-after": RETRY_SECONDS}


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
        if self._taken.total() >= self.most:
            raise ProblemError("busy", f"at most {self.most} {self.what} are under way", headers=AGAIN)
        if self._taken[client] >= self.each:
            raise ProblemError("too-many", f"a client has at most {self.each} {self.what} under way", headers=AGAIN)
        self._taken[client] += 1
        try:
            yield
        finally:
            _leave(self._taken, client)


class Turns:
    """So many questions at once; others wait for their turn.

    Parameters
    ----------
    at_once : int
        Questions that are worked on side by side.
    waiting : int
        Questions that wait beside them, at most.
    seconds : float
        For which one waits, at most.
    """

    def __init__(self, at_once: int, waiting: int, seconds: float) -> None:
        self.at_once = at_once
        self.waiting = waiting
        self.seconds = seconds
        self._taken: Counter[str] = Counter()
        self._queue: list[tuple[str, asyncio.Future[None]]] = []

    @asynccontextmanager
    async def taken_by(self, client: str) -> AsyncIterator[None]:
        """Wait for a turn, and have it for as long as a block lasts; called by the thread of the event loop alone.

        Raises
        ------
        ProblemError
            ``busy`` where too many wait already, or the turn does not come in time.
        """
        if self._taken.total() < self.at_once:  # then nobody waits
            self._taken[client] += 1
        else:
            await self._wait(client)
        try:
            yield
        finally:
            self._leave(client)

    async def _wait(self, client: str) -> None:
        if len(self._queue) >= self.waiting:
            raise ProblemError("busy", f"{self.waiting} questions wait already", headers=AGAIN)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((client, turn))
        try:
            async with asyncio.timeout(self.seconds):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():  # it came as this was given up
                self._leave(client)
            else:
                self._queue = [waiting for waiting in self._queue if waiting[1] is not turn]
            if isinstance(error, TimeoutError):
                detail = f"other questions took {self.seconds:g} seconds and more"
                raise ProblemError("busy", detail, headers=AGAIN) from None
            raise

    def _leave(self, client: str) -> None:
        """End a turn; the next is that of the client with fewest under way, the first to come of several."""
        _leave(self._taken, client)
        live = [waiting for waiting in self._queue if not waiting[1].done()]
        if live and self._taken.total() < self.at_once:
            after = min(live, key=lambda waiting: self._taken[waiting[0]])
            live.remove(after)
            self._taken[after[0]] += 1
            after[1].set_result(None)
        self._queue = live


class RequestPlaces:
    """Middleware that counts the requests under way."""

    def __init__(self, app: ASGIApp, places: Places) -> None:
        self.app = app
        self.places = places

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


def _leave(taken: Counter[str], client: str) -> None:
    taken[client] -= 1
    if not taken[client]:
        del taken[client]

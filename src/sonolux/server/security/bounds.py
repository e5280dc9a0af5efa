"""Bounds on requests: how long an address, how large and deep a body may be, and how slowly it may come.

The body of anything but an upload is read here, whole, before anybody works for it: it is small. An upload is handed on
as it comes.
"""

from __future__ import annotations

import asyncio
import json
import re

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sonolux.server.configuration import Limits
from sonolux.server.problems import ProblemError, problem_response

UPLOADS = "/api/v1/uploads/"
"""Where bodies are streamed to disk."""

STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)
"""Of JSON; what brackets they hold is no nesting."""

BRACKETS = re.compile(rb"[\[\]{}]")


JSON = "application/json"
"""What a body is read as that does not say what it is."""


class RequestBounds:
    """Middleware that refuses a request beyond its limits."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self.app = app
        self.limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request within its limits, refuse any other."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            self._check_head(scope)
            if scope["method"] == "PUT" and scope["path"].startswith(UPLOADS):
                bounded: Receive = self._timed(receive)
            else:
                bounded = _replayed(await self._body(scope, receive), receive)
        except ProblemError as error:
            error.headers.setdefault("connection", "close")  # what is left of the body is not waited for
            await problem_response(error)(scope, receive, send)
            return
        await self.app(scope, bounded, send)

    def _check_head(self, scope: Scope) -> None:
        if len(scope["query_string"]) > self.limits.query:
            raise ProblemError("too-large", f"an address has at most {self.limits.query:,} bytes behind its ?")
        if sum(len(name) + len(value) for name, value in scope["headers"]) > self.limits.header:
            raise ProblemError("too-large", f"the header of a request has at most {self.limits.header:,} bytes")

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        """Return the body, read to its end."""
        headers = Headers(scope=scope)
        told = headers.get("content-length", "0")
        is_json = headers.get("content-type", JSON).partition(";")[0].strip().lower().endswith("json")
        too_large = ProblemError("too-large", f"the body of this request has at most {self.limits.body:,} bytes")
        if not told.isascii() or not told.isdigit() or len(told) > 18 or int(told) > self.limits.body:
            raise too_large
        body = bytearray()
        try:
            async with asyncio.timeout(self.limits.body_seconds):
                while True:
                    message = await receive()
                    body += message.get("body", b"")
                    if len(body) > self.limits.body:
                        raise too_large
                    if not message.get("more_body", False):
                        break
        except TimeoutError:
            raise ProblemError("slow", f"a body has to be there within {self.limits.body_seconds:g} seconds") from None
        if is_json and depth_of(body) > self.limits.depth:
            raise ProblemError("too-large", f"a body is nested at most {self.limits.depth} deep")
        if is_json and body and not _is_finite(body):
            raise ProblemError("invalid", "the body is no JSON: NaN and Infinity are no numbers of it")
        return bytes(body)

    def _timed(self, receive: Receive) -> Receive:
        async def receive_in_time() -> Message:
            try:
                async with asyncio.timeout(self.limits.body_seconds):
                    return await receive()
            except TimeoutError:
                detail = f"nothing came for {self.limits.body_seconds:g} seconds"
                raise ProblemError("slow", detail, headers={"connection": "close"}) from None

        return receive_in_time


def depth_of(body: bytes | bytearray) -> int:
    """Return how deep the brackets of a JSON text are nested, without parsing it."""
    depth = deepest = 0
    for bracket in BRACKETS.findall(STRINGS.sub(b"", bytes(body))):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _is_finite(body: bytes | bytearray) -> bool:
    """Tell whether a JSON text names no number that is none; what is no JSON at all is refused where it is read."""

    def refuse(name: str) -> float:
        raise OverflowError(name)

    try:
        json.loads(body, parse_constant=refuse)
    except OverflowError:
        return False
    except ValueError:
        return True
    return True


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives the body, then whatever comes: that the client has gone."""
    given = False

    async def receive_again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again

"""Answers with a file that is open already: one range of its bytes, and conditions.

Of a ``Range`` header that names several ranges, or is long, all of the file is sent instead, as RFC 9110 (14.2) lets a
server do: joining many ranges is what made others slow. What is sent is read from the descriptor that was checked.
"""

from __future__ import annotations

import os
import re
from email.utils import formatdate, parsedate_to_datetime
from urllib.parse import quote
from zlib import crc32

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sonolux.server.etags import matches
from sonolux.server.media.object_stretch import ObjectStretch
from sonolux.server.media.stretch import Stretch
from sonolux.server.media.types import HEAD, MediaType, media_type_of
from sonolux.server.problems import ProblemError, problem_response

CHUNK = 256 * 1024
LONGEST_RANGE = 64
"""Characters of a ``Range`` header that is looked at."""

ONE_RANGE = re.compile(r"bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.IGNORECASE)


class OpenedFile(Response):
    """Send an open file or a stretch of it, and close it.

    Parameters
    ----------
    stretch : Stretch or ObjectStretch
        Of a regular file, or of an object in a bucket.
    name : str
        Under which a browser saves it.
    media_type : MediaType, optional
        By default what its first bytes say.
    saved : bool
        Whether it is saved to disk even where a browser could show it.
    """

    def __init__(
        self, stretch: Stretch | ObjectStretch, name: str, media_type: MediaType | None = None, *, saved: bool = False
    ) -> None:
        self.stretch = stretch
        _, inode, mtime_ns = stretch.state
        self.size = stretch.size
        kind = media_type or media_type_of(stretch.read_at(0, HEAD))
        within = f"-{crc32(os.fsencode(stretch.part)):x}" if stretch.part else ""
        self.tag = f'"{inode:x}-{mtime_ns:x}-{stretch.size:x}{within}"'
        self.modified = formatdate(mtime_ns / 1e9, usegmt=True)
        disposition = "inline" if kind.inline and not saved else "attachment"
        super().__init__(
            status_code=200,
            headers={
                "content-type": kind.name,
                "content-disposition": f"{disposition}; filename*=utf-8''{quote(name, errors='replace')}",
                "accept-ranges": "bytes",
                "etag": self.tag,
                "last-modified": self.modified,
            },
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, and close the file."""
        try:
            await self._answer(scope, receive, send)
        finally:
            await run_in_threadpool(self.stretch.close)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = Headers(scope=scope)
        if self._is_known(asked):
            self.status_code = 304
            first, last = 0, 0
        else:
            try:
                first, last = self._range(asked)
            except ProblemError as error:
                await problem_response(error)(scope, receive, send)
                return
            self.headers["content-length"] = str(last - first)
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        if scope["method"] == "HEAD" or first == last:
            await send({"type": "http.response.body", "body": b""})
            return
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_cancel_when_gone, receive, tasks.cancel_scope)
            await self._send_bytes(first, last, send)
            tasks.cancel_scope.cancel()

    async def _send_bytes(self, first: int, last: int, send: Send) -> None:
        while first < last:
            chunk = await run_in_threadpool(self.stretch.read_at, first, min(CHUNK, last - first))
            if not chunk:
                raise ConnectionAbortedError("the file became shorter while it was sent")
            first += len(chunk)
            await send({"type": "http.response.body", "body": chunk, "more_body": first < last})

    def _is_known(self, asked: Headers) -> bool:
        if "if-none-match" in asked:
            return matches(asked["if-none-match"], self.tag)
        return asked.get("if-modified-since") == self.modified

    def _range(self, asked: Headers) -> tuple[int, int]:
        """Return the first byte to send and the one after the last, and set what a part of a file is sent with."""
        given = asked.get("range", "")
        match = ONE_RANGE.fullmatch(given) if len(given) <= LONGEST_RANGE else None
        condition = asked.get("if-range")
        if match is None or match[1] == match[2] == "" or (condition is not None and not self._is_same(condition)):
            return 0, self.size
        first = int(match[1]) if match[1] else max(self.size - int(match[2]), 0)
        last = min(int(match[2]) + 1, self.size) if match[1] and match[2] else self.size
        if first >= self.size or (match[1] and match[2] and int(match[2]) < first):
            headers = {"content-range": f"bytes */{self.size}"}
            raise ProblemError("range", f"the file has {self.size:,} bytes", headers=headers)
        self.status_code = 206
        self.headers["content-range"] = f"bytes {first}-{last - 1}/{self.size}"
        return first, last

    def _is_same(self, condition: str) -> bool:
        if condition == self.tag:
            return True
        try:
            return parsedate_to_datetime(condition) == parsedate_to_datetime(self.modified)
        except (ValueError, TypeError):
            return False


async def _cancel_when_gone(receive: Receive, scope: anyio.CancelScope) -> None:
    """Stop reading for a client that has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()

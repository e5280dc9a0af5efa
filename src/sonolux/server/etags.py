"""Entity tags of JSON answers: whoever has the same already is told so, in a few bytes (RFC 9110, 8.8.3 and 13.1.2)."""

from __future__ import annotations

from hashlib import blake2b

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class JsonTags:
    """Middleware that tags the JSON answers of GET with a digest of what they say."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or say that nothing has changed."""
        if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].startswith("/api/"):
            await self.app(scope, receive, send)
            return
        start: Message | None = None
        body = bytearray()

        async def send_tagged(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and _is_tagged(message):
                start = message
            elif start is None:
                await send(message)
            else:
                body.extend(message.get("body", b""))
                if not message.get("more_body", False):
                    await _send_unless_known(start, bytes(body), Headers(scope=scope), send)

        await self.app(scope, receive, send_tagged)


def matches(given: str | None, tag: str) -> bool:
    """Tell whether an ``If-None-Match`` header names a tag."""
    names = [] if given is None else [name.strip().removeprefix("W/") for name in given.split(",", 64)]
    return tag in names or names == ["*"]


def _is_tagged(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    return start["status"] == 200 and headers.get("content-type") == "application/json" and "etag" not in headers


async def _send_unless_known(start: Message, body: bytes, asked: Headers, send: Send) -> None:
    tag = f'"{blake2b(body, digest_size=12).hexdigest()}"'
    headers = MutableHeaders(raw=list(start["headers"]))
    headers["etag"] = tag
    known = matches(asked.get("if-none-match"), tag)
    if known:
        for name in ("content-length", "content-type"):
            del headers[name]
    await send({**start, "status": 304 if known else 200, "headers": headers.raw})
    await send({"type": "http.response.body", "body": b"" if known else body})

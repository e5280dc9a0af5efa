"""Security headers: what a browser may do with an answer, and which page may show or load it.

The page loads its own scripts and styles alone, writes no markup from strings (Trusted Types), and is in no frame.
An answer that is no page may do nothing at all.
"""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAGE_POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; object-src 'none'; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types lit-html"
)
"""Content security policy of the page; what it previews of a person's own file is a blob or data."""

DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; sandbox"
"""Of anything else, wherever a browser shows it by itself."""

COMMON = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(self)",
}
"""Of every answer; the microphone is the page's, to ask with what is hummed or heard."""

TRANSPORT = "max-age=31536000"
"""Seconds for which a browser that came by HTTPS comes by nothing else."""


class SecurityHeaders:
    """Middleware that adds the headers; an answer's own content security policy stays."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self.app = app
        self.common = {**COMMON, "strict-transport-security": TRANSPORT} if secure else COMMON

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers to an answer."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.common.items():
                    headers[name] = value
                is_api = scope["path"].startswith("/api/")
                is_page = not is_api and headers.get("content-type", "").startswith("text/html")
                # A browser keeps the policy of what has not changed, where it is told no other: 304 names no type.
                if message["status"] != 304:
                    headers.setdefault("content-security-policy", PAGE_POLICY if is_page else DATA_POLICY)
                # Asked again each time, which costs a header where nothing has changed.
                headers.setdefault("cache-control", "private, no-cache" if is_api else "no-cache")
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)

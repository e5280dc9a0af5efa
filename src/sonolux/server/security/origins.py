"""Origin checks: a browser says from where a request comes, and another site may neither write nor read.

``Sec-Fetch-Site`` and ``Origin`` cannot be set by a page. A request without either comes from no browser of today, and
bears no cookie of one. No answer allows another origin (CORS), so what a page of another site does send, such as an
image or a form, is all there is to refuse.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from sonolux.server.problems import ProblemError, problem_response

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""

OWN_SITES = frozenset({"same-origin", "none"})
"""Of ``Sec-Fetch-Site``: this page, or a person who typed the address."""


class OriginGuard:
    """Middleware that refuses what the page of another site asks for."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request of another site, but for a link that leads to the page."""
        if scope["type"] == "http" and is_foreign(scope["method"], scope["path"], Headers(scope=scope)):
            detail = "requests of other sites' pages are refused: open the page of this service itself"
            await problem_response(ProblemError("origin", detail))(scope, receive, send)
            return
        await self.app(scope, receive, send)


def is_foreign(method: str, path: str, headers: Headers) -> bool:
    """Tell whether a browser says that a request comes from another site."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    writes = method not in SAFE
    if site is not None and site not in OWN_SITES and (writes or not _opens_page(path, headers)):
        return True
    # The scheme is left out: behind a proxy that ends TLS, the service does not know its own.
    return writes and origin is not None and origin.partition("://")[2].lower() != headers.get("host", "").lower()


def _opens_page(path: str, headers: Headers) -> bool:
    """Tell whether a link to the page is followed."""
    return path == "/" and headers.get("sec-fetch-mode") == "navigate"

"""Sign-in: where the service needs a token, nothing but its page, its health and the sign-in itself is told without."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from sonolux.server.configuration import Configuration
from sonolux.server.problems import ProblemError, problem_response
from sonolux.server.security.own_socket import came_by
from sonolux.server.security.tokens import TokenStore

GUARDED = ("/api/", "/mcp", "/metrics", "/openapi.json")
"""Addresses that need a token; the page at any other holds nothing of the library."""

SESSION = "/api/v1/session"
"""Where a token is traded for a cookie."""


class SignInGuard:
    """Middleware that asks for a token or a session."""

    def __init__(self, app: ASGIApp, tokens: TokenStore | None, configuration: Configuration) -> None:
        self.app = app
        self.tokens = tokens
        self.own_socket = configuration.own_socket
        self.cookie = cookie_name(secure=configuration.secure)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer whoever has signed in, or need not."""
        guarded = scope["type"] == "http" and scope["path"].startswith(GUARDED)
        if guarded and self.tokens is not None and not came_by(scope, self.own_socket):
            name = who_asks(scope, self.tokens, self.cookie)
            if name is not None:
                scope.setdefault("state", {})["session"] = name
            elif scope["path"] != SESSION:
                detail = "send the token that `sonolux serve` printed, as `Authorization: Bearer TOKEN`, or sign in"
                error = ProblemError("sign-in", detail, headers={"www-authenticate": "Bearer"})
                await problem_response(error)(scope, receive, send)
                return
        await self.app(scope, receive, send)


def who_asks(scope: Scope, tokens: TokenStore, cookie: str) -> str | None:
    """Return the name of the session, or ``token``; None for neither."""
    scheme, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and tokens.is_token(token.strip()):
        return "token"
    secret = Request(scope).cookies.get(cookie)
    return tokens.session_name(secret) if secret else None


def cookie_name(*, secure: bool) -> str:
    """Return the name of the cookie; browsers take one that begins with ``__Host-`` by HTTPS alone, for this host."""
    return "__Host-sonolux" if secure else "sonolux"

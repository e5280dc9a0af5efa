"""Host allow-list: a request is answered for the names of the service alone, which ends DNS rebinding.

A page of another site can have its own name resolve to 127.0.0.1; its requests then reach a service on loopback as
same-origin ones, but for the name in ``Host``, which the page cannot choose (CVE-2025-66414 is one case of many).
"""

from __future__ import annotations

import re

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from sonolux.server.configuration import Configuration
from sonolux.server.problems import ProblemError, problem_response

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")

HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::(\d{1,5}))?", re.IGNORECASE)
"""A name or an IPv4 address, or an IPv6 address in brackets, then a port."""


class HostGuard:
    """Middleware that refuses a request for any other host than those of the service."""

    def __init__(self, app: ASGIApp, configuration: Configuration) -> None:
        self.app = app
        self.names = allowed_names(configuration)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for an allowed host, refuse any other."""
        if scope["type"] == "http":
            given = Headers(scope=scope).getlist("host")
            if len(given) != 1 or host_name(given[0]) not in self.names:
                detail = "this service goes by other names: give the one you use to `sonolux serve --name`"
                await problem_response(ProblemError("host", detail))(scope, receive, send)
                return
        await self.app(scope, receive, send)


def allowed_names(configuration: Configuration) -> frozenset[str]:
    """Return the names that a request may be for; those of an address that stands for all are not guessed."""
    named = [name.strip("[]").lower() for name in (configuration.host, *configuration.names)]
    return frozenset({*LOOPBACK_NAMES, *(name for name in named if name not in ("0.0.0.0", "::"))})


def host_name(value: str) -> str | None:
    """Return the name in a ``Host`` header in small letters, without its port; None for what is none."""
    match = HOST.fullmatch(value)
    return (match[1] or match[2]).lower() if match else None

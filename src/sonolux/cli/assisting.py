"""``sonolux mcp``: tools for an assistant, by the Model Context Protocol over standard input and output."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from sonolux.cli.options import LibraryOption
from sonolux.extras import extras_named, require

if TYPE_CHECKING:
    from sonolux.cli.warm.service import Service

REFUSED = -32000
"""Code of an error of the server's own, by JSON-RPC 2.0."""


def mcp(library: LibraryOption = None) -> None:
    """Have an assistant search the library: it starts this command, and asks over its standard input.

    The tools only read. Where `sonolux serve` holds the library, they ask it.
    """
    from sonolux.cli.warm.service import find_service

    service = find_service(library)
    if service is not None:
        for line in sys.stdin.buffer:
            if answer := _relayed(service, line):
                print(answer, flush=True)
        return
    require("an assistant", "mcp", "fastapi", "prometheus_client")
    with extras_named("an assistant"):
        import anyio

        from sonolux.server.assistants_stdio import serve_assistant
    from sonolux.settings import settings

    anyio.run(serve_assistant, library or settings().library)


def _relayed(service: Service, line: bytes) -> str:
    """Return what the service answers a message; nothing where it is not to be answered."""
    if not line.strip():
        return ""
    status, answer = service.relay("/mcp", line)
    told = json.loads(answer) if answer else {}
    if status < 400 or "jsonrpc" in told:
        return json.dumps(told) if told else ""
    # Refused before it came to the tools: an assistant waits for an answer to its own message all the same.
    asked = _asked(line)
    if "id" not in asked:
        return ""
    error = {"code": REFUSED, "message": str(told.get("detail", f"the service answers {status}"))}
    return json.dumps({"jsonrpc": "2.0", "id": asked["id"], "error": error})


def _asked(line: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(line)
    except ValueError:
        return {}
    return asked if isinstance(asked, dict) else {}

"""``sonolux mcp``: tools for an assistant, by the Model Context Protocol over standard input and output."""

from __future__ import annotations

import sys

from sonolux.cli.options import LibraryOption
from sonolux.extras import extras_named, require


def mcp(library: LibraryOption = None) -> None:
    """Have an assistant search the library: it starts this command, and asks over its standard input.

    The tools only read. Where `sonolux serve` holds the library, they ask it.
    """
    from sonolux.cli.warm import find_service

    service = find_service(library)
    if service is not None:
        for line in sys.stdin:
            answer = service.relay("/mcp", line)
            if answer:
                print(answer, flush=True)
        return
    require("an assistant", "mcp", "fastapi", "prometheus_client")
    with extras_named("an assistant"):
        import anyio

        from sonolux.server.assistants_stdio import serve_assistant
    from sonolux.settings import settings

    anyio.run(serve_assistant, library or settings().library)

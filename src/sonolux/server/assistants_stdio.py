"""Tools for assistants over standard input and output: of a library that is opened here."""

from __future__ import annotations

from sonolux.library import Library
from sonolux.server.assistants import make_assistants
from sonolux.server.calls.answering import Answering
from sonolux.server.calls.local import LocalCalls
from sonolux.server.configuration import Configuration
from sonolux.server.copy_groups import CopyGroups
from sonolux.server.front import Front
from sonolux.server.state import ServiceState


async def serve_assistant(location: str) -> None:
    """Answer one assistant until its end of the pipe is closed.

    Raises
    ------
    LibraryError
        Where the library cannot be opened.
    """
    with Library(location) as library:
        library.manifest  # noqa: B018 - the first use opens it: whoever asks later should not hear that it cannot be
        state = ServiceState.of(location)
        calls = LocalCalls(Answering(library, state.uploads, CopyGroups(state)))
        await make_assistants(Front.of(Configuration(location), calls, state)).run_stdio_async()

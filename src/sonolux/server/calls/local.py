"""Calls within one process: what the library process answers, answered by a library that is open here."""

from __future__ import annotations

from typing import Any

from anyio import to_thread

from sonolux.server.calls.answering import Answering
from sonolux.server.calls.answers import calls_over
from sonolux.server.calls.protocol import CallError
from sonolux.server.calls.serving import as_call_error


class LocalCalls:
    """Calls over an open library, each in a thread; as `sonolux.server.calls.client.LibraryClient` has them.

    Parameters
    ----------
    answering : Answering
    """

    def __init__(self, answering: Answering) -> None:
        self._calls = calls_over(answering)

    async def call(self, name: str, /, *, deadline: float = 0.0, **params: Any) -> Any:
        """Call a function of `sonolux.server.calls.answers`; a thread cannot be given up, so deadlines mean nothing.

        Raises
        ------
        CallError
            Where the call is refused.
        """
        if name not in self._calls:
            raise CallError("not-found", f"there is no call {name!r}")
        try:
            return await to_thread.run_sync(self._calls[name], params)
        except Exception as error:
            raise as_call_error(error) from error

"""Connections of slow clients: whoever sends no whole header in time, or takes no answer, is let go of.

uvicorn bounds how long a connection idles after an answer, not how long a client takes to say what it wants, or to take
what it asked for: thousands of connections that move a byte now and then would hold as many descriptors (Slowloris).
Bodies are timed by `sonolux.server.security.bounds`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol


def timed_protocol(header_seconds: float, send_seconds: float) -> type[H11Protocol]:  # noqa: C901 - one class
    """Return uvicorn's protocol with two more limits.

    Parameters
    ----------
    header_seconds : float
        Within which the header of a request has to be there.
    send_seconds : float
        Within which a client has to take what is ready for it; a player that was paused asks again for what it lacks.
    """

    class TimedConnection(H11Protocol):
        """A connection that waits so long, and no longer."""

        waiting: asyncio.TimerHandle | None = None
        """For a header."""

        stuck: asyncio.TimerHandle | None = None
        """With an answer that is not taken."""

        def connection_made(self, transport: Any) -> None:
            """Begin to wait for the first header."""
            super().connection_made(transport)
            self.waiting = self._in(header_seconds, self.timeout_keep_alive_handler)

        def data_received(self, data: bytes) -> None:
            """Take what came; begin to wait, or stop, as a request is under way or not."""
            super().data_received(data)
            if self.cycle is not None and not self.cycle.response_complete:
                self._forget_waiting()
            elif self.waiting is None:
                self.waiting = self._in(header_seconds, self.timeout_keep_alive_handler)

        def pause_writing(self) -> None:
            """Begin to wait for a client that takes nothing."""
            super().pause_writing()
            if self.stuck is None:
                self.stuck = self._in(send_seconds, self.transport.abort)

        def resume_writing(self) -> None:
            """Go on with a client that has taken something."""
            super().resume_writing()
            self._forget_stuck()

        def connection_lost(self, exc: Exception | None) -> None:
            """Wait no longer."""
            self._forget_waiting()
            self._forget_stuck()
            super().connection_lost(exc)

        def _in(self, seconds: float, function: Callable[[], None]) -> asyncio.TimerHandle:
            return self.loop.call_later(seconds, function)

        def _forget_waiting(self) -> None:
            if self.waiting is not None:
                self.waiting.cancel()
                self.waiting = None

        def _forget_stuck(self) -> None:
            if self.stuck is not None:
                self.stuck.cancel()
                self.stuck = None

    return TimedConnection

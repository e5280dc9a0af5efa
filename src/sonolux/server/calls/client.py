"""Client of the library process, for asyncio: a bounded pool of connections, each with one call under way."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Any

from sonolux.server.calls.protocol import (
    ANSWER_BYTES,
    CALL_BYTES,
    CallError,
    LibraryUnavailable,
    decode_answer,
    encode_line,
)

CONNECTIONS = 16
"""Calls under way at once; more wait for their turn."""

DEADLINE = 30.0
"""Seconds for a call, its waiting included, where it names none."""

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class LibraryClient:
    """Calls to one library process, and to the one that takes its place at the same socket.

    Parameters
    ----------
    path : path
        The socket.
    connections : int
        Calls under way at once, at most.
    """

    def __init__(self, path: Path, connections: int = CONNECTIONS) -> None:
        self.path = path
        self._turns = asyncio.Semaphore(connections)
        self._idle: list[Connection] = []

    async def call(self, name: str, /, *, deadline: float = DEADLINE, **params: Any) -> Any:
        """Call a function of `sonolux.server.calls.answers`.

        Parameters
        ----------
        name : str
        deadline : float
            Seconds.
        **params
            JSON data.

        Raises
        ------
        CallError
            Where the call is refused, or has no answer in time (of type ``busy``).
        LibraryUnavailable
            Where the process is not there, or died meanwhile.
        """
        line = encode_line({"call": name, "params": params})
        if len(line) > CALL_BYTES:
            raise CallError("query", f"a question of {len(line):,} bytes is too long: {CALL_BYTES:,} are the most")
        try:
            async with asyncio.timeout(deadline), self._turns:
                return decode_answer(await self._exchange(line))
        except TimeoutError:
            raise CallError("busy", f"no answer within {deadline:g} seconds: try again later") from None

    def close(self) -> None:
        """Let go of all connections that are idle; a later call makes new ones."""
        while self._idle:
            self._idle.pop()[1].close()

    async def _exchange(self, line: bytes) -> bytes:
        """Send a line and return that which answers it."""
        try:
            connection = self._idle_one() or await asyncio.open_unix_connection(self.path, limit=ANSWER_BYTES)
        except OSError as error:
            raise LibraryUnavailable("the library process is not there") from error
        reader, writer = connection
        kept = False
        try:
            writer.write(line)
            await writer.drain()
            answer = await reader.readuntil(b"\n")
            kept = True
        except (OSError, asyncio.IncompleteReadError) as error:
            raise LibraryUnavailable("the library process has died") from error
        except asyncio.LimitOverrunError:
            raise CallError("internal", f"the answer is longer than {ANSWER_BYTES:,} bytes") from None
        finally:
            # A call that was given up leaves its connection, or the next would get its answer.
            if kept:
                self._idle.append(connection)
            else:
                writer.close()
        return answer

    def _idle_one(self) -> Connection | None:
        """Return a connection that is idle, and whose other end is still there."""
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof() and not writer.is_closing():
                return reader, writer
            with contextlib.suppress(OSError):
                writer.close()
        return None

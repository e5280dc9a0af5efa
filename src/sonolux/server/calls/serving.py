"""Server of the calls in the library process: a thread a connection, a bounded number of questions at once.

Whatever comes over the socket costs an error and nothing else: a line that is too long is read past without being
kept, and what is no call is refused. An error that nobody raised on purpose is logged here with its traceback; the
other side hears only that there was one.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from sonolux.errors import ExpiredError, LibraryBusyError, MediaError, QueryError, SonoluxError
from sonolux.server.calls.protocol import ANSWER_BYTES, CALL_BYTES, CallError, ErrorType, decode_call, encode_line

logger = logging.getLogger(__name__)

CONNECTIONS = 64
"""Connections at once; who comes later waits to be accepted."""

QUESTIONS = 2 * (os.cpu_count() or 1)
"""Questions at once."""

WAIT = 10.0
"""Seconds that a question waits for its turn."""

LAST = 20.0
"""Seconds that the last questions have to end when the server closes."""

Call = Callable[[dict[str, Any]], Any]
"""From the parameters to the result."""


class CallServer:
    """Answers calls at a Unix socket until it is closed.

    Parameters
    ----------
    path : path
        The socket, in a folder that only this user can enter; one that a dead process left there is replaced.
    calls : mapping of str to callable
    questions : collection of str
        Names of the calls that count as questions, of which a bounded number is answered at once.
    at_once : int
        That number.
    wait : float
        Seconds that others wait before they are refused as ``busy``.
    """

    def __init__(
        self,
        path: Path,
        calls: Mapping[str, Call],
        questions: frozenset[str] = frozenset(),
        *,
        at_once: int = QUESTIONS,
        wait: float = WAIT,
    ) -> None:
        self.path = path
        self.calls = calls
        self.questions = questions
        self.wait = wait
        self._turns = threading.BoundedSemaphore(at_once)
        self._places = threading.BoundedSemaphore(CONNECTIONS)
        self._open: set[socket.socket] = set()
        self._changing = threading.Condition()
        self._closed = False
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)

    def start(self) -> None:
        """Listen; calls are answered from now on."""
        self.path.unlink(missing_ok=True)
        self._listening.bind(str(self.path))
        self.path.chmod(0o600)
        self._listening.listen(CONNECTIONS)
        threading.Thread(target=self._accept, name="sonolux-calls", daemon=True).start()

    def close(self) -> None:
        """Accept nothing more, hang up, and wait for what is under way, which is told to nobody."""
        with self._changing:
            self._closed = True
            left = [self._listening, *self._open]
        self.path.unlink(missing_ok=True)
        for each in left:
            hang_up(each)
        self._listening.close()
        with self._changing:
            if not self._changing.wait_for(lambda: not self._open, LAST):
                logger.warning("%d calls are still under way", len(self._open))

    def _accept(self) -> None:
        while True:
            self._places.acquire()
            try:
                connection, _ = self._listening.accept()
            except OSError:
                if self._closed:
                    return
                # Out of descriptors: some come back when a connection ends.
                logger.exception("a connection could not be accepted")
                self._places.release()
                threading.Event().wait(0.1)
                continue
            with self._changing:
                if self._closed:
                    connection.close()
                    return
                self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), name="sonolux-call", daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        """Answer the calls of one connection until the other side hangs up."""
        try:
            with connection, connection.makefile("rb") as lines:
                while not self._closed and (line := lines.readline(CALL_BYTES + 1)):
                    connection.sendall(self._answer(line, lines))
        except OSError:  # the other side is gone: it wants no answer
            logger.debug("a connection broke", exc_info=True)
        finally:
            with self._changing:
                self._open.discard(connection)
                self._changing.notify_all()
            self._places.release()

    def _answer(self, line: bytes, lines: BinaryIO) -> bytes:
        try:
            if len(line) > CALL_BYTES:
                skip_rest(line, lines)
                raise CallError("query", f"a call has {CALL_BYTES:,} bytes at most")
            name, params = decode_call(line)
            if (call := self.calls.get(name)) is None:
                raise CallError("not-found", f"there is no call {name[:50]!r}")
            answer = encode_line({"result": self._result(name, call, params)})
            if len(answer) > ANSWER_BYTES:
                raise CallError("query", "the answer is too long: ask for less at once")
        except Exception as error:  # a bug costs one answer
            told = as_call_error(error)
            said = {"type": told.type, "message": told.message, "field": told.field}
            return encode_line({"error": said})
        return answer

    def _result(self, name: str, call: Call, params: dict[str, Any]) -> Any:
        if name not in self.questions:
            return call(params)
        if not self._turns.acquire(timeout=self.wait):
            raise CallError("busy", "too many questions at once: try again in a few seconds")
        try:
            return call(params)
        finally:
            self._turns.release()


def as_call_error(error: Exception) -> CallError:
    """Return what the other side is told of an error; one that nobody raised on purpose is logged."""
    if isinstance(error, CallError):
        return error
    kinds: dict[type[SonoluxError], ErrorType] = {
        ExpiredError: "expired",
        QueryError: "query",
        MediaError: "media",
        LibraryBusyError: "busy",
        SonoluxError: "library",
    }
    for kind, name in kinds.items():
        if isinstance(error, kind):
            return CallError(name, str(error))
    logger.error("a call failed", exc_info=error)
    return CallError("internal", "something went wrong within the library process: its log says what")


def skip_rest(line: bytes, lines: BinaryIO) -> None:
    """Read past the end of a line that is too long, without keeping it."""
    while line and not line.endswith(b"\n"):
        line = lines.readline(CALL_BYTES)


def hang_up(connection: socket.socket) -> None:
    """End a connection, in whatever thread it is waited for."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # the other side was faster
        logger.debug("a connection was closed already", exc_info=True)

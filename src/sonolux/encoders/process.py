"""An encoding process: takes batches, sends back their descriptors, and ends with whoever started it.

It is a plain subprocess, not a child of `multiprocessing`: it inherits no threads and no locks, and a script needs no
``__main__`` guard. Encoders are resolved there by their specifications, so that weights cross no pipe.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from multiprocessing.connection import Connection
from typing import Any

from sonolux.encoders.base import Encoder
from sonolux.encoders.batch import Batch, Encoded, encode_all
from sonolux.encoders.named import EncoderName, encoder_named, names_of
from sonolux.errors import EncoderError, SonoluxError
from sonolux.media.workers.ipc import receive, send

ENDING_SECONDS = 10.0
"""A process whose pipes are closed ends by then, or is made to."""


class EncodingProcess:
    """An encoding process, seen from the one that started it; it starts with its first batch."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def encode(self, encoders: Sequence[Encoder], batch: Batch) -> Encoded:
        """Have a batch encoded.

        Raises
        ------
        EncoderError
            Where the process has no such encoders, cannot load one, or ends.
        """
        names = names_of(encoders)
        try:
            if self._process is None:
                self._start()
            send(self._asking, (names, batch))
            answer: Encoded | SonoluxError = receive(self._telling)
        except (EOFError, OSError) as error:
            raise EncoderError(
                f"an encoding process ended ({self._reap()}): SONOLUX_EXECUTOR=threads encodes in this one"
            ) from error
        if isinstance(answer, SonoluxError):
            raise answer
        return answer

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._reap()

    def _start(self) -> None:
        asked, self._asking = multiprocessing.Pipe(duplex=False)
        self._telling, told = multiprocessing.Pipe(duplex=False)
        # The search path is handed on: it may have been changed since this process started.
        program = (
            f"import sys; sys.path[:] = {[p for p in sys.path if isinstance(p, str)]!r}; "
            f"from sonolux.encoders.process import main; main({asked.fileno()}, {told.fileno()})"
        )
        with asked, told:
            self._process = subprocess.Popen(
                [sys.executable, "-c", program],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[asked.fileno(), told.fileno()],
                # In a group of its own: Ctrl-C reaches only the caller, which then ends it.
                process_group=0,
            )

    def _reap(self) -> str:
        """Close the pipes, wait for the process, and say how it ended; the next batch starts another."""
        process, self._process = self._process, None
        if process is None:
            return "it does not start"
        self._asking.close()
        self._telling.close()
        try:
            code = process.wait(ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        return f"signal {-code}" if code < 0 else f"exit status {code}"


def main(asked: int, told: int) -> None:
    """Serve the process at the other ends of two pipes until it closes them."""
    asking: Connection[Any, Any] = Connection(asked, writable=False)
    telling: Connection[Any, Any] = Connection(told, readable=False)
    with suppress(EOFError, OSError):
        while True:
            names, batch = receive(asking)
            send(telling, _answer(names, batch))
    # At once: threads of a model must not keep a process that nobody asks any more.
    os._exit(0)


def _answer(names: Sequence[EncoderName], batch: Batch) -> Encoded | SonoluxError:
    try:
        return encode_all([_encoder(name) for name in names], batch)
    except SonoluxError as error:
        return error.with_traceback(None)


@lru_cache(maxsize=64)
def _encoder(wanted: EncoderName) -> Encoder:
    return encoder_named(wanted, "an encoding process", "SONOLUX_EXECUTOR=threads encodes in this one")

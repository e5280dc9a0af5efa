"""Executors: where batches are encoded, so that whoever has something to encode need not know.

Threads of this process, which is the default, or processes of their own. An executor is anything with `submit` and
`close`; one that sends batches to other machines would be a third.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue

from sonolux.encoders.base import Encoder
from sonolux.encoders.batch import Batch, Encoded, encode_all
from sonolux.encoders.process import EncodingProcess
from sonolux.settings import settings


class Executor(ABC):
    """Encodes batches, one after the other or several at once, while its caller does something else.

    Attributes
    ----------
    at_once : int
        Batches that are encoded at the same time.
    apart : bool
        Whether networks that have seen a batch are too far for others here to profit, so that those go there too.
    """

    at_once: int = 1
    apart: bool = False

    @abstractmethod
    def submit(self, encoders: Sequence[Encoder], batch: Batch) -> Future[Encoded]:
        """Have a batch encoded; the future's error is the `SonoluxError` that ends the run."""

    @abstractmethod
    def close(self) -> None:
        """Wait for what is being encoded, drop what waits, and let go of threads and processes."""


class ThreadExecutor(Executor):
    """Encodes in one thread of this process, by the encoders given: models use all cores by themselves."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "encoding")

    def submit(self, encoders: Sequence[Encoder], batch: Batch) -> Future[Encoded]:
        """Have a batch encoded in the thread."""
        return self._thread.submit(encode_all, encoders, batch)

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(cancel_futures=True)


class ProcessExecutor(Executor):
    """Encodes in processes, each with encoders of its own, resolved there from their specifications.

    A process starts when the first batch comes that no other is free for.

    Parameters
    ----------
    processes : int
        At most.
    """

    def __init__(self, processes: int = 1) -> None:
        self.at_once = processes
        self._threads = ThreadPoolExecutor(processes, "encoding")
        self._idle: SimpleQueue[EncodingProcess] = SimpleQueue()
        for _ in range(processes):
            self._idle.put(EncodingProcess())

    def submit(self, encoders: Sequence[Encoder], batch: Batch) -> Future[Encoded]:
        """Have a batch encoded in a process; EncoderError where it has not these encoders, or ends."""
        return self._threads.submit(self._encode, encoders, batch)

    def close(self) -> None:
        """End the processes."""
        self._threads.shutdown(cancel_futures=True)
        while not self._idle.empty():
            self._idle.get().close()

    def _encode(self, encoders: Sequence[Encoder], batch: Batch) -> Encoded:
        process = self._idle.get()
        try:
            return process.encode(encoders, batch)
        finally:
            self._idle.put(process)


def chosen_executor() -> Executor:
    """Return the executor that the settings name."""
    given = settings()
    return ProcessExecutor(given.encoding_processes) if given.executor == "processes" else ThreadExecutor()

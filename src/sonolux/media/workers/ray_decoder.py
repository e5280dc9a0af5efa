"""Decoding on Ray: files are read by tasks, wherever the cluster has a processor free, each in a process of its own.

A task reads one file or some small ones, with the limits and the isolation of local decoding, and sends what comes in
packets; it goes on only as far ahead as is taken, so that memory is bounded by bytes, whatever files are like. Tasks
whose worker or node is lost are done again: of a file the events that came are not given twice. A file that is alone
with its worker and ends it twice is named and left out.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import islice
from types import MappingProxyType
from typing import Any

from sonolux.errors import MediaError
from sonolux.media.inside.members import status_of
from sonolux.media.objects.beside import listed_beside, remember_beside
from sonolux.media.objects.listing import ListedObject
from sonolux.media.reading import ReadOptions, read
from sonolux.media.segment import Audio, Content, Image, Segment
from sonolux.media.workers.base import FileDecoder
from sonolux.media.workers.pool import DecoderPool
from sonolux.media.workers.ray_cluster import (
    RayCluster,
    lost_connection_named,
    lost_errors,
    own_version,
    ray_failure,
    refuse_other_version,
)
from sonolux.media.workers.worker import DecodeEvent, Finished, Orders, Reader
from sonolux.types import Failure

PACKET = 4 * 2**20
"""Bytes of events that are sent together, at least where there are as many; one event may be more."""

PACKET_SECONDS = 0.5
"""An event waits no longer than this for others."""

AHEAD = 2
"""Packets that a task makes before they are taken."""

TOGETHER = 16
"""Files that one task reads, at most."""

TASK_SECONDS = 0.25
"""A task is given so many files as take about this long: starting one costs a hundredth of it."""

SMALL = 2**20
"""Bytes of a file that is read together with others, at most."""

DEATHS = 2
"""A file that has ended its worker so often, alone with it, is left out."""

LOSSES = 16
"""A file whose tasks were lost so often, for whatever reason, is left out."""


@dataclass(slots=True)
class ReadFile:
    """A file on its way: its state when it was first handed out, events that came, and how often it was lost."""

    path: str
    state: tuple[int, int] | None = None
    given: int = 0
    deaths: int = 0
    losses: int = 0


@dataclass(slots=True)
class Packet:
    """Events of the files of a task, by their number, and the seconds that reading them took."""

    events: list[tuple[int, DecodeEvent]] = field(default_factory=list)
    seconds: float = 0.0


@dataclass(slots=True)
class _Task:
    """What a task reads; of each file how many events it has sent, also those that had come before."""

    files: list[ReadFile]
    sent: list[int]
    left: set[int]


class RayDecoder(FileDecoder):
    """Reads files in tasks of a Ray cluster.

    Parameters
    ----------
    cluster : RayCluster
    options : ReadOptions
        How files are decoded.
    timeout, memory, reader
        As of `sonolux.media.workers.pool.DecoderPool`.
    """

    def __init__(
        self, cluster: RayCluster, options: ReadOptions, *, timeout: float, memory: int, reader: Reader = read
    ) -> None:
        super().__init__(Orders(reader, options, timeout, memory))
        # Half of what the node of this process has for all objects; the other half is for those that are encoded.
        room = cluster.store // 2 // (PACKET * (AHEAD + 1))
        self.at_once = max(1, min(2 * cluster.processors, room))
        self._running: list[dict[Any, _Task]] = []

    def read(
        self, paths: Iterable[str], orders: Orders | None = None
    ) -> Generator[tuple[str, DecodeEvent], None, None]:
        """Read files in tasks; SonoluxError where workers are of another version, or fail by themselves."""
        import ray

        waiting = _Waiting(paths)
        running: dict[Any, _Task] = {}
        self._running.append(running)
        try:
            while self._filled(running, waiting, orders or self._orders):
                with lost_connection_named():
                    [stream], _ = ray.wait(list(running), num_returns=1)
                task = running[stream]
                try:
                    with lost_connection_named():
                        packet = ray.get(next(stream))
                except StopIteration:
                    del running[stream]
                    if task.left:  # it has told the end of each file, or an error came
                        yield from waiting.lost(task, None)
                    continue
                except lost_errors() as error:
                    del running[stream]
                    yield from waiting.lost(task, error)
                    continue
                except ray.exceptions.RayError as error:
                    raise ray_failure(error) from error
                waiting.learn(packet, task)
                yield from _fresh(packet, task)
        finally:
            _cancel(running)
            self._running.remove(running)

    def close(self, keep: int = 0) -> None:
        """Cancel the tasks of readings that were left before their end; processes are Ray's."""
        for running in self._running:
            _cancel(running)

    def _filled(self, running: dict[Any, _Task], waiting: _Waiting, orders: Orders) -> bool:
        """Start tasks while there are files and room for more; return whether any is running."""
        while len(running) < self.at_once and (files := waiting.next()):
            with lost_connection_named():
                stream = _remote().remote([file.path for file in files], orders, own_version(), _beside(files))
            running[stream] = _Task(files, [0] * len(files), set(range(len(files))))
        return bool(running)


def _cancel(running: dict[Any, _Task]) -> None:
    """End tasks, and their workers with them; where the connection is closed, they have ended."""
    import ray

    for stream in running:
        with suppress(ray.exceptions.RayError, OSError):  # of a cluster that is gone
            if ray.is_initialized():
                ray.cancel(stream, force=True)
    running.clear()


class _Waiting:
    """Files that no task reads yet, in groups that take about as long as a task is meant to."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = iter(paths)
        self._again: deque[ReadFile] = deque()
        self._large: deque[ReadFile] = deque()
        self._pace: float | None = None

    def next(self) -> list[ReadFile]:
        """Take the files of the next task, none at the end; one that was lost before is alone."""
        for alone in (self._again, self._large):
            if alone:
                return [alone.popleft()]
        files: list[ReadFile] = []
        for path in islice(self._paths, self._together()):
            file = ReadFile(path, _state_of(path))
            if file.state is None or file.state[0] > SMALL:
                self._large.append(file)
                break
            files.append(file)
        return files or ([self._large.popleft()] if self._large else [])

    def learn(self, packet: Packet, task: _Task) -> None:
        """Learn how long a file takes from a packet that was the last of its task."""
        ended = sum(isinstance(event, Finished | Failure) for _, event in packet.events)
        if ended and ended == len(task.left):
            pace = packet.seconds / len(task.files)
            self._pace = pace if self._pace is None else (3 * self._pace + pace) / 4

    def lost(self, task: _Task, error: Exception | None) -> Iterator[tuple[str, Failure]]:
        """Have the files of a lost task read again, each alone; yield those that are left out instead."""
        killed = _is_death(error)
        alone = len(task.files) == 1
        for number in sorted(task.left):
            file = task.files[number]
            file.losses += 1
            file.deaths += killed and alone
            if file.deaths == DEATHS:
                yield file.path, Failure(file.path, f"has ended its Ray worker {DEATHS} times: left out")
            elif file.losses == LOSSES:
                yield file.path, Failure(file.path, f"lost its Ray worker or node {LOSSES} times: try again")
            else:
                self._again.append(file)

    def _together(self) -> int:
        """Return how many small files a task is given; one until it is known how long they take."""
        if self._pace is None:
            return 1
        return min(TOGETHER, max(1, int(TASK_SECONDS / max(self._pace, 1e-6))))


def _fresh(packet: Packet, task: _Task) -> Iterator[tuple[str, DecodeEvent]]:
    """Yield the events that have not come before the worker of their file was lost."""
    for number, event in packet.events:
        file = task.files[number]
        task.sent[number] += 1
        ended = isinstance(event, Finished | Failure)
        if ended:
            task.left.discard(number)
        elif task.sent[number] <= file.given:
            continue
        if isinstance(event, Finished) and file.given and file.losses and file.state != (event.size, event.mtime_ns):
            yield file.path, Failure(file.path, "changed while it was read: try again")
            continue
        file.given += not ended
        yield file.path, replace(event, content=owned(event.content)) if isinstance(event, Segment) else event


def _is_death(error: Exception | None) -> bool:
    """Tell whether a worker has died, and its node has not, as far as Ray knows."""
    from ray import exceptions

    return isinstance(error, exceptions.WorkerCrashedError | exceptions.OutOfMemoryError)


def _state_of(path: str) -> tuple[int, int] | None:
    try:
        status = status_of(path)
    except (OSError, MediaError, ValueError):  # whoever reads it says what is wrong
        return None
    return status.size, status.mtime_ns


@cache
def _remote() -> Any:
    """Return the task: a stream of packets, of which so many are made ahead; it is done again here, never by Ray."""
    import ray

    options = {"num_cpus": 1, "max_retries": 0, "num_returns": "streaming"}
    return ray.remote(**options, _generator_backpressure_num_objects=AHEAD)(read_packets)


def _beside(files: Sequence[ReadFile]) -> dict[str, tuple[ListedObject, ...]]:
    """Return the sidecars of those files that are objects and have any."""
    return {file.path: beside for file in files if (beside := listed_beside(file.path))}


def read_packets(
    paths: Sequence[str],
    orders: Orders,
    version: str,
    beside: Mapping[str, Sequence[ListedObject]] = MappingProxyType({}),
) -> Iterator[Packet]:
    """Read files in a process that this worker keeps for the next task; what a task runs.

    Raises
    ------
    SonoluxError
        Where who asks has another version of Sonolux, or no process starts.
    """
    refuse_other_version(version)
    for path in paths:
        remember_beside(path, beside.get(path, ()))
    numbers = {path: number for number, path in enumerate(paths)}
    packet, held, spent = Packet(), 0, 0.0
    begun = time.monotonic()
    with closing(_own_pool().read(paths, orders)) as events:
        for path, event in events:
            packet.events.append((numbers[path], event))
            held += _bytes_of(event)
            waited = time.monotonic() - begun
            if held >= PACKET or waited > PACKET_SECONDS:
                spent = packet.seconds = spent + waited
                yield packet
                packet, held, begun = Packet(), 0, time.monotonic()
    if packet.events:
        packet.seconds = spent + time.monotonic() - begun
        yield packet


@cache
def _own_pool() -> DecoderPool:
    """Return the decoding process of this worker; it ends with it."""
    return DecoderPool(1, ReadOptions(), timeout=60.0, memory=2**32)


def _bytes_of(event: DecodeEvent) -> int:
    """Return about how many bytes an event is of."""
    if not isinstance(event, Segment):
        return 1024
    content = event.content
    if isinstance(content, Image):
        return content.pixels.nbytes
    return content.samples.nbytes if isinstance(content, Audio) else len(content.encode(errors="replace"))


def owned(content: Content) -> Content:
    """Return a content whose arrays are this process's own: those that Ray gives are shared, and can only be read."""
    if isinstance(content, Image):
        return replace(content, pixels=content.pixels.copy())
    return replace(content, samples=content.samples.copy()) if isinstance(content, Audio) else content

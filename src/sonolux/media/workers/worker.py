"""A decoding process: takes a path, sends back what decoding it yields, and dies with whoever started it.

Standard output and error are closed to it by its pool, because C libraries write there. Its memory is limited to what
it had at its start plus an allowance, where the system counts address space (Linux).
"""

from __future__ import annotations

import importlib
import os
import select
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from sonolux.errors import MediaError
from sonolux.media.errors import one_line, unreadable
from sonolux.media.inside.members import MediumStatus, descriptions_of, local_file, state_of
from sonolux.media.inside.samples import with_descriptions
from sonolux.media.objects.urls import is_url
from sonolux.media.reading import ReadOptions
from sonolux.media.segment import Probe, ReadEvent
from sonolux.media.workers.ipc import receive, send
from sonolux.types import Failure

GATHERED = 3
"""Events that are sent as one message, at most: an image has three, its probe, its pixels and its end."""

GATHERED_SECONDS = 0.02
"""An event that comes later than this after the last message is sent at once, with those before it."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Decoding goes on, though nothing has come that is to be sent: for readers that keep little of a long file."""


Reader = Callable[[str, ReadOptions], Iterator[ReadEvent | Progress]]


@dataclass(frozen=True, slots=True)
class Finished:
    """All pieces of a file came, and it, or what holds it, was the same before and after: ``size``, ``mtime_ns``."""

    size: int
    mtime_ns: int


DecodeEvent = ReadEvent | Finished | Failure
"""What reading a file yields."""

WorkerEvent = DecodeEvent | Progress
"""What a worker sends."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What a worker is told at first, and whenever it changes: the function that reads, its options, and its limits."""

    reader: Reader
    options: ReadOptions
    timeout: float
    memory: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A file that is to be read, and the URLs of what describes it, of an object in a bucket.

    In folders, whoever reads a file sees what lies beside it.
    """

    path: str
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker has started."""


def main(asked: int, told: int) -> None:
    """Serve the pool at the other ends of two pipes, one to be asked by and one to tell it, until it closes them."""
    asking: Connection[Any, Any] = Connection(asked, writable=False)
    telling: Connection[Any, Any] = Connection(told, readable=False)
    threading.Thread(target=_die_with_pool, args=(asked,), daemon=True).start()
    orders: Orders = receive(asking)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    _load_decoders()
    own = _address_space()
    _limit_memory(own, orders.memory)
    send(telling, Ready())
    while True:
        told_now: Orders | Asked = receive(asking)
        if isinstance(told_now, Orders):
            orders = told_now
            _limit_memory(own, orders.memory)
            continue
        for events in _gathered(_watched(_events(told_now, orders), 2 * orders.timeout)):
            send(telling, events)


def _gathered(events: Iterator[WorkerEvent]) -> Iterator[list[WorkerEvent]]:
    """Send together what comes together: each message costs the pool as much as it costs to make an image small."""
    held: list[WorkerEvent] = []
    begun = time.monotonic()
    for event in events:
        held.append(event)
        if len(held) == GATHERED or time.monotonic() - begun > GATHERED_SECONDS:
            yield held
            held, begun = [], time.monotonic()
    if held:
        yield held


def _die_with_pool(descriptor: int) -> None:
    """Wait until the other end of a pipe closes, in whatever way the pool ended, and end this process."""
    poll = select.poll()
    poll.register(descriptor, 0)
    while not any(flags & (select.POLLHUP | select.POLLERR) for _, flags in poll.poll()):
        pass
    os._exit(0)


def _watched(events: Iterator[WorkerEvent], seconds: float) -> Iterator[WorkerEvent]:
    """Have the system end this process where the next event takes too long.

    The pool does so sooner; but where it was killed while C code hangs with the GIL held, no thread here can run.
    """
    while True:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        event = next(events, None)
        signal.setitimer(signal.ITIMER_REAL, 0)
        if event is None:
            return
        yield event


def _load_decoders() -> None:
    """Import what most files need, so that it counts as the worker's own memory and not as theirs."""
    for name in ("av", "PIL.Image", "pillow_heif", "soxr"):
        importlib.import_module(name)
    warnings.simplefilter("ignore")


def _address_space() -> int | None:
    """Return the bytes of address space that this process has, None where they are not counted (macOS)."""
    import resource

    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except FileNotFoundError:
        return None
    return pages * resource.getpagesize()


def _limit_memory(own: int | None, allowance: int) -> None:
    """Limit address space to what the process had of its own, and an allowance."""
    import resource

    if own is None:
        return
    limit = own + allowance
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


def _events(asked: Asked, orders: Orders) -> Iterator[WorkerEvent]:
    """Read a file; whatever becomes of it, the last event is `Finished` or `Failure`."""
    path = asked.path
    try:
        before = state_of(path)
        descriptions = descriptions_of(path)
        with local_file(path, before) as local:
            yield from (Progress() for _ in local.coming)
            size = Path(local.path).stat().st_size
            for event in orders.reader(local.path, orders.options):
                yield _described(event, asked, descriptions) if isinstance(event, Probe) else event
        after = before if is_url(path) else state_of(path)  # a copy is of one version of an object
    except MediaError as error:
        yield Failure(path, one_line(error))
    except MemoryError:
        yield Failure(path, f"needs more than {orders.memory / 2**30:.1f} GiB of memory to decode")
    except OSError as error:
        yield Failure(path, unreadable(error))
    except Exception as error:
        # The last line of defence of a run over many files: reported as this file's failure.
        yield Failure(path, f"cannot be decoded: {type(error).__name__}: {one_line(error)}")
    else:
        yield _verdict(path, size, before, after)


def _described(probe: Probe, asked: Asked, descriptions: dict[str, bytes]) -> Probe:
    """Return a probe with what is said of its file elsewhere."""
    if descriptions:
        return with_descriptions(probe, descriptions)
    if asked.beside:
        from sonolux.media.descriptions.beside import with_sidecars

        return with_sidecars(probe, asked.path, asked.beside)
    return probe


def _verdict(path: str, size: int, before: MediumStatus, after: MediumStatus) -> Finished | Failure:
    if before != after:
        return Failure(path, "changed while it was read: try again")
    return Finished(size, after.mtime_ns)

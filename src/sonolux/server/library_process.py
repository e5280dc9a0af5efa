"""Library process: one open library with its warm models and its lock, which answers calls and runs jobs.

``python -m sonolux.server.library_process LIBRARY SOCKET [--root FOLDER ...] [--announce SOCKET]``, started by
`sonolux.server.supervisor`. Its standard output carries `sonolux.server.status`, its standard error is its log. It
ends when asked to by SIGTERM, or when its standard input does: that is its front's, and ends with it, however it ends.
Then the job that runs is parked, what was written is flushed, and the lock let go.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

import numpy as np
from filelock import FileLock, Timeout

from sonolux.errors import LibraryBusyError, QueryError, SonoluxError
from sonolux.holder_note import FILE as HOLDER
from sonolux.holder_note import announce, read_socket
from sonolux.library import Library
from sonolux.media.segment import Audio, Image
from sonolux.retrieval.query import Part, Query
from sonolux.server.calls.answering import Answering
from sonolux.server.calls.answers import QUESTIONS, calls_over
from sonolux.server.calls.serving import CallServer
from sonolux.server.copy_groups import CopyGroups
from sonolux.server.jobs.table import JobTable
from sonolux.server.jobs.worker import JobWorker
from sonolux.server.state import ServiceState
from sonolux.server.status import REFUSED, Status

logger = logging.getLogger(__name__)

NICENESS = 5
"""Added to that of the front, which answers at once where it gets a core: pictures, health, events."""

ENDING = 60
"""Seconds until a process that does not end by itself is ended: a job goes on from what was written."""

NOTICING = 3.0
"""Seconds in which a process notices that its front is gone."""

LEAVING = 60.0
"""Seconds to wait for another library process that is about to end."""


def main() -> None:
    """Serve one library until the front is gone."""
    options = argparse.ArgumentParser("sonolux.server.library_process")
    options.add_argument("library")
    options.add_argument("socket", type=Path)
    options.add_argument("--root", action="append", default=[])
    options.add_argument("--announce", type=Path)
    given = options.parse_args()
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s", level="INFO")
    # What a library prints goes to the log: the pipe carries status alone.
    status = os.dup(1)
    os.dup2(2, 1)
    ending = threading.Event()
    watch_front(ending)
    os.nice(NICENESS)
    try:
        serve(given.library, given.socket, given.announce or given.socket, given.root, status, ending)
    except SonoluxError as error:
        logger.error("%s", error)
        Status("refused", str(error)).tell(status)
        sys.exit(REFUSED)


def watch_front(ending: threading.Event) -> None:
    """Set an event when the front is gone, or asks by a signal; from then on the kernel keeps the time."""

    def end() -> None:
        ending.set()
        # Not a thread: whatever hangs may hold the interpreter's lock.
        signal.alarm(ENDING)

    def stop(number: int, frame: FrameType | None) -> None:
        end()

    def wait() -> None:
        while os.read(0, 4096):
            pass
        end()

    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the front as well, which asks in its own time
    threading.Thread(target=wait, name="sonolux-front", daemon=True).start()


def serve(
    location: str, place: Path, announced: Path, roots: Sequence[str], status: int, ending: threading.Event
) -> None:
    """Answer calls until `ending` is set; all is let go of then, in the order that loses nothing."""
    note = Path(location).expanduser() / HOLDER
    try:
        with ExitStack() as closing:
            library = closing.enter_context(opened(location, note, ending))
            state = ServiceState.of(location)
            closing.callback(sole(state, location).release)
            answering = Answering(library, state.uploads, CopyGroups(state))
            server = CallServer(place, calls_over(answering), QUESTIONS)
            closing.callback(server.close)
            server.start()
            announce(note, announced)
            Status("serving").tell(status)
            for ask in WARMING:
                if not ending.is_set():
                    ask(library)
            answering.warm.set()
            Status("ready").tell(status)
            worker = JobWorker(library, JobTable(state), roots)
            closing.callback(worker.park)
            worker.start()
            ending.wait()
            logger.info("the service ends")
            server.close()  # first: by that a process that waits for the lock sees that it is about to be free
    finally:
        if ending.is_set():
            with contextlib.suppress(OSError):  # the front makes this folder, and may have been killed
                announced.unlink(missing_ok=True)
                place.parent.rmdir()


def opened(location: str, note: Path, ending: threading.Event) -> Library:
    """Open a library; where another library process has it and is about to end, or may be, wait for that.

    Raises
    ------
    LibraryError
        Where there is no library, or somebody has it.
    """
    library = Library(location)
    began, patience = time.monotonic(), 0.0
    while True:
        try:
            library.manifest  # noqa: B018 - the first use opens it
            return library
        except LibraryBusyError:
            place = read_socket(note)
            if place is not None:
                patience = NOTICING if is_answered(place) else LEAVING
            if ending.is_set() or time.monotonic() - began > patience:
                raise
            time.sleep(0.1)


def is_answered(place: Path) -> bool:
    """Tell whether a process listens at a socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(5)
        try:
            connection.connect(str(place))
        except OSError:
            return False
    return True


def sole(state: ServiceState, location: str) -> FileLock:
    """Have no other process serve the library: one on a cluster, or that is read-only, has no lock of its own."""
    lock = FileLock(state.folder / "lock", timeout=0, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        raise LibraryBusyError(f"{location} is served by another process already: end that first") from None
    return lock


def ask_words(library: Library) -> None:
    """Ask with a word."""
    ask_once(library, Part("text", "light"))


def ask_image(library: Library) -> None:
    """Ask with a small picture, of noise: a plain one has descriptors of length 0."""
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    ask_once(library, Part("image", Image(pixels)))


def ask_audio(library: Library) -> None:
    """Ask with two seconds of noise."""
    noise = np.random.default_rng(0).standard_normal(44_100, dtype=np.float32) * np.float32(0.1)
    ask_once(library, Part("audio", Audio(noise, 22_050)))


WARMING: tuple[Callable[[Library], None], ...] = (ask_words, ask_image, ask_audio)
"""First questions load models and draw background models: seconds that nobody is to wait for."""


def ask_once(library: Library, part: Part) -> None:
    """Ask one question; what cannot be asked of this library needs no warming."""
    try:
        library.ask(Query(parts=(part,), k=1))
    except QueryError as error:
        logger.info("nothing to warm for questions by %s: %s", part.kind, error)
    except SonoluxError as error:  # a model that is gone, say: other questions are answered all the same
        logger.warning("questions by %s fail: %s", part.kind, error)


if __name__ == "__main__":
    main()

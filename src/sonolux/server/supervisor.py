"""Supervisor: starts the library process, and starts it again when it has died, with longer and longer pauses.

It lives in the front, within asyncio. The process ends with the front, however that ends: its standard input is a pipe
that nobody else holds.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import Literal

from sonolux.errors import LibraryError
from sonolux.server.calls.client import LibraryClient
from sonolux.server.status import Status
from sonolux.settings import settings

logger = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds before a process that died is started again; each time twice as long."""

STEADY = 60.0
"""Seconds that a process has lived after which its death counts as the first."""

PARKING = 70.0
"""Seconds for a process to end when it is asked to: longer than it allows itself."""

STARTING = 10
"""Seconds after which it is worth asking again, while a process starts: what opening and warming take."""

SOCKET_BYTES = 100
"""The longest path of a socket: 108 with its NUL on Linux, 104 elsewhere."""

Serving = Literal["starting", "ready", "down"]


class Supervisor:
    """Keeps one library process running.

    Parameters
    ----------
    location : str
        Of the library.
    roots : sequence of path
        Folders beneath which a job may add files.
    folder : path, optional
        Where the process has its socket, a private one; by default one that is made, and removed.
    announced : path, optional
        The socket that the holder note of the library names; by default that of the process.
    module : str
        What is run, for tests.

    Attributes
    ----------
    state : {"starting", "ready", "down"}
        ``"ready"`` once models are loaded; calls are answered a little earlier.
    reason : str
        Why it is down, in one line.
    pid : int
        Of the process; 0 for none.
    starts : int
        How often one was started.
    """

    def __init__(
        self,
        location: str,
        roots: Sequence[str | Path] = (),
        folder: Path | None = None,
        announced: Path | None = None,
        module: str = "sonolux.server.library_process",
    ) -> None:
        self.location = location
        self.roots = [os.fspath(root) for root in roots]
        self.folder = folder
        self.announced = announced
        self.module = module
        self.state: Serving = "down"
        self.reason = "it was not started"
        self.pid = 0
        self.starts = 0
        self._client: LibraryClient | None = None
        self._process: Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._made: Path | None = None
        self._stopping = False
        self._next = 0.0

    @property
    def client(self) -> LibraryClient:
        """Calls to the process, whichever it is now."""
        if self._client is None:
            raise RuntimeError("the supervisor was not started")
        return self._client

    @property
    def retry_after(self) -> int:
        """Seconds after which it is worth asking again."""
        waits = max(self._next - asyncio.get_running_loop().time(), 0) if self.state == "down" else 0
        return ceil(waits) + (STARTING if self.state != "ready" else 1)

    async def start(self) -> None:
        """Start the process; return once calls are answered. Models are loaded afterwards, see `state`.

        Raises
        ------
        LibraryError
            Where it ends instead: there is no library, or another process has it.
        """
        if self.folder is None:
            self.folder = self._made = private_folder()
        self._client = LibraryClient(self.folder / "calls")
        serving = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._keep_running(serving))
        try:
            await serving
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Have the process park its job, flush and end."""
        self._stopping = True
        process = self._process
        if process is not None and process.returncode is None:
            process.terminate()
            try:
                async with asyncio.timeout(PARKING):
                    await process.wait()
            except TimeoutError:
                logger.warning("the library process does not end: it is killed; its job goes on with the next start")
                process.kill()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        if process is not None:
            await process.wait()
        if self._client is not None:
            self._client.close()
        if self._made is not None:
            shutil.rmtree(self._made, ignore_errors=True)
        self._note("down", "it was stopped")

    async def _keep_running(self, serving: asyncio.Future[None]) -> None:
        """Run one process after the other; `serving` hears of the first."""
        loop, pause = asyncio.get_running_loop(), FIRST_PAUSE
        while True:
            began = loop.time()
            reason = await self._run_once(serving)
            self.client.close()
            self._note("down", reason)
            if not serving.done():
                serving.set_exception(LibraryError(reason))
                return
            if self._stopping:
                return
            pause = FIRST_PAUSE if loop.time() - began > STEADY else min(2 * pause, LONGEST_PAUSE)
            logger.warning("%s: it is started again in %g seconds", reason, pause)
            self._next = loop.time() + pause
            await asyncio.sleep(pause)

    async def _run_once(self, serving: asyncio.Future[None]) -> str:
        """Run a process until it ends; return why it did."""
        self._note("starting", "")
        try:
            process = await self._spawned()
        except OSError as error:
            return f"the library process cannot be started: {error}"
        self._process, self.pid, refused = process, process.pid, ""
        assert process.stdout is not None
        while (status := await next_status(process.stdout)) is not None:
            if status.state == "refused":
                refused = status.message
            elif status.state == "ready":
                self._note("ready", "")
            elif not serving.done():
                serving.set_result(None)
        code = await process.wait()
        self.pid = 0
        return refused or f"the library process ended ({f'signal {-code}' if code < 0 else f'exit status {code}'})"

    async def _spawned(self) -> Process:
        """Start a process; in a session of its own, so that Ctrl-C reaches the front alone."""
        self.starts += 1
        options = [f"--root={root}" for root in self.roots]
        options += [f"--announce={self.announced}"] if self.announced else []
        arguments = [*options, "--", self.location, str(self.client.path)]
        command = (sys.executable, "-P", "-m", self.module, *arguments)
        return await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, start_new_session=True)

    def _note(self, state: Serving, reason: str) -> None:
        self.state, self.reason = state, reason


async def next_status(lines: asyncio.StreamReader) -> Status | None:
    """Return what the next line says that is a status; None at the end."""
    while True:
        try:
            line = await lines.readline()
            return Status.heard(line) if line else None
        except ValueError as error:  # something printed while it was imported, say
            logger.warning("the library process said something else: %s", error)


def private_folder() -> Path:
    """Make a folder for a socket that only this user can enter, with a path short enough for one.

    Raises
    ------
    LibraryError
        Where none can be made.
    """
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    candidates = [*([Path(runtime)] if runtime else []), settings().cache, Path(tempfile.gettempdir())]
    reason = "their paths are too long"
    for folder in candidates:
        if len(os.fsencode(folder / "sonolux-12345678" / "calls")) > SOCKET_BYTES:
            continue
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return Path(tempfile.mkdtemp(prefix="sonolux-", dir=folder))  # mode 0700
        except OSError as error:
            reason = str(error)
    raise LibraryError(f"no place for a socket in {', '.join(map(str, candidates))}: {reason}")

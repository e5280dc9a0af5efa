"""A served library: ``sonolux serve`` in processes of its own, with what they hold in memory."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Self

from sonolux.errors import SonoluxError

READY = 300.0
"""Seconds within which the service has loaded its models."""

ENDED = 30.0
"""Seconds within which it has put everything away."""


class ServedLibrary:
    """``sonolux serve`` of one library on a free port of loopback; a context manager that ends it.

    Parameters
    ----------
    library : Path
    root : Path
        Folder from which jobs may add.
    log : Path
        File that takes what the service says.
    cache : Path, optional
        Folder in which it keeps thumbnails and what is made for browsers; by default that of the user.
    """

    def __init__(self, library: Path, root: Path, log: Path, cache: Path | None = None) -> None:
        self.library, self.root, self.log, self.cache = library, root, log, cache
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        script = str(Path(sys.executable).with_name("sonolux"))
        options = ["--library", str(self.library), "--port", str(self.port), "--root", str(self.root)]
        environment = os.environ | ({"SONOLUX_CACHE": str(self.cache)} if self.cache else {})
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [script, "serve", *options], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment
            )
        try:
            self._wait(self._process)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(ENDED)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Return the JSON that a request is answered with.

        Raises
        ------
        SonoluxError
            For any answer but a 2xx.
        """
        connection = HTTPConnection("127.0.0.1", self.port, timeout=READY)
        try:
            content = None if body is None else json.dumps(body)
            connection.request(method, path, content, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status >= 300:
            raise SonoluxError(f"{method} {path} was answered {answer.status}: {text[:300].decode(errors='replace')}")
        return json.loads(text) if text else None

    def memory(self) -> dict[str, float]:
        """Return MiB that are resident in the front and in all processes below it."""
        assert self._process is not None
        front = self._process.pid
        below = list(_descendants(front))
        return {"front": _resident(front), "library": sum(map(_resident, below))}

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until models are loaded."""
        until = time.monotonic() + READY
        while time.monotonic() < until:
            if process.poll() is not None:
                break
            try:
                self.ask("GET", "/readyz")
            except (SonoluxError, OSError, HTTPException):
                time.sleep(0.1)
            else:
                return
        said = self.log.read_text(encoding="utf-8", errors="replace")[-500:]
        raise SonoluxError(f"`sonolux serve` was not ready within {READY:.0f} s; it said: {said}")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _descendants(process: int) -> list[int]:
    """Return the processes below one."""
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()
    except OSError:  # ended meanwhile
        return []
    return [one for child in map(int, children) for one in (child, *_descendants(child))]


def _resident(process: int) -> float:
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

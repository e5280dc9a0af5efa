"""Files that outlive a crash: replaced atomically, forced to the disk, and a lock file held during a block.

All of it works on Linux, macOS and Windows; where the system cannot force the names in a folder to the disk (Windows),
that step is left out.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write_atomically(path: Path, text: str) -> None:
    """Replace a file so that a crash, at any moment, leaves the old content or the new."""
    new = path.with_name(path.name + ".new")
    with new.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Force the names in a folder to the disk."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def hold_alone(path: Path) -> Iterator[None]:
    """Hold a lock file during a block, after whoever holds it now; OSError where it cannot be made."""
    from filelock import FileLock

    with FileLock(path, thread_local=False):
        yield

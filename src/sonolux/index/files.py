"""Files that outlive a crash: replaced atomically, forced to the disk, and a lock that one process holds.

All of it works on Linux, macOS and Windows; where the system cannot force the names in a folder to the disk (Windows),
that step is left out.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import BaseFileLock


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


class ProcessLock:
    """A lock file that one holder at a time has; it is let go when its process ends, however it ends.

    Parameters
    ----------
    path : Path
        Made where it is missing, and left there. Nothing is touched before the first `take`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: BaseFileLock | None = None

    def take(self) -> bool:
        """Take the lock, or keep it where this object has it; return whether it is held now.

        Raises
        ------
        OSError
            Where the file cannot be made.
        """
        from filelock import FileLock, Timeout

        if self._held is None:
            lock = FileLock(self._path, timeout=0, thread_local=False)
            try:
                lock.acquire()
            except Timeout:
                return False
            self._held = lock
        return True

    def let_go(self) -> None:
        """Let another process have it."""
        held, self._held = self._held, None
        if held is not None:
            held.release()


@contextmanager
def hold_alone(path: Path) -> Iterator[None]:
    """Hold a lock file during a block, after whoever holds it now; OSError where it cannot be made."""
    from filelock import FileLock

    with FileLock(path, thread_local=False):
        yield

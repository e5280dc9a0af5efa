"""Read-only opening of an embedded library: on a disk, or in a folder, that this process cannot write.

The engine opens some of its files to write even where it only reads. Those are copied aside for as long as the library
is open; vectors, graphs and indexes, which are large and never changed, are linked.
"""

from __future__ import annotations

import errno
import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sonolux.errors import LibraryError

UNWRITABLE = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
"""Errors of a file that can be read, but not written."""

BLOCK = 2**20
"""Bytes copied at once."""


@contextmanager
def held_shared(lock: Path) -> Iterator[None]:
    """Keep writers away from a library while it is copied, as far as its lock can be read.

    Raises
    ------
    BlockingIOError
        Where a writer has it open.
    """
    try:
        file = lock.open("rb")
    except OSError:  # a library that was burnt on a disc without its lock has no writer
        yield
        return
    with file:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        yield


def shadow(shard: Path, location: str) -> tempfile.TemporaryDirectory[str]:
    """Return a temporary folder that the engine can open in place of a shard that cannot be written.

    Raises
    ------
    LibraryError
        Where there is no room for what must be copied.
    """
    aside = tempfile.TemporaryDirectory(prefix="sonolux-", ignore_cleanup_errors=True)
    try:
        for folder, _, names in os.walk(shard):
            target = Path(aside.name, Path(folder).relative_to(shard))
            target.mkdir(exist_ok=True)
            for name in names:
                _stand_in(Path(folder, name), target / name)
    except OSError as error:
        aside.cleanup()
        raise LibraryError(
            f"{location} is read-only, and what the engine wants to write of it cannot be copied to"
            f" {tempfile.gettempdir()}: {error.strerror or error}"
        ) from error
    return aside


def _stand_in(source: Path, target: Path) -> None:
    if source.suffix == ".bin" or source.name == "matrix.dat":
        target.symlink_to(source.absolute())
    else:
        _copy_with_holes(source, target)


def _copy_with_holes(source: Path, target: Path) -> None:
    """Copy what a file holds: the engine makes files of 32 MiB, of which most is a hole."""
    size = source.stat().st_size
    with source.open("rb") as old, target.open("wb") as new:
        new.truncate(size)
        end = 0
        while (start := _next_data(old.fileno(), end, size)) < size:
            end = os.lseek(old.fileno(), start, os.SEEK_HOLE)
            old.seek(start)
            new.seek(start)
            # A file that became shorter meanwhile ends before.
            while block := old.read(min(BLOCK, end - old.tell())):
                new.write(block)


def _next_data(file: int, start: int, size: int) -> int:
    try:
        return os.lseek(file, start, os.SEEK_DATA)
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise
        return size

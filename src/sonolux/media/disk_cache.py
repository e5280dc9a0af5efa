"""Disk cache of bounded size: the entries that were used least recently go first (LRU).

An entry is a file, written beside its place and moved there, so that nobody reads half of one; its modification time is
when it was last used. Threads and processes share a folder: an entry that another of them removes meanwhile is simply
not there, and two that write the same write the same bytes. What cannot be written is not kept; a cache may only cost
time.
"""

from __future__ import annotations

import os
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

SPARED = 7 / 8
"""Share of the limit that is left after old entries went, so that not every new one makes another go."""


class DiskCache:
    """Bytes by name.

    Parameters
    ----------
    folder : Path
        Made when the first entry is written.
    limit : int
        Bytes of all entries together; 0 keeps nothing.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder = folder
        self.limit = limit
        self._lock = threading.Lock()
        self._total: int | None = None

    def get(self, name: str) -> bytes | None:
        """Return an entry, None where there is none."""
        path = self.folder / name
        try:
            content = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        return content

    def put(self, name: str, content: bytes) -> None:
        """Keep an entry; where that is too much together, those go that were not used for longest."""
        if len(content) > self.limit:
            return
        # Whatever the disk says (full, read-only, gone): then the entry is made again the next time.
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.folder, prefix=".", delete=False) as file:
                file.write(content)
            Path(file.name).replace(self.folder / name)
            self._count(len(content))

    def find(self, name: str) -> Path | None:
        """Return where an entry lies, None where there is none; whoever opens it keeps it, should it go meanwhile."""
        path = self.folder / name
        try:
            os.utime(path)
        except OSError:
            return None
        return path

    def take(self, name: str, made: Path) -> None:
        """Move a file here that was made beside, in the same folder, as an entry."""
        size = made.stat().st_size
        made.replace(self.folder / name)
        self._count(size)

    def _count(self, size: int) -> None:
        """Add to what is known to be there; look again, and make room, once that is over the limit."""
        with self._lock:
            if self._total is not None:
                self._total += size
            if self._total is None or self._total > self.limit:
                self._total = self._trimmed()

    def _trimmed(self) -> int:
        """Remove the oldest entries where there are too many; return the bytes that are left."""
        entries = []
        for entry in os.scandir(self.folder):
            with suppress(FileNotFoundError):
                found = entry.stat(follow_symlinks=False)
                entries.append((found.st_mtime_ns, found.st_size, entry.path))
        total = sum(size for _, size, _ in entries)
        if total <= self.limit:
            return total
        for _, size, path in sorted(entries):
            if total <= self.limit * SPARED:
                break
            with suppress(FileNotFoundError):
                Path(path).unlink()
            total -= size
        return total

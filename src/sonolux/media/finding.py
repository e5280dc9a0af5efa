"""File discovery: folders to files, each once and in sorted order, whatever links, loops and locks are in the way."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from sonolux.media.errors import unreadable
from sonolux.media.paths import printable, real_path
from sonolux.media.sidecars import described_by
from sonolux.types import Failure

LIBRARY_SUFFIX = ".sonolux"
LIBRARY_FILE = "sonolux.json"
JUNK = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"})
"""What file managers leave in folders, in lower case; hidden files are left out by their dot."""


def find(roots: Sequence[str]) -> Iterator[str | Failure]:
    """Yield the path of every file at or under some roots (`sonolux.media.paths.real_path`), each file once.

    Hidden files and folders, libraries of Sonolux and what file managers leave behind are passed over, unless they are
    named as roots (a library is refused). Links are followed; a file or folder that is reached again is not yielded
    again; of hard links each is a file of its own. Instead of a sidecar, the files that it describes are yielded. What
    cannot be looked at becomes a `Failure`, and the walk goes on.

    Parameters
    ----------
    roots : sequence of str
        Files and folders, in the order they are to be walked.
    """
    files: set[str] = set()
    walked: set[tuple[int, int]] = set()
    for root in map(real_path, roots):
        waiting = [root]
        while waiting:
            path = waiting.pop()
            try:
                status = Path(path).stat()
                target = os.path.realpath(path) if Path(path).is_symlink() else path
                if not stat.S_ISDIR(status.st_mode):
                    if described := described_by(path):
                        waiting += reversed(described)
                    elif target not in files:
                        files.add(target)
                        yield path
                    continue
                path, identity = target, (status.st_dev, status.st_ino)
                if identity in walked:
                    continue
                walked.add(identity)
                names = sorted((p.name for p in Path(path).iterdir()), key=os.fsencode, reverse=True)
            except (OSError, ValueError) as error:
                yield Failure(path, unreadable(error) if isinstance(error, OSError) else str(error))
                continue
            if LIBRARY_FILE in names or path.endswith(LIBRARY_SUFFIX):
                if path == root:
                    yield Failure(path, f"is a library: {printable(path)} holds no media of yours")
                continue
            kept = (name for name in names if not name.startswith(".") and name.lower() not in JUNK)
            waiting += [f"{path.rstrip('/')}/{name}" for name in kept]

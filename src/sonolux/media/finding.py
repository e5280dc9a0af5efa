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

JUNK_FOLDERS = frozenset(
    {"@eadir", "@tmp", "#recycle", "#snapshot", "@recycle", "@recently-snapshot", "$recycle.bin", "recycler"}
    | {"system volume information", "lost+found", "__macosx"}
)
"""Folders of systems and network drives, in lower case: thumbnails, snapshots and what was thrown away."""


def find(roots: Sequence[str], *, real: bool = False) -> Iterator[str | Failure]:
    """Yield the absolute path of every file at or under some roots, each file once.

    Hidden files and folders, libraries of Sonolux, what file managers leave behind and the folders in which network
    drives keep thumbnails, snapshots and what was thrown away are passed over, unless they are named as roots (a
    library is refused). Links are followed; a file or folder that is reached again is not yielded again; of hard links
    each is a file of its own. Instead of a sidecar, the files that it describes are yielded. What cannot be looked at
    becomes a `Failure`, and the walk goes on.

    Parameters
    ----------
    roots : sequence of str
        Files and folders, in the order they are to be walked.
    real : bool
        Whether paths are without links to folders (`sonolux.media.paths.real_path`): a file has one then, however its
        folder was reached.
    """
    files: set[str] = set()
    walked: set[tuple[int, int]] = set()
    for root in map(os.path.abspath, roots):
        waiting = [(root, real_path(root))]
        while waiting:
            path, named = waiting.pop()
            try:
                status = Path(path).stat()
                target = os.path.realpath(named) if Path(named).is_symlink() else named
                if not stat.S_ISDIR(status.st_mode):
                    if described := described_by(path):
                        waiting += [(one, _beside(named, one)) for one in reversed(described)]
                    elif target not in files:
                        files.add(target)
                        yield named if real else path
                    continue
                identity = (status.st_dev, status.st_ino)
                if identity in walked:
                    continue
                walked.add(identity)
                names = sorted((p.name for p in Path(path).iterdir()), key=os.fsencode, reverse=True)
            except (OSError, ValueError) as error:
                yield Failure(path, unreadable(error) if isinstance(error, OSError) else str(error))
                continue
            if LIBRARY_FILE in names or target.endswith(LIBRARY_SUFFIX):
                if path == root:
                    yield Failure(path, f"is a library: {printable(path)} holds no media of yours")
                continue
            waiting += [(_under(path, name), _under(target, name)) for name in names if not _is_junk(path, name)]


def _is_junk(folder: str, name: str) -> bool:
    lowered = name.lower()
    return name.startswith(".") or lowered in JUNK or (lowered in JUNK_FOLDERS and Path(_under(folder, name)).is_dir())


def _under(folder: str, name: str) -> str:
    return f"{folder.rstrip('/')}/{name}"


def _beside(path: str, other: str) -> str:
    return _under(os.path.dirname(path), other.rpartition("/")[2])

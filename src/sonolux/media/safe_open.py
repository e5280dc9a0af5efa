"""Safe opening of files to decode: only regular ones with something in them.

A pipe would block for ever and a device may act when opened, so both are refused before they are.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from sonolux.errors import MediaError
from sonolux.media.errors import unreadable

KINDS = {
    stat.S_IFDIR: "is a folder, not a file",
    stat.S_IFIFO: "is a pipe, not a file",
    stat.S_IFSOCK: "is a socket, not a file",
    stat.S_IFCHR: "is a device, not a file",
    stat.S_IFBLK: "is a device, not a file",
}


def open_file(path: str) -> BinaryIO:
    """Open a regular file with at least one byte for reading.

    Raises
    ------
    MediaError
        For folders, pipes, sockets, devices, empty files, and what the system does not let us read.
    """
    try:
        refuse_special(Path(path).stat())
        # Without O_NONBLOCK, a pipe that took the file's place just now would block here.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise MediaError(unreadable(error)) from error
    except ValueError as error:
        raise MediaError("has a name that no file can have") from error
    file = os.fdopen(descriptor, "rb")
    try:
        refuse_special(os.fstat(descriptor))
    except MediaError:
        file.close()
        raise
    return file


def refuse_special(status: os.stat_result) -> None:
    """Raise `MediaError` unless the status is of a regular file that is not empty."""
    kind = stat.S_IFMT(status.st_mode)
    if kind != stat.S_IFREG:
        raise MediaError(KINDS.get(kind, "is not a regular file"))
    if status.st_size == 0:
        raise MediaError("is empty (0 bytes)")

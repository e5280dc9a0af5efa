"""Objects as files that are read in ranges, for who looks at a part of them: players, and what lies within them.

Some stores send an object whole whatever is asked for: of these it is copied once, and read from the copy.
"""

from __future__ import annotations

import io
import os
from typing import BinaryIO

from sonolux.media.local_copies import own_folder
from sonolux.media.objects.copies import copy_object
from sonolux.media.objects.reading import BLOCK, read_range, refuse_unfit
from sonolux.media.objects.refusals import WithoutRangesError
from sonolux.media.objects.statuses import ObjectStatus, object_status


class ObjectFile(io.RawIOBase):
    """An object as a file that is read in ranges; a block at a time is kept.

    Parameters
    ----------
    url : str
    status : ObjectStatus, optional
        Of the version that is to be read; by default the one that is there now.
    block : int
        Bytes that are asked for at once, at least.

    Attributes
    ----------
    end : int
        Where reading ahead ends: behind it nothing is asked for that nobody wants.
    """

    def __init__(self, url: str, status: ObjectStatus | None = None, *, block: int = BLOCK) -> None:
        super().__init__()
        self.url = url
        self.status = object_status(url) if status is None else status
        refuse_unfit(self.status)
        self.end = self.status.size
        self._at = 0
        self._least = block
        self._block = b""
        self._first = 0
        self._copy: BinaryIO | None = None

    def duplicate(self) -> ObjectFile:
        """Return the same version as a file of its own, with the block that was read last."""
        twin = ObjectFile(self.url, self.status, block=self._least)
        twin.end = self.end
        twin._block, twin._first = self._block, self._first
        return twin

    def read_at(self, place: int, count: int) -> bytes:
        """Return bytes from a place; fewer at the end."""
        count = max(min(count, self.status.size - place), 0)
        if not count:
            return b""
        if not (self._first <= place and place + count <= self._first + len(self._block)):
            wanted = max(count, min(self._least, self.end - place))
            self._block, self._first = self._read(place, wanted), place
        return self._block[place - self._first :][:count]

    def _read(self, place: int, count: int) -> bytes:
        if self._copy is None:
            try:
                return read_range(self.url, self.status, place, count)
            except WithoutRangesError:
                self._copy = self._copied()
        return os.pread(self._copy.fileno(), count, place)

    def _copied(self) -> BinaryIO:
        """Return a copy of all of it, which has no name and is gone once it is closed."""
        with own_folder() as folder:
            copy = folder / "object"
            for _ in copy_object(self.url, copy, self.status, keep=True):
                pass
            return copy.open("rb")

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def seekable(self) -> bool:
        """Tell that it can be read at any place."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place, and return it."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.status.size}[whence]
        self._at = max(base + offset, 0)
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Read what follows into a buffer, and return how many bytes it was."""
        read = self.read_at(self._at, len(buffer))
        buffer[: len(read)] = read
        self._at += len(read)
        return len(read)

    def close(self) -> None:
        """Close it, and remove the copy if there is one."""
        if self._copy is not None:
            self._copy.close()
        super().close()

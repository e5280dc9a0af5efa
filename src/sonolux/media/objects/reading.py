"""Reading of objects: ranges of their bytes, or all of them in blocks, each checked against what was asked for.

What is read belongs to one version of an object: another entity tag, size or range than was asked for is an error. A
connection that breaks is taken up again where it broke by the store's library, under the same entity tag. Some stores
send an object whole whatever is asked for: of these a copy is made, once, and read from.
"""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

from sonolux.errors import MediaError
from sonolux.media.objects.refusals import REPLACED, WithoutRangesError
from sonolux.media.objects.statuses import ObjectStatus, object_status
from sonolux.media.objects.stores import opened_store
from sonolux.media.objects.urls import split_object_url
from sonolux.settings import settings

if TYPE_CHECKING:
    from obstore import GetOptions

BLOCK = 2**20
"""Bytes that are asked for at once, at least: a request costs more than its bytes."""


def refuse_unfit(status: ObjectStatus) -> None:
    """Raise MediaError for an object that is empty, or larger than may be read."""
    most = settings().max_object
    if not status.size:
        raise MediaError("is empty (0 bytes)")
    if status.size > most:
        raise MediaError(f"has {status.size:,} bytes, more than {most:,}: SONOLUX_MAX_OBJECT allows others")


def object_blocks(url: str) -> tuple[ObjectStatus, Iterator[bytes]]:
    """Return the status of an object and its bytes, block by block: those of one version of it.

    Raises
    ------
    MediaError
        Now or while blocks are taken: it is not there, too large, cut off, or the store refuses.
    """
    name = split_object_url(url)
    with opened_store(name.bucket) as store:
        import obstore

        found = obstore.get(store, name.key)
    status = ObjectStatus.told(found.meta)
    refuse_unfit(status)
    return status, _blocks(name.bucket, found, status.size)


def _blocks(bucket: str, found: Any, size: int) -> Iterator[bytes]:
    stream = iter(found.stream(min_chunk_size=BLOCK))
    read = 0
    while True:
        with opened_store(bucket):
            block = next(stream, None)
        if block is None:
            break
        read += len(block)
        yield bytes(block)
    if read != size:
        raise MediaError(f"cannot be read: {read:,} of its {size:,} bytes came")


def read_range(url: str, status: ObjectStatus, start: int, count: int) -> bytes:
    """Return bytes of an object of which this is the status.

    Raises
    ------
    WithoutRangesError
        Where the store sends all of it.
    MediaError
        Where it has been replaced, or cannot be read.
    """
    name = split_object_url(url)
    options: GetOptions = {"range": (start, start + count)}
    if status.etag:
        options["if_match"] = f'"{status.etag}"'
    with opened_store(name.bucket) as store:
        import obstore

        found = obstore.get(store, name.key, options=options)
        if not ObjectStatus.told(found.meta).is_of(status):
            raise MediaError(REPLACED)
        if tuple(found.range) != (start, start + count):
            raise WithoutRangesError("is in a store that sends other parts of objects than are asked for")
        content = bytes(found.bytes())
    if len(content) != count:
        raise MediaError(f"cannot be read: {len(content):,} of {count:,} bytes came")
    return content


class ObjectFile(io.RawIOBase):
    """An object as a file that is read in ranges; a block at a time is kept.

    Parameters
    ----------
    url : str
    status : ObjectStatus, optional
        Of the version that is to be read; by default the one that is there now.
    """

    def __init__(self, url: str, status: ObjectStatus | None = None) -> None:
        super().__init__()
        self.url = url
        self.status = object_status(url) if status is None else status
        refuse_unfit(self.status)
        self._at = 0
        self._block = b""
        self._first = 0
        self._copy: BinaryIO | None = None

    def duplicate(self) -> ObjectFile:
        """Return the same version as a file of its own, with the block that was read last."""
        twin = ObjectFile(self.url, self.status)
        twin._block, twin._first = self._block, self._first
        return twin

    def read_at(self, place: int, count: int) -> bytes:
        """Return bytes from a place; fewer at the end."""
        count = max(min(count, self.status.size - place), 0)
        if not count:
            return b""
        if not (self._first <= place and place + count <= self._first + len(self._block)):
            wanted = min(max(count, BLOCK), self.status.size - place)
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
        settings().cache.mkdir(parents=True, exist_ok=True)
        status, blocks = object_blocks(self.url)
        if not status.is_of(self.status):
            raise MediaError(REPLACED)
        copy = tempfile.TemporaryFile(dir=settings().cache)  # noqa: SIM115 - closed with this file
        try:
            for block in blocks:
                copy.write(block)
            copy.flush()
        except BaseException:
            copy.close()
            raise
        return copy

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

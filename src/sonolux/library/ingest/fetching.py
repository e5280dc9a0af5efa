"""Fetching ahead: the contents of objects in buckets are read several at a time, while files before them are encoded.

A store takes long to begin and little to go on, so that one after the other would wait most of the time.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from sonolux.errors import Cancelled
from sonolux.media.hashing import content_hash, hash_of_blocks
from sonolux.media.objects.copies import read_and_keep

AT_ONCE = 8
"""Objects that are read at the same time."""


class AheadReader:
    """Reads contents ahead; nothing is started before the first."""

    def __init__(self) -> None:
        self._threads: ThreadPoolExecutor | None = None
        self._coming: dict[str, Future[str]] = {}
        self._closed = False

    def begin(self, url: str) -> None:
        """Begin to read an object whose hash will be asked for."""
        if self._threads is None:
            self._threads = ThreadPoolExecutor(AT_ONCE, "sonolux-objects")
        if url not in self._coming:
            self._coming[url] = self._threads.submit(self._read, url)

    def hash_of(self, path: str) -> str:
        """Return the content hash of a medium, as `content_hash` does, which may have been read already."""
        coming = self._coming.pop(path, None)
        return content_hash(path) if coming is None else coming.result()

    def close(self) -> None:
        """Drop what nobody has asked for, and what is half read."""
        self._closed = True
        if self._threads is not None:
            self._threads.shutdown(wait=True, cancel_futures=True)
        self._threads = None
        self._coming.clear()

    def _read(self, url: str) -> str:
        return hash_of_blocks(self._until_closed(read_and_keep(url)))

    def _until_closed(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        for block in blocks:
            if self._closed:
                raise Cancelled
            yield block

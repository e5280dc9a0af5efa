"""Holders: files and objects in buckets that hold media, open, read at any place, listed once while they are the same.

The listing of an object is kept in the cache folder too: to list a shard in a bucket again would cost reading its
headers, which of small members is as much as reading all of it.
"""

from __future__ import annotations

import io
import json
import os
import threading
from abc import ABC, abstractmethod
from collections import OrderedDict
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

from sonolux.media.disk_cache import DiskCache
from sonolux.media.inside.listing import ByteRange, Listing, listing_from_data, listing_to_data
from sonolux.media.inside.names import holds_rows
from sonolux.media.inside.shards import list_shard
from sonolux.media.inside.tables import list_table
from sonolux.media.objects.object_file import ObjectFile
from sonolux.media.objects.statuses import ObjectStatus, listed_status, object_status
from sonolux.media.objects.urls import is_url
from sonolux.media.safe_open import open_file
from sonolux.settings import settings

LISTINGS = 4
"""Holders whose members are remembered."""

FOLDER = "listings"
KEPT = 256 * 2**20
"""Bytes of listings in the cache folder."""

FORMAT = 1
"""Of these: another number, and all are made again."""

AT_ONCE = 8 * 2**20
"""Bytes of an object that are asked for at once while it is listed."""

_listings: OrderedDict[tuple[int | str, ...], Listing] = OrderedDict()
_lock = threading.Lock()


class Holder(ABC):
    """A file or an object that holds media, open.

    Attributes
    ----------
    size : int
    mtime_ns : int
    state : tuple
        As long as it is the same, so is what it holds.
    """

    size: int
    mtime_ns: int
    state: tuple[int | str, ...]

    def __init__(self, path: str) -> None:
        self.path = path

    @abstractmethod
    def read_at(self, place: int, count: int) -> bytes:
        """Return bytes from a place; fewer at the end."""

    @abstractmethod
    def whole(self) -> BinaryIO:
        """Return all of it as a file, read from the beginning; whoever closes it does not close this."""

    @abstractmethod
    def close(self) -> None:
        """Close it."""

    def narrow(self, place: ByteRange) -> None:  # noqa: B027 - of a file nothing is read ahead anyway
        """Have nothing read ahead that lies behind a part of it."""

    def listing(self) -> Listing:
        """Return the media in it.

        Raises
        ------
        MediaError
            For what is no tar or table, or not one that can be read.
        """
        state = (*self.state, settings().max_member)
        with _lock:
            known = _listings.get(state)
        if known is not None:
            return known
        listing = self._listed()
        with _lock:
            _listings[state] = listing
            while len(_listings) > LISTINGS:
                _listings.popitem(last=False)
        return listing

    def _listed(self) -> Listing:
        if holds_rows(self.path):
            with self.whole() as file:
                return list_table(file)
        return list_shard(self.read_at, self.size)


class LocalHolder(Holder):
    """A file; MediaError where it cannot be opened."""

    def __init__(self, path: str, descriptor: int | None = None) -> None:
        super().__init__(path)
        self._file = open_file(path) if descriptor is None else _borrowed(descriptor)
        status = os.fstat(self._file.fileno())
        self.size, self.mtime_ns = status.st_size, status.st_mtime_ns
        self.inode, self.device = status.st_ino, status.st_dev
        self.state = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)

    def read_at(self, place: int, count: int) -> bytes:
        """Return bytes from a place; fewer at the end."""
        return os.pread(self._file.fileno(), count, place)

    def whole(self) -> BinaryIO:
        """Return all of it as a file."""
        file = _borrowed(self._file.fileno())
        file.seek(0)
        return file

    def close(self) -> None:
        """Close it."""
        self._file.close()


def _borrowed(descriptor: int) -> BinaryIO:
    return open(descriptor, "rb", closefd=False)


class ObjectHolder(Holder):
    """An object in a bucket; MediaError where it is not there or cannot be asked for.

    Parameters
    ----------
    path : str
        Its URL.
    status : ObjectStatus, optional
        Of the version that is meant; by default the store is asked what it is now.
    """

    def __init__(self, path: str, status: ObjectStatus | None = None) -> None:
        super().__init__(path)
        self.status = object_status(path) if status is None else status
        self.size, self.mtime_ns = self.status.size, self.status.mtime_ns
        self.state = (path, self.size, self.status.etag or self.mtime_ns)
        self._file: ObjectFile | None = None

    @property
    def file(self) -> ObjectFile:
        """The object as a file, opened when it is first read."""
        if self._file is None:
            self._file = ObjectFile(self.path, self.status, block=AT_ONCE)
        return self._file

    def read_at(self, place: int, count: int) -> bytes:
        """Return bytes from a place; fewer at the end."""
        return self.file.read_at(place, count)

    def whole(self) -> BinaryIO:
        """Return all of it as a file."""
        return io.BufferedReader(self.file.duplicate())

    def narrow(self, place: ByteRange) -> None:
        """Have nothing read ahead that lies behind a part of it."""
        self.file.end = place.start + place.size

    def close(self) -> None:
        """Forget what was read of it."""
        if self._file is not None:
            self._file.close()

    def _listed(self) -> Listing:
        """Return what the cache folder has, or else list it, and keep that."""
        cache = _cache(settings().cache / FOLDER)
        told = repr((FORMAT, self.state, settings().max_member)).encode("utf-8", "surrogatepass")
        name = blake2b(told, digest_size=16).hexdigest()
        kept = cache.get(name)
        if kept is not None:
            try:
                return listing_from_data(json.loads(kept))
            except (ValueError, KeyError, TypeError):  # it was cut off, or is of somebody else
                pass
        listing = super()._listed()
        cache.put(name, json.dumps(listing_to_data(listing)).encode())
        return listing


def open_holder(path: str, *, fresh: bool = True) -> LocalHolder | ObjectHolder:
    """Open a file or an object that holds media; MediaError where that cannot be done.

    Parameters
    ----------
    path : str
    fresh : bool
        Whether a store is asked what an object is now, though a listing has just told it.
    """
    if not is_url(path):
        return LocalHolder(path)
    return ObjectHolder(path, None if fresh else listed_status(path))


@lru_cache(maxsize=4)
def _cache(folder: Path) -> DiskCache:
    return DiskCache(folder, KEPT)

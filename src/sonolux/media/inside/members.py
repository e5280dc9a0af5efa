"""Media wherever they lie: status, bytes and a local copy of a file, of a member of one, or of an object in a bucket.

Of an ordinary file everything is what `pathlib` and `open_file` give. Of a member, the time of change is that of the
file that holds it; the size is its own.
"""

from __future__ import annotations

import errno
import io
import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sonolux.errors import MediaError
from sonolux.media.inside.holders import Holder, ObjectHolder, open_holder
from sonolux.media.inside.listing import ByteRange, Listing, Member
from sonolux.media.inside.names import MemberName, holder_of, holds_rows, split_name
from sonolux.media.inside.shards import LARGEST_DESCRIPTION
from sonolux.media.inside.tables import describe_row, read_row
from sonolux.media.local_copies import ending_of, own_folder
from sonolux.media.objects.copies import copy_object
from sonolux.media.objects.object_file import ObjectFile
from sonolux.media.objects.reading import BLOCK
from sonolux.media.objects.refusals import GoneError
from sonolux.media.objects.statuses import ObjectStatus, listed_status, object_status
from sonolux.media.objects.urls import is_url
from sonolux.media.options import ReadOptions
from sonolux.media.safe_open import open_file
from sonolux.media.segment import ReadEvent
from sonolux.settings import settings

COPIED_AT_ONCE = 2**20


@dataclass(frozen=True, slots=True)
class MediumStatus:
    """What tells whether a medium has changed: bytes, nanoseconds, the number of its file and of its device.

    Of an object in a bucket, which has no such numbers, its entity tag.
    """

    size: int
    mtime_ns: int
    inode: int = 0
    device: int = 0
    etag: str = ""


def status_of(path: str) -> MediumStatus:
    """Return the status of a file, a member or an object.

    Raises
    ------
    OSError
        Where it is not there.
    MediaError
        Where what is to hold it cannot be read, or a bucket cannot be asked.
    """
    name = split_name(path)
    if name is None:
        return _object_state(listed_status(path) or object_status(path)) if is_url(path) else _file_state(path)
    with closing(open_holder(name.holder, fresh=False)) as holder:
        size = _member(holder.listing(), name, path).place.size
        if isinstance(holder, ObjectHolder):
            return MediumStatus(size, holder.mtime_ns, etag=holder.status.etag)
        return MediumStatus(size, holder.mtime_ns, holder.inode, holder.device)


def state_of(path: str) -> MediumStatus:
    """Return the status of the file or object in which a medium lies: while it is the same, so is the medium.

    Raises
    ------
    OSError, MediaError
        As `status_of`; of an object the store is asked in any case.
    """
    holder = holder_of(path)
    return _object_state(object_status(holder)) if is_url(holder) else _file_state(holder)


def listing_at(holder: str) -> Listing:
    """Return what a file or an object holds; MediaError where it cannot be read."""
    with closing(open_holder(holder, fresh=False)) as opened:
        return opened.listing()


def is_there(path: str) -> bool:
    """Tell whether a file, a member or an object is there; ValueError and OSError as of `Path.is_file`."""
    name = split_name(path)
    if name is None:
        return _is_object(path) if is_url(path) else Path(path).is_file()
    try:
        with closing(open_holder(name.holder)) as holder:
            return name.member in holder.listing().members
    except MediaError:  # whoever reads it says what is wrong
        return False


def is_lost(name: MemberName) -> bool:
    """Tell whether a member is no longer in what held it; while that cannot be told, it counts as there."""
    try:
        with closing(open_holder(name.holder)) as holder:
            listing = holder.listing()
    except GoneError:
        return True
    except MediaError:
        return False
    return listing.whole and name.member not in listing.members and name.member not in listing.refused


def stamp_of(path: str) -> str:
    """Return a digest of what describes a member; empty for all else, and where nothing does."""
    name = split_name(path)
    if name is None:
        return ""
    with suppress(MediaError):
        member = listing_at(name.holder).members.get(name.member)
        return member.stamp if member else ""
    return ""


def open_medium(path: str) -> BinaryIO:
    """Open a file, a member or an object for reading; MediaError as `open_file` raises it."""
    name = split_name(path)
    if name is None:
        return io.BufferedReader(ObjectFile(path), BLOCK) if is_url(path) else open_file(path)
    holder = open_holder(name.holder)
    if holds_rows(name.holder):
        with closing(holder):
            return _row_of(holder, name)
    try:
        place = _member(holder.listing(), name, path).place
        _refuse_empty(place)
    except OSError as error:
        holder.close()
        raise MediaError("is not there") from error
    except BaseException:
        holder.close()
        raise
    holder.narrow(place)
    return io.BufferedReader(_Window(holder, place), BLOCK if is_url(path) else io.DEFAULT_BUFFER_SIZE)


def _row_of(holder: Holder, name: MemberName) -> BinaryIO:
    """Return the bytes in a row of an open table, which need no listing of it."""
    with holder.whole() as file:
        content = read_row(file, holder.state, name.member)
    if len(content) > settings().max_member:
        raise MediaError(f"has {len(content):,} bytes in its table: SONOLUX_MAX_MEMBER allows others")
    _refuse_empty(ByteRange(0, len(content)))
    return io.BytesIO(content)


def descriptions_of(path: str) -> dict[str, bytes]:
    """Return what describes a member, by its ending; MediaError where the holder cannot be read."""
    name = split_name(path)
    if name is None:
        return {}
    with closing(open_holder(name.holder)) as holder:
        if holds_rows(name.holder):
            with holder.whole() as file:
                return {"json": describe_row(file, holder.state, name.member)}
        member = holder.listing().members.get(name.member)
        described = {} if member is None else member.described
        if described:
            last = max(described.values(), key=lambda place: place.start)
            holder.narrow(last)  # what describes a sample lies together
        return {
            ending: holder.read_at(place.start, min(place.size, LARGEST_DESCRIPTION))
            for ending, place in described.items()
        }


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A medium as a file of its own.

    Attributes
    ----------
    path : str
    coming : iterator of int
        To be gone through before the file is opened: yields now and then how many bytes there are.
    """

    path: str
    coming: Iterator[int]


@contextmanager
def local_file(path: str, state: MediumStatus | None = None) -> Iterator[LocalFile]:
    """Have a medium as a file of its own for as long as a block lasts: the file itself, or a copy.

    The copy lies in the cache, has the ending of the medium's name, and is removed afterwards; what processes that
    were killed have left there, the next one removes.

    Parameters
    ----------
    path : str
    state : MediumStatus, optional
        What `state_of` has just told: of an object the store is not asked for it again.
    """
    name = split_name(path)
    if name is None and not is_url(path):
        yield LocalFile(path, iter(()))
        return
    with own_folder() as folder:
        copy = folder / f"member{ending_of(path if name is None else name.member)}"
        if name is not None:
            yield LocalFile(str(copy), _copied_member(path, copy))
        else:
            status = None if state is None else ObjectStatus(state.size, state.mtime_ns, state.etag)
            yield LocalFile(str(copy), copy_object(path, copy, status))


def _copied_member(path: str, copy: Path) -> Iterator[int]:
    with open_medium(path) as member, copy.open("xb") as target:
        while block := member.read(COPIED_AT_ONCE):
            target.write(block)
            yield target.tell()
        if not target.tell():
            raise MediaError("is empty (0 bytes)")


def copy_medium(path: str, _: ReadOptions, target: str) -> Iterator[ReadEvent]:
    """Copy a medium that is a file of its own in this process; what a decoding process runs."""
    shutil.copyfile(path, target)
    return iter(())


def _member(listing: Listing, name: MemberName, path: str) -> Member:
    if name.member in listing.refused:
        raise MediaError(listing.refused[name.member])
    member = listing.members.get(name.member)
    if member is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
    return member


def _refuse_empty(place: ByteRange) -> None:
    if not place.size:
        raise MediaError("is empty (0 bytes)")


class _Window(io.RawIOBase):
    """A part of what holds it as a file of its own, which closes that."""

    def __init__(self, holder: Holder, place: ByteRange) -> None:
        self._holder, self._bounds, self._at = holder, place, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._bounds.size}[whence]
        self._at = max(base + offset, 0)
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        left = max(self._bounds.size - self._at, 0)
        read = self._holder.read_at(self._bounds.start + self._at, min(len(buffer), left))
        buffer[: len(read)] = read
        self._at += len(read)
        return len(read)

    def close(self) -> None:
        self._holder.close()
        super().close()


def _file_state(path: str) -> MediumStatus:
    status = Path(path).stat()
    return MediumStatus(status.st_size, status.st_mtime_ns, status.st_ino, status.st_dev)


def _object_state(status: ObjectStatus) -> MediumStatus:
    return MediumStatus(status.size, status.mtime_ns, etag=status.etag)


def _is_object(url: str) -> bool:
    """Tell whether an object is there; one that cannot be asked for is, for whoever reads it says what is wrong."""
    try:
        object_status(url)
    except GoneError:
        return False
    except MediaError:
        return True
    return True

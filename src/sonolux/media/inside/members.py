"""Members as files: status, bytes and a local copy of a medium, wherever it lies.

Everything here takes the path of an ordinary file too, and then is what `pathlib` and `open_file` give. Of a member,
the time of change is that of the file that holds it; the size is its own.
"""

from __future__ import annotations

import errno
import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import BinaryIO

from sonolux.errors import MediaError
from sonolux.media.inside.listing import ByteRange, Listing, Member
from sonolux.media.inside.listings import listing_of
from sonolux.media.inside.names import MemberName, holder_of, holds_rows, split_name
from sonolux.media.inside.shards import LARGEST_DESCRIPTION
from sonolux.media.inside.tables import describe_row, read_row
from sonolux.media.options import ReadOptions
from sonolux.media.safe_open import open_file
from sonolux.media.segment import ReadEvent
from sonolux.settings import settings

COPIED_AT_ONCE = 2**20

FOLDER = "members"
"""In the cache: a folder for each process that decodes, gone when it is."""

LONGEST_ENDING = 10


@dataclass(frozen=True, slots=True)
class MediumStatus:
    """What tells whether a medium has changed: bytes, nanoseconds, the number of its file and of its device."""

    size: int
    mtime_ns: int
    inode: int
    device: int


def status_of(path: str) -> MediumStatus:
    """Return the status of a file or a member.

    Raises
    ------
    OSError
        Where it is not there.
    MediaError
        Where the file that is to hold it cannot be read.
    """
    name = split_name(path)
    if name is None:
        status = Path(path).stat()
        return MediumStatus(status.st_size, status.st_mtime_ns, status.st_ino, status.st_dev)
    with open_file(name.holder) as file:
        status = os.fstat(file.fileno())
        member = _member(listing_of(file.fileno(), name.holder), name, path)
    return MediumStatus(member.place.size, status.st_mtime_ns, status.st_ino, status.st_dev)


def state_of(path: str) -> MediumStatus:
    """Return the status of the file in which a medium lies: as long as it is the same, so is the medium."""
    status = Path(holder_of(path)).stat()
    return MediumStatus(status.st_size, status.st_mtime_ns, status.st_ino, status.st_dev)


def listing_at(holder: str) -> Listing:
    """Return what a file holds; MediaError where it cannot be read."""
    with open_file(holder) as file:
        return listing_of(file.fileno(), holder)


def is_there(path: str) -> bool:
    """Tell whether a file or a member is there; ValueError and OSError as of `Path.is_file`."""
    name = split_name(path)
    if name is None:
        return Path(path).is_file()
    try:
        return name.member in listing_at(name.holder).members
    except MediaError:  # whoever reads it says what is wrong
        return False


def is_lost(name: MemberName) -> bool:
    """Tell whether a member is no longer in the file that held it; while that cannot be told, it counts as there."""
    try:
        listing = listing_at(name.holder)
    except MediaError:
        return False
    return listing.whole and name.member not in listing.members and name.member not in listing.refused


def stamp_of(path: str) -> str:
    """Return a digest of what describes a member; empty for ordinary files, and where nothing does."""
    name = split_name(path)
    if name is None:
        return ""
    with suppress(MediaError):
        member = listing_at(name.holder).members.get(name.member)
        return member.stamp if member else ""
    return ""


def open_medium(path: str) -> BinaryIO:
    """Open a file or a member for reading; MediaError as `open_file` raises it."""
    name = split_name(path)
    if name is None:
        return open_file(path)
    file = open_file(name.holder)
    if holds_rows(name.holder):
        with file:
            return _row_of(file, name)
    try:
        member = _member(listing_of(file.fileno(), name.holder), name, path)
        _refuse_empty(member.place)
    except OSError as error:
        file.close()
        raise MediaError("is not there") from error
    except BaseException:
        file.close()
        raise
    return io.BufferedReader(_Window(file, member.place))


def _row_of(file: BinaryIO, name: MemberName) -> BinaryIO:
    """Return the bytes in a row of an open table, which need no listing of it."""
    content = read_row(file.fileno(), name.member)
    if len(content) > settings().max_member:
        raise MediaError(f"has {len(content):,} bytes in its table: SONOLUX_MAX_MEMBER allows others")
    _refuse_empty(ByteRange(0, len(content)))
    return io.BytesIO(content)


def descriptions_of(path: str) -> dict[str, bytes]:
    """Return what describes a member, by its ending; MediaError where the holder cannot be read."""
    name = split_name(path)
    if name is None:
        return {}
    with open_file(name.holder) as file:
        if holds_rows(name.holder):
            return {"json": describe_row(file.fileno(), name.member)}
        member = listing_of(file.fileno(), name.holder).members.get(name.member)
        return {
            ending: os.pread(file.fileno(), min(place.size, LARGEST_DESCRIPTION), place.start)
            for ending, place in (member.described if member else {}).items()
        }


@contextmanager
def local_file(path: str) -> Iterator[str]:
    """Have a medium as a file of its own for as long as a block lasts: the file itself, or a copy of a member.

    The copy lies in the cache, has the ending of the member's name, and is removed afterwards; what processes that
    were killed have left there, the next one removes.
    """
    name = split_name(path)
    if name is None:
        yield path
        return
    with own_folder() as folder:
        copy = folder / f"member{_ending(name.member)}"
        with open_medium(path) as member, copy.open("xb") as target:
            shutil.copyfileobj(member, target, COPIED_AT_ONCE)
            copied = target.tell()
        if not copied:
            raise MediaError("is empty (0 bytes)")
        yield str(copy)


def copy_medium(path: str, _: ReadOptions, target: str) -> Iterator[ReadEvent]:
    """Copy a medium that is a file of its own in this process; what a decoding process runs."""
    shutil.copyfile(path, target)
    return iter(())


def remove_copies_of(process: int) -> None:
    """Remove what a process that has ended has left of its copies."""
    for left in (settings().cache / FOLDER).glob(f"{process}-*"):
        shutil.rmtree(left, ignore_errors=True)


@contextmanager
def own_folder() -> Iterator[Path]:
    """Have a folder of this process in the cache for as long as a block lasts."""
    above = settings().cache / FOLDER
    above.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in above.iterdir():
        if _is_left(left.name):
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(mkdtemp(prefix=f"{os.getpid()}-", dir=above))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _is_left(name: str) -> bool:
    """Tell whether the process that made a folder of this name is gone."""
    number = name.partition("-")[0]
    if not number.isdigit():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False


def _ending(member: str) -> str:
    ending = member.rpartition("/")[2].rpartition(".")[2]
    known = ending.isascii() and ending.isalnum() and len(ending) <= LONGEST_ENDING
    return f".{ending.lower()}" if known else ""


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
    """A part of an open file as a file of its own, which closes it."""

    def __init__(self, file: BinaryIO, place: ByteRange) -> None:
        self._file, self._bounds, self._at = file, place, 0

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
        read = os.pread(self._file.fileno(), min(len(buffer), left), self._bounds.start + self._at)
        buffer[: len(read)] = read
        self._at += len(read)
        return len(read)

    def close(self) -> None:
        self._file.close()
        super().close()

"""Copies of objects: what was read of a bucket stays on the disk, within a bound, for who decodes it next.

Decoders want a file: they seek, several look at it one after the other, and packages bring their own. All of an object
is read anyway, for its content names it. So it is read once, into a cache whose oldest entries go, and a decoding
process takes it from there; what is too large for the cache, or has gone from it, is copied for as long as it is
decoded.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

from sonolux.errors import MediaError
from sonolux.media.disk_cache import DiskCache
from sonolux.media.objects.reading import object_blocks, refuse_unfit
from sonolux.media.objects.refusals import REPLACED
from sonolux.media.objects.statuses import ObjectStatus, object_status
from sonolux.settings import settings

FOLDER = "objects"

LARGEST_READ_WHOLE = 8 * 2**20
"""Bytes of an object of which the beginning is wanted, at most."""

SHARE = 4
"""An object larger than this part of the cache is not kept."""


def read_and_keep(url: str) -> Iterator[bytes]:
    """Yield the bytes of an object; once all of them are there, they are kept, unless they are too many.

    Raises
    ------
    MediaError
        Where it is not there, too large, cut off, or the store refuses.
    """
    yield from _kept(url, *object_blocks(url))


def _kept(url: str, status: ObjectStatus, blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the bytes of an object, and keep them."""
    cache = _cache(settings().cache / FOLDER, settings().object_cache)
    if status.size > cache.limit // SHARE:
        yield from blocks
        return
    cache.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=cache.folder, prefix=".", delete=False) as copy:
        made = Path(copy.name)
        try:
            for block in blocks:
                with suppress(OSError):  # a full disk: it is read all the same
                    copy.write(block)
                yield block
            with suppress(OSError):
                copy.flush()
                if made.stat().st_size == status.size:
                    cache.take(_name(url, status), made)
        finally:
            made.unlink(missing_ok=True)


def copy_object(url: str, target: Path, status: ObjectStatus | None = None, *, keep: bool = False) -> Iterator[int]:
    """Make a file of an object, and yield how many bytes there are so far; MediaError as `read_and_keep` raises it.

    Parameters
    ----------
    url : str
    target : Path
        Which is not there yet.
    status : ObjectStatus, optional
        Of the version that is meant, an error where it has been replaced; by default the one that is there now.
    keep : bool
        Whether what is read is kept for others: by one process alone, for each counts what it has kept itself.
    """
    wanted = object_status(url) if status is None else status
    refuse_unfit(wanted)
    cache = _cache(settings().cache / FOLDER, settings().object_cache)
    kept = cache.find(_name(url, wanted))
    if kept is not None and _linked(kept, target, wanted.size):
        return
    found, blocks = object_blocks(url)
    if not found.is_of(wanted):
        raise MediaError(REPLACED)
    if keep:
        blocks = _kept(url, found, blocks)
    with target.open("xb") as file:
        for block in blocks:
            file.write(block)
            yield file.tell()


def head_of_object(url: str, most: int, status: ObjectStatus | None = None) -> bytes:
    """Return the first bytes of a small object, which is kept; none of one that is too large to be.

    Parameters
    ----------
    url : str
    most : int
    status : ObjectStatus, optional
        Of the version that is meant; by default the one that is there now.

    Raises
    ------
    MediaError
        Where it cannot be read.
    """
    wanted = object_status(url) if status is None else status
    if wanted.size > LARGEST_READ_WHOLE:
        return b""
    kept = _cache(settings().cache / FOLDER, settings().object_cache).find(_name(url, wanted))
    if kept is not None:
        with suppress(OSError), kept.open("rb") as file:
            return file.read(most)
    found, blocks = object_blocks(url)
    if not found.is_of(wanted):
        raise MediaError(REPLACED)
    return b"".join(_kept(url, found, blocks))[:most]


def _linked(kept: Path, target: Path, size: int) -> bool:
    """Have a file under another name too, so that it stays when it goes from the cache; False where it is not whole."""
    try:
        os.link(kept, target)
    except FileNotFoundError:
        return False
    except OSError:  # a file system without links
        try:
            shutil.copyfile(kept, target)
        except OSError:
            target.unlink(missing_ok=True)
            return False
    if target.stat().st_size == size:
        return True
    target.unlink()
    return False


def _name(url: str, status: ObjectStatus) -> str:
    told = repr((url, status.size, status.etag or status.mtime_ns))
    return blake2b(told.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


@lru_cache(maxsize=4)
def _cache(folder: Path, limit: int) -> DiskCache:
    return DiskCache(folder, limit)

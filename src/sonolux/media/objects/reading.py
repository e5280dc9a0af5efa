"""Reading of objects: ranges of their bytes, or all of them in blocks, each checked against what was asked for.

What is read belongs to one version of an object: another entity tag, size or range than was asked for is an error. A
connection that breaks is taken up again where it broke by the store's library, under the same entity tag.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sonolux.errors import MediaError
from sonolux.media.objects.refusals import REPLACED, WithoutRangesError
from sonolux.media.objects.statuses import ObjectStatus
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

"""Listings of buckets: what lies beneath a prefix, page by page, in the order of the keys; never all at once.

A prefix ends at a slash, as a folder does: ``s3://bucket/a`` is not above ``s3://bucket/ab.jpg``. The store's library
gives up a whole page for one key that it cannot hold (an empty part, ``..``): from such a page on
`sonolux.media.objects.pages` lists the bucket, and the key is named.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sonolux.media.objects.pages import raw_objects
from sonolux.media.objects.refusals import UNREADABLE, UnreadableKeyError
from sonolux.media.objects.statuses import ObjectStatus
from sonolux.media.objects.stores import opened_store
from sonolux.media.objects.urls import join_url, split_object_url
from sonolux.types import Failure

AT_ONCE = 1000
"""Objects of a page."""


@dataclass(frozen=True, slots=True)
class ListedObject:
    """An object in a listing."""

    url: str
    status: ObjectStatus


def list_objects(root: str) -> Iterator[ListedObject | Failure]:
    """Yield what lies beneath a bucket or a prefix; keys that cannot be asked for are failures.

    Raises
    ------
    MediaError
        Where the store cannot be asked, or no further; what came before is right.
    """
    name = split_object_url(root)
    last = ""
    try:
        for listed in _listed(name.bucket, name.key):
            last = split_object_url(listed.url).key
            yield listed
    except UnreadableKeyError:
        pass
    else:
        return
    for found in raw_objects(name.bucket, name.key, last):
        url = join_url(name.bucket, found.key)
        yield ListedObject(url, found.status) if found.readable else Failure(url, UNREADABLE)


def list_beside(url: str) -> list[ListedObject]:
    """Return the objects of the prefix that an object lies in, and none of those beneath it; MediaError as above."""
    name = split_object_url(url)
    folder = name.key.rpartition("/")[0]
    with opened_store(name.bucket) as store:
        import obstore

        listed = obstore.list_with_delimiter(store, folder or None)["objects"]
    found = [ListedObject(join_url(name.bucket, meta["path"]), ObjectStatus.told(meta)) for meta in listed]
    return [one for one in found if one.url.rpartition("/")[0] == url.rpartition("/")[0]]


def _listed(bucket: str, prefix: str) -> Iterator[ListedObject]:
    with opened_store(bucket) as store:
        import obstore

        pages = iter(obstore.list(store, prefix or None, chunk_size=AT_ONCE))
    while True:
        with opened_store(bucket):
            page = next(pages, None)
        if page is None:
            return
        for meta in page:
            yield ListedObject(join_url(bucket, meta["path"]), ObjectStatus.told(meta))

"""Statuses of objects: size, time of change and entity tag (RFC 9110, 8.8.3), as a store tells them.

A listing tells them too: those of the objects that were listed last are remembered, so that a run over a bucket asks
for pages and not for each object.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sonolux.media.objects.stores import opened_store
from sonolux.media.objects.urls import split_object_url

REMEMBERED = 10_000

_listed: OrderedDict[str, ObjectStatus] = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class ObjectStatus:
    """What tells whether an object has changed.

    Attributes
    ----------
    size : int
    mtime_ns : int
        In whole seconds, for that is all that some answers say.
    etag : str
        Without quotes, which some answers lack; "" where a store has none.
    """

    size: int
    mtime_ns: int
    etag: str

    @classmethod
    def told(cls, meta: Mapping[str, Any]) -> ObjectStatus:
        """Return the status in what the store's library says of an object."""
        etag = (meta["e_tag"] or "").removeprefix("W/").strip('"')
        return cls(meta["size"], int(meta["last_modified"].timestamp()) * 10**9, etag)

    def is_of(self, other: ObjectStatus) -> bool:
        """Tell whether two statuses are of the same content: by the entity tags, where there are any."""
        if self.etag and other.etag:
            return (self.size, self.etag) == (other.size, other.etag)
        return (self.size, self.mtime_ns) == (other.size, other.mtime_ns)


def object_status(url: str) -> ObjectStatus:
    """Ask a store for the status of an object; `GoneError` where it has none of that key."""
    name = split_object_url(url)
    with opened_store(name.bucket) as store:
        import obstore

        return ObjectStatus.told(obstore.head(store, name.key))


def listed_status(url: str) -> ObjectStatus | None:
    """Return the status that a listing has just told of an object; None where none has, or long ago."""
    with _lock:
        return _listed.get(url)


def remember_status(url: str, status: ObjectStatus) -> None:
    """Remember what a listing tells of an object."""
    with _lock:
        _listed[url] = status
        _listed.move_to_end(url)
        if len(_listed) > REMEMBERED:
            _listed.popitem(last=False)

"""Sidecars in buckets: which objects describe which, told by their names beneath one prefix, as in folders.

What an object is described by is remembered for as long as the ones listed last are, so that who decodes it is told,
and lists nothing. Nothing is read to tell: no ending of a sidecar is one of a medium in a bucket.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence

from sonolux.errors import MediaError
from sonolux.media.objects.copies import head_of_object
from sonolux.media.objects.listing import ListedObject
from sonolux.media.objects.statuses import REMEMBERED
from sonolux.media.sidecars import LOOKED_AT, OF_TAKEOUT, TAKEOUT, XMP, matched_sidecars

_beside: OrderedDict[str, tuple[ListedObject, ...]] = OrderedDict()
_lock = threading.Lock()


def may_describe(name: str) -> bool:
    """Tell whether an object may be a sidecar, by its name."""
    return name.lower().endswith((XMP, TAKEOUT))


def remember_beside(url: str, sidecars: Sequence[ListedObject]) -> None:
    """Remember the sidecars that a listing tells of an object."""
    with _lock:
        _beside[url] = tuple(sidecars)
        _beside.move_to_end(url)
        if len(_beside) > REMEMBERED:
            _beside.popitem(last=False)


def forget_beside(url: str) -> None:
    """Forget what was listed of an object, whose sidecars nobody knows now."""
    with _lock:
        _beside.pop(url, None)


def listed_beside(url: str) -> tuple[ListedObject, ...] | None:
    """Return the sidecars that a listing has just told of an object, XMP first; None where none has."""
    with _lock:
        return _beside.get(url)


def urls_beside(path: str) -> tuple[str, ...]:
    """Return the URLs of the sidecars that a listing has just told of an object; none of what is none."""
    return tuple(one.url for one in listed_beside(path) or ())


def beside_stamp(sidecars: Sequence[ListedObject]) -> str:
    """Return what tells whether sidecars are as they were; "" for none."""
    digest = hashlib.blake2b(digest_size=8)
    for one in sidecars:
        status = one.status
        name = one.url.rpartition("/")[2]
        digest.update(f"{name} {status.size} {status.etag or status.mtime_ns}\n".encode(errors="surrogatepass"))
    return digest.hexdigest() if sidecars else ""


def matched_objects(objects: Mapping[str, ListedObject]) -> dict[str, tuple[ListedObject, ...]]:
    """Return the names of objects beneath one prefix that are no sidecars, with the sidecars of each, XMP first."""
    matched = matched_sidecars(objects)
    taken = {name for sidecars in matched.values() for name in sidecars}
    return {name: tuple(objects[one] for one in matched.get(name, ())) for name in objects if name not in taken}


def described_in(objects: Mapping[str, ListedObject], url: str) -> Iterator[str]:
    """Yield the object that is meant by a URL beneath a prefix: itself, or those that it describes."""
    for name, sidecars in matched_objects(objects).items():
        medium = objects[name].url
        if medium == url or (any(one.url == url for one in sidecars) and _describes(url)):
            remember_beside(medium, sidecars)
            yield medium


def _describes(url: str) -> bool:
    """Tell whether what is called as a sidecar is one: the JSON of another program is not."""
    if url.lower().endswith(XMP):
        return True
    try:
        head = head_of_object(url, LOOKED_AT)
    except MediaError:  # whoever reads it says what is wrong
        return False
    return any(key in head for key in OF_TAKEOUT)

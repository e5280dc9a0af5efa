"""Discovery of objects: the media beneath a bucket or a prefix, by their names, as folders are walked.

What is hidden, of a library, or left by systems is passed over by its name, as in folders. So is what has an ending
that no medium has: to look into it would cost as much as to read it. What describes another object is no medium; the
objects of a prefix in which there may be such come last, when all their names are known. An object that is named as a
root is taken whatever it is called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from sonolux.errors import MediaError
from sonolux.media.objects.beside import described_in, forget_beside, matched_objects, may_describe, remember_beside
from sonolux.media.objects.listing import ListedObject, list_beside, list_objects
from sonolux.media.objects.refusals import GoneError
from sonolux.media.objects.statuses import object_status, remember_status
from sonolux.media.objects.urls import lies_beneath, split_object_url
from sonolux.types import Failure

WINDOW = 10_000
"""Objects of a listing that are held; of a longer one, it is first looked where sidecars are, and then listed again."""

PassedOver = Callable[[str], bool]
"""Tells whether the name of a file or folder is passed over."""


def find_objects(root: str, is_junk: PassedOver, is_medium: PassedOver) -> Iterator[str | Failure]:
    """Yield the URLs of the media at or beneath a root; what cannot be listed or asked for are failures.

    Parameters
    ----------
    root : str
        URL of an object, or of a bucket or a prefix.
    is_junk : callable
        Tells of the name of a folder or an object whether it is passed over.
    is_medium : callable
        Tells of the name of an object whether it may be a medium.
    """
    try:
        if _is_object(root):
            yield from _meant(root)
            return
        looked = _look_beneath(root)
        yield from _beneath(root, looked, is_junk, is_medium)
        if looked.error is not None:
            yield Failure(root, str(looked.error))
        elif not looked.objects:
            yield Failure(root, "holds no objects: is its name right?")
    except MediaError as error:
        yield Failure(root, str(error))


@dataclass
class _Looked:
    """What a first look beneath a root shows.

    Attributes
    ----------
    objects : list
        The first, in order.
    whole : bool
        Whether they are all.
    described : set of str
        Prefixes in which there may be sidecars.
    error : MediaError or None
        Why no more could be listed.
    """

    objects: list[ListedObject | Failure] = field(default_factory=list)
    whole: bool = True
    described: set[str] = field(default_factory=set)
    error: MediaError | None = None


def _look_beneath(root: str) -> _Looked:
    looked = _Looked()
    try:
        for found in list_objects(root):
            url = found.path if isinstance(found, Failure) else found.url
            if may_describe(url):
                looked.described.add(url.rpartition("/")[0])
            if len(looked.objects) < WINDOW:
                looked.objects.append(found)
            else:
                looked.whole = False
    except MediaError as error:
        looked.error = error
    return looked


def _beneath(root: str, looked: _Looked, is_junk: PassedOver, is_medium: PassedOver) -> Iterator[str | Failure]:
    held: dict[str, dict[str, ListedObject]] = {}
    depth = len(split_object_url(root).key.split("/")) if split_object_url(root).key else 0
    for found in looked.objects if looked.whole or looked.error else list_objects(root):
        url = found.path if isinstance(found, Failure) else found.url
        folder, _, name = url.rpartition("/")
        parts = split_object_url(url).key.split("/")[depth:]
        if not parts or any(map(is_junk, parts)):
            continue  # an object that is called as the prefix is stands for a folder
        if folder in looked.described and isinstance(found, ListedObject):
            held.setdefault(folder, {})[name] = found
        elif is_medium(name):
            yield from (found,) if isinstance(found, Failure) else _with_sidecars(found, ())
    for objects in held.values():
        for name, sidecars in matched_objects(objects).items():
            if is_medium(name):
                yield from _with_sidecars(objects[name], sidecars)


def _with_sidecars(found: ListedObject, sidecars: Sequence[ListedObject]) -> Iterator[str]:
    """Yield an object, unless it stands for a folder, and remember what was listed of it."""
    if found.status.size or "." in found.url.rpartition("/")[2]:
        remember_status(found.url, found.status)
        remember_beside(found.url, sidecars)
        yield found.url


def _meant(root: str) -> Iterator[str]:
    """Yield an object that is a root by itself, or those that it describes; without leave to list, itself."""
    try:
        objects = {one.url.rpartition("/")[2]: one for one in list_beside(root)}
    except MediaError:
        objects = {}
    meant = list(described_in(objects, root)) if any(map(may_describe, objects)) else []
    if objects and not meant:
        remember_beside(root, ())
    elif not objects:
        forget_beside(root)
    for url in meant or [root]:
        if url in (one.url for one in objects.values()):
            remember_status(url, objects[url.rpartition("/")[2]].status)
        yield url


def _is_object(root: str) -> bool:
    if not split_object_url(root).key:
        return False
    try:
        remember_status(root, object_status(root))
    except GoneError:
        return False
    return True


def without_nested(roots: list[str]) -> list[str]:
    """Return roots without those that are another, or lie beneath another."""
    kept: list[str] = []
    for root in roots:
        if not any(lies_beneath(root, other) for other in roots if other != root) and root not in kept:
            kept.append(root)
    return kept

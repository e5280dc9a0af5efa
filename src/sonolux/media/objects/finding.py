"""Discovery of objects: the media beneath a bucket or a prefix, by their names, as folders are walked.

What is hidden, of a library, or left by systems is passed over by its name, as in folders. So is what has an ending
that no medium has: to look into it would cost as much as to read it. An object that is named as a root is taken
whatever it is called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sonolux.errors import MediaError
from sonolux.media.objects.listing import list_objects
from sonolux.media.objects.refusals import GoneError
from sonolux.media.objects.statuses import object_status, remember_status
from sonolux.media.objects.urls import lies_beneath, split_object_url
from sonolux.types import Failure

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
            yield root
            return
        listed = 0
        depth = len(split_object_url(root).key.split("/")) if split_object_url(root).key else 0
        for found in list_objects(root):
            listed += 1
            url = found.path if isinstance(found, Failure) else found.url
            parts = split_object_url(url).key.split("/")[depth:]
            if not parts or any(map(is_junk, parts)) or not is_medium(parts[-1]):
                continue  # an object that is called as the prefix is stands for a folder
            if isinstance(found, Failure):
                yield found
            elif found.status.size or "." in parts[-1]:  # else it stands for a folder
                remember_status(url, found.status)
                yield url
        if not listed:
            yield Failure(root, "holds no objects: is its name right?")
    except MediaError as error:
        yield Failure(root, str(error))


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

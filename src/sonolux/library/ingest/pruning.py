"""Pruning: the items whose files are gone from a folder, where it is the files that are gone and not their drive.

Of a bucket it is the listing that tells, where it came to its end.

A folder that is a mount point looks like one that was emptied while its drive is not mounted. So nothing is taken where
the folder held items and is empty, or where files are gone from a volume of which nothing is left: that is what
`Library.remove` is for.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path

from sonolux.errors import MediaError
from sonolux.index import Condition, Index
from sonolux.library.ingest.changes import is_gone
from sonolux.library.ingest.volumes import lies_elsewhere
from sonolux.media.finding import find
from sonolux.media.inside.members import is_lost, is_there
from sonolux.media.inside.names import holder_of, is_holder, split_name
from sonolux.media.objects.listing import list_objects
from sonolux.media.objects.urls import is_url
from sonolux.media.paths import from_stored, printable, to_stored
from sonolux.types import Failure


def gone_from(index: Index, root: str) -> list[str] | Failure:
    """Return the ids of the files whose files are gone from a folder, or why that cannot be told.

    Parameters
    ----------
    index : Index
    root : str
        Absolute path of a folder, or of a shard; URL of a bucket or a prefix. One that is itself gone loses nothing.
    """
    if is_url(root):
        return _gone_from_bucket(index, root)
    if not Path(root).is_dir() and not is_holder(root):
        return []
    under = [Condition("kind", "=", "file"), Condition("folders", "=", to_stored(root))]
    gone: dict[str, tuple[str, str]] = {}
    present: set[str] = set()
    for point in index.scroll(under, keys=("path", "volume")):
        path, volume = from_stored(point.payload["path"]), point.payload.get("volume", "")
        if is_gone(path):
            gone[point.id] = path, volume
        else:
            present.add(volume)
    if gone and not present and next(find([root]), None) is None:
        return _refusal(root, f"held {len(gone):,} {'file' if len(gone) == 1 else 'files'} and is empty now", root)
    # A drive can come back under another number: then its other files are there.
    lost = [path for path, volume in gone.values() if volume not in present and lies_elsewhere(path, volume)]
    if lost:
        folder = os.path.commonpath([os.path.dirname(path) for path in lost])
        return _refusal(root, f"{len(lost):,} of its files lay on another drive than is in their place now", folder)
    return list(gone)


def _gone_from_bucket(index: Index, root: str) -> list[str] | Failure:
    """Return the ids of what is no longer listed, or no longer in what is, where the listing came to its end."""
    under = [Condition("kind", "=", "file"), Condition("folders", "=", to_stored(root))]
    held = {from_stored(point.payload["path"]): point.id for point in index.scroll(under, keys=("path",))}
    if not held:
        return []
    lost = {holder_of(path) for path in held}
    listed = 0
    try:
        for url in [root] if is_holder(root) and is_there(root) else _listed(root):
            listed += 1
            lost.discard(url)
    except MediaError as error:
        return Failure(root, f"{error}; nothing of it was removed")
    if not listed:
        what = f"held {len(held):,} {'object' if len(held) == 1 else 'objects'} and is empty now"
        return Failure(root, f"{what}: nothing of it was removed; if they are gone for good: sonolux remove {root}")
    return [id_ for path, id_ in held.items() if holder_of(path) in lost or _is_out(path)]


def _listed(root: str) -> Iterator[str]:
    """Yield the URLs that are listed beneath a root, those that cannot be asked for too."""
    return (found.path if isinstance(found, Failure) else found.url for found in list_objects(root))


def _is_out(path: str) -> bool:
    """Tell whether what is called as a member is no longer in its shard."""
    name = split_name(path)
    return name is not None and is_lost(name)


def _refusal(root: str, what: str, folder: str) -> Failure:
    return Failure(
        root,
        f"{what}: is a drive not mounted? Nothing of it was removed; if the files are gone for good:"
        f" sonolux remove {shlex.quote(printable(folder))}",
    )

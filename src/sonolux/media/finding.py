"""File discovery: folders to files, each once and in sorted order, whatever links, loops and locks are in the way."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from sonolux.errors import MediaError
from sonolux.media.errors import unreadable
from sonolux.media.inside.members import listing_at
from sonolux.media.inside.names import HOLDERS, is_holder, join_name, split_name
from sonolux.media.inside.shards import ENDINGS
from sonolux.media.objects.finding import find_objects, without_nested
from sonolux.media.objects.urls import is_url
from sonolux.media.paths import printable, real_path
from sonolux.media.sidecars import described_by
from sonolux.types import Failure

LIBRARY_SUFFIX = ".sonolux"
LIBRARY_FILE = "sonolux.json"
MODEL_FILES = frozenset({"model.json", "model.safetensors"})
"""Of a model folder."""
JUNK = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"})
"""What file managers leave in folders, in lower case; hidden files are left out by their dot."""

JUNK_FOLDERS = frozenset(
    {"@eadir", "@tmp", "#recycle", "#snapshot", "@recycle", "@recently-snapshot", "$recycle.bin", "recycler"}
    | {"system volume information", "lost+found", "found.000", "__macosx", "__pycache__"}
    | {"network trash folder", "temporary items"}
)
"""Folders of systems and network drives, in lower case: thumbnails, snapshots and what was thrown away."""


def find(roots: Sequence[str], *, real: bool = False, inside: bool = False) -> Iterator[str | Failure]:
    """Yield the absolute path of every file at or under some roots, each file once.

    Hidden files and folders, libraries and model folders of Sonolux, what file managers leave behind and the folders in
    which network drives keep thumbnails, snapshots and what was thrown away are passed over, unless they are named as
    roots (a library or a model folder is refused). Links are followed; a file or folder that is reached again is not
    yielded again; of hard links each is a file of its own. Instead of a sidecar, the files that it describes are
    yielded. What cannot be looked at becomes a `Failure`, and the walk goes on.

    Parameters
    ----------
    roots : sequence of str
        Files and folders, in the order they are to be walked; then buckets, prefixes and objects by their URLs.
    real : bool
        Whether paths are without links to folders (`sonolux.media.paths.real_path`): a file has one then, however its
        folder was reached.
    inside : bool
        Whether the media within shards (`sonolux.media.inside`) are yielded in their place, and named as roots.
    """
    yield from _find_files([root for root in roots if not is_url(root)], real=real, inside=inside)
    for root in without_nested([root for root in roots if is_url(root)]):
        yield from _find_in_bucket(root, inside=inside)


def _find_in_bucket(root: str, *, inside: bool) -> Iterator[str | Failure]:
    if inside and split_name(root) is not None:
        yield root
        return
    for found in find_objects(root, _is_junk_object, _may_hold_media if inside else _may_be_medium):
        if isinstance(found, Failure):
            yield found
        elif split_name(found) is not None:
            yield Failure(found, "is called as what lies in a shard is: an object of such a name is not read")
        else:
            yield from _within(found) if inside and is_holder(found) else (found,)


def _find_files(roots: Sequence[str], *, real: bool, inside: bool) -> Iterator[str | Failure]:
    files: set[str] = set()
    walked: set[tuple[int, int]] = set()
    for root in map(os.path.abspath, roots):
        waiting = [(root, real_path(root))]
        while waiting:
            path, named = waiting.pop()
            try:
                status = Path(path).stat()
                target = os.path.realpath(named) if Path(named).is_symlink() else named
                if not stat.S_ISDIR(status.st_mode):
                    if described := described_by(path):
                        waiting += [(one, _beside(named, one)) for one in reversed(described)]
                    elif target not in files:
                        files.add(target)
                        own = named if real else path
                        yield from _within(own) if inside and is_holder(path) else (own,)
                    continue
                identity = (status.st_dev, status.st_ino)
                if identity in walked:
                    continue
                walked.add(identity)
                names = sorted((p.name for p in Path(path).iterdir()), key=os.fsencode, reverse=True)
            except (OSError, ValueError) as error:
                member = inside and split_name(path) is not None
                yield named if member else _unlooked_at(path, error)
                continue
            if own := _own_folder(target, names):
                if path == root:
                    yield Failure(path, f"is a {own}: {printable(path)} holds no media of yours")
                continue
            waiting += [(_under(path, name), _under(target, name)) for name in names if not _is_junk(path, name)]


def _within(holder: str) -> Iterator[str | Failure]:
    """Yield the media that a file holds, and what is wrong with it."""
    try:
        listing = listing_at(holder)
    except MediaError as error:
        yield Failure(holder, str(error))
        return
    for member in listing.members:
        yield join_name(holder, member)
    for member, reason in listing.refused.items():
        yield Failure(join_name(holder, member), reason)
    for note in listing.notes:
        yield Failure(holder, note)
    if not (listing.members or listing.refused or listing.notes):
        yield Failure(holder, "holds no media")


def is_system_folder(name: str) -> bool:
    """Tell whether a folder of this name is hidden, or belongs to a system or network drive."""
    return name.startswith(".") or name.lower() in JUNK_FOLDERS


def is_model_folder(folder: Path) -> bool:
    """Tell whether a folder holds a trained model of Sonolux."""
    return all((folder / name).is_file() for name in MODEL_FILES)


def _unlooked_at(path: str, error: OSError | ValueError) -> Failure:
    return Failure(path, unreadable(error) if isinstance(error, OSError) else str(error))


def _own_folder(path: str, names: Collection[str]) -> str:
    """Return what of Sonolux a folder is, by the names in it; empty where it is nothing of Sonolux."""
    if LIBRARY_FILE in names or path.endswith(LIBRARY_SUFFIX):
        return "library"
    return "model folder" if set(names) >= MODEL_FILES else ""


def _is_junk(folder: str, name: str) -> bool:
    if name.startswith(".") or name.lower() in JUNK:
        return True
    return is_system_folder(name) and Path(_under(folder, name)).is_dir()


def _is_junk_object(name: str) -> bool:
    """Tell whether a part of a key is passed over: an object may be called as a folder of systems is."""
    if name in (".", ".."):  # whoever asks for it says that it cannot be asked for
        return False
    return is_system_folder(name) or name.lower() in JUNK or name.lower().endswith(LIBRARY_SUFFIX)


def _may_hold_media(name: str) -> bool:
    return _may_be_medium(name) or name.lower().endswith(HOLDERS)


def _may_be_medium(name: str) -> bool:
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    return not ending or ending in ENDINGS


def _under(folder: str, name: str) -> str:
    return f"{folder.rstrip('/')}/{name}"


def _beside(path: str, other: str) -> str:
    return _under(os.path.dirname(path), other.rpartition("/")[2])

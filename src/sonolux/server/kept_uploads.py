"""Keeping of uploads: a copy of an uploaded file in a folder of a root, from where the library adds it.

Nothing is overwritten: a name that another file has is numbered, and a file of the same content that is there already
is the copy. So an upload that is kept twice, or again after the process died, is one file.
"""

from __future__ import annotations

import filecmp
import os
import shutil
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from sonolux.errors import LibraryError, QueryError
from sonolux.index.files import sync_folder
from sonolux.server.jobs.params import beneath_roots, root_called
from sonolux.server.media.file_names import safe_name
from sonolux.server.state import ServiceState
from sonolux.settings import settings

FOLDER = "uploads"
"""Of a root of the service."""

PART = ".part"


def kept_folder(roots: Sequence[str], into: str = "") -> Path:
    """Return the folder of a root in which uploads are kept, made where it is not there.

    Parameters
    ----------
    roots : sequence of str
        Of the service.
    into : str
        One of them; by default the first.

    Raises
    ------
    QueryError
        Where the service has no root, or not that one, or something else stands in the folder's place: a link that
        leads out of the roots, say.
    """
    if not roots:
        raise QueryError("an upload cannot be kept: the service has no root to keep it in, see --root")
    folder = Path(root_called(into, roots) if into else roots[0]) / FOLDER
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise QueryError(f"an upload cannot be kept in {folder}: {error.strerror or error}") from error
    return Path(beneath_roots([str(folder)], roots)[0])


def keep_upload(state: ServiceState, id_: str, folder: Path) -> Path:
    """Copy an upload into a folder, under what it is called as far as that is harmless, and return where it is.

    Parameters
    ----------
    state : ServiceState
        In whose folder it lies.
    id_ : str
    folder : path
        See `kept_folder`.

    Raises
    ------
    LibraryError
        Where the upload is not there any more, or the copy cannot be written.
    """
    uploaded = state.uploads / id_
    with state.reading() as database:
        row = database.execute("SELECT name, type FROM uploads WHERE id = ?", (id_,)).fetchone()
    if row is None or not uploaded.is_file():
        raise LibraryError("there is no such upload: it has expired, or was removed")
    coming = folder / f".{id_}{PART}"
    try:
        if shutil.disk_usage(folder).free - uploaded.stat().st_size < settings().min_free:
            raise LibraryError(f"the disk of {folder} is full")
        coming.unlink(missing_ok=True)
        with uploaded.open("rb") as source, coming.open("xb") as copy:
            shutil.copyfileobj(source, copy)
            copy.flush()
            os.fsync(copy.fileno())
        return _placed(coming, folder / safe_name(row["name"], row["type"], str(uploaded)))
    except OSError as error:
        raise LibraryError(f"it cannot be written to {folder}: {error.strerror or error}") from error
    finally:
        coming.unlink(missing_ok=True)


def _placed(coming: Path, wanted: Path) -> Path:
    """Give a file the first of the names that is free; where a file of the same content has one, that is returned.

    A name is taken by any other that a system without upper case takes for the same: folders are copied to such ones.
    """
    there = {path.name.casefold(): path for path in sorted(wanted.parent.iterdir())}
    for place in _names(wanted):
        other = there.get(place.name.casefold(), place)
        if other == place and _take(place, coming):
            sync_folder(place.parent)
            return place
        if other.is_file() and not other.is_symlink() and filecmp.cmp(coming, other, shallow=False):
            return other
    raise AssertionError("there is always another number")


def _names(wanted: Path) -> Iterator[Path]:
    yield wanted
    for number in count(2):
        yield wanted.with_name(f"{wanted.stem} {number}{wanted.suffix}")


def _take(place: Path, coming: Path) -> bool:
    """Give a file a name, and tell whether that name was free."""
    try:
        place.hardlink_to(coming)
    except FileExistsError:
        return False
    except OSError:  # a file system without hard links: an empty file holds the place until it is replaced
        try:
            os.close(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        except FileExistsError:
            return False
        coming.replace(place)
    return True

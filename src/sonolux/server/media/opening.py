"""Opening of items' files: folder by folder, without following a link out of the roots (CWE-59, CWE-367).

Items are stored with real paths, so none of their folders is a link; one that has become a link since then is refused.
A file may be a link, as in a git-annex, where what it leads to lies below the same root. Each step is opened relative
to the folder before it, so that nothing can be exchanged between a check and the opening.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from sonolux.errors import MediaError
from sonolux.media.inside.holders import LocalHolder
from sonolux.media.inside.members import copy_medium
from sonolux.media.inside.names import MemberName, holds_rows, split_name
from sonolux.media.local_copies import own_folder
from sonolux.media.objects.urls import is_url
from sonolux.media.options import ReadOptions
from sonolux.media.workers.isolated import IsolatedDecoder
from sonolux.server.media.object_stretch import ObjectStretch, open_object
from sonolux.server.media.stretch import Stretch, state_of_file, whole_file
from sonolux.server.problems import ProblemError

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""A pipe that took the file's place would block without O_NONBLOCK."""

MOST_LINKS = 8


def open_stretch(path: str, roots: Sequence[Path]) -> Stretch | ObjectStretch:
    """Open the medium of an item: a file, a member of one, or an object; parameters and errors as of `open_item`."""
    name = split_name(path)
    if is_url(path):
        return _in_bucket(path, name)
    whole = whole_file(open_item(path if name is None else name.holder, roots))
    if name is None:
        return whole
    try:
        return _taken_out(path, name, whole) if holds_rows(name.holder) else _within(name, whole)
    except BaseException:
        os.close(whole.descriptor)
        raise


def _within(name: MemberName, whole: Stretch) -> Stretch:
    """Return the bytes of a member where they lie."""
    try:
        member = LocalHolder(name.holder, whole.descriptor).listing().members.get(name.member)
    except MediaError as error:
        raise ProblemError("unopened", f"the file that holds this item {error}") from None
    if member is None:
        raise ProblemError("not-found", "the file that held this item no longer does: `sonolux add --prune` notes that")
    return replace(whole, start=member.place.start, size=member.place.size, part=name.member)


def _in_bucket(path: str, name: MemberName | None) -> Stretch | ObjectStretch:
    """Return the bytes of an object, or of a member of one."""
    if name is None:
        return open_object(path)
    whole = open_object(name.holder)
    if not holds_rows(name.holder):
        return whole.within(name)
    descriptor = _row_of(path)
    return Stretch(descriptor, 0, os.fstat(descriptor).st_size, whole.state, f"{whole.part} {name.member}")


def _row_of(path: str) -> int:
    """Return the descriptor of a file without a name that holds what a decoding process has taken out of a table."""
    with own_folder() as folder:
        copy = folder / "member"
        try:
            for _ in IsolatedDecoder().read(path, ReadOptions(), partial(copy_medium, target=str(copy))):
                pass
            return os.open(copy, os.O_RDONLY | os.O_CLOEXEC)
        except (MediaError, OSError):
            raise ProblemError("unopened", "the table that holds this item, or its row, cannot be read") from None


def _taken_out(path: str, name: MemberName, whole: Stretch) -> Stretch:
    """Return the bytes of a row."""
    descriptor = _row_of(path)
    if state_of_file(Path(name.holder).stat()) != whole.state:
        os.close(descriptor)
        raise ProblemError("unopened", "the file of this item was exchanged while it was read")
    os.close(whole.descriptor)
    return Stretch(descriptor, 0, os.fstat(descriptor).st_size, whole.state, name.member)


def open_item(path: str, roots: Sequence[Path]) -> int:
    """Open the file of an item, and return its descriptor.

    Parameters
    ----------
    path : str
        Absolute, as the library names it; never one that a client sent.
    roots : sequence of Path
        Real paths of folders. A link to a file is followed within the root that holds it, and nowhere else.

    Raises
    ------
    ProblemError
        ``not-found`` where the file has gone, ``unopened`` where it may not be opened.
    """
    root = root_of(path, roots)
    for _ in range(MOST_LINKS):
        try:
            descriptor = _open_below(path)
        except FileNotFoundError:
            raise ProblemError(
                "not-found", "the file of this item has gone: `sonolux add --prune` notes that"
            ) from None
        except OSError:
            path = _target_within(path, root)
            continue
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return descriptor
        os.close(descriptor)
        raise ProblemError("unopened", "what stands in the place of this item is no file")
    raise ProblemError("unopened", "the file of this item is a link to a link, again and again")


def root_of(path: str, roots: Sequence[Path]) -> Path | None:
    """Return the root that holds a path, the innermost of several; None for none."""
    holding = [root for root in roots if Path(path).is_relative_to(root)]
    return max(holding, key=lambda root: len(root.parts), default=None)


def _open_below(path: str) -> int:
    """Open a file by its absolute path, one folder after the other; OSError where any of it is a link."""
    first, *names = Path(path).parts
    if not names or first != "/" or ".." in names:
        raise ProblemError("unopened", "the path of this item is not absolute")
    folder = os.open(first, FOLDER)
    try:
        for name in names[:-1]:
            inner = os.open(name, FOLDER, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(names[-1], FILE, dir_fd=folder)
    finally:
        os.close(folder)


def _target_within(path: str, root: Path | None) -> str:
    """Return what a link to a file leads to, where that is in the same root.

    Its real path is opened in turn without following links: one that was changed meanwhile leads nowhere.
    """
    refused = ProblemError(
        "unopened", "the file of this item cannot be read, or is a link that leads out of its folder"
    )
    with suppress(OSError, ValueError):
        folder = os.path.dirname(path)
        if root is not None and Path(path).is_symlink() and os.path.realpath(folder) == folder:
            target = os.path.realpath(path, strict=True)
            if Path(target).is_relative_to(root):
                return target
    raise refused

"""Workspace of a training: the folder of the model to be, which is new or holds an unfinished training."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sonolux.checkpoints.folder import CARD
from sonolux.errors import TrainingError

UNFINISHED = "unfinished"
"""Folder inside it, of what only an unfinished training needs."""

LOCK = "lock"
"""File in that, held by the training that is going on."""


NETWORK = "network"
"""Folder in that, of a network that is compared with classifiers of descriptors."""


def check_free(folder: Path, *, resumable: bool = True) -> None:
    """Refuse a folder that holds a finished model or anything that is no training.

    Parameters
    ----------
    folder : Path
    resumable : bool
        Whether an unfinished training in it can be taken up; else only a network that is compared can.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise TrainingError(f"{folder} is not a folder: name a new one with --out")
    unfinished = folder / UNFINISHED
    there = {one.name for one in unfinished.iterdir()} if unfinished.is_dir() else None
    if resumable and there is not None and NETWORK not in there:
        return
    # A lock alone is that of a training that is going on or was killed: `hold_workspace` tells which.
    known = {LOCK} if resumable else {LOCK, NETWORK}
    if any(one != unfinished or there is None or not there <= known for one in folder.iterdir()):
        raise TrainingError(f"{folder} is there and not empty: name a new one with --out")


@contextmanager
def hold_workspace(folder: Path) -> Iterator[None]:
    """Keep other trainings out of a folder; what was put there for that goes again, unless something is kept there.

    Parameters
    ----------
    folder : Path
        Free, see `check_free`.

    Raises
    ------
    TrainingError
        Where another training is going on in it, or has just ended.
    """
    from filelock import FileLock, Timeout

    unfinished = folder / UNFINISHED
    before = folder.exists()
    try:
        unfinished.mkdir(parents=True, exist_ok=True)
        lock = FileLock(unfinished / LOCK)
        lock.acquire(timeout=0)
    except Timeout:
        raise TrainingError(f"another training is going on in {folder}: name a new one with --out") from None
    except OSError as error:
        raise TrainingError(f"{folder} cannot be written: {error.strerror or error}") from error
    try:
        if (folder / CARD).exists():
            raise TrainingError(f"another training has just ended in {folder}: name a new one with --out")
        yield
    finally:
        kept = unfinished.is_dir() and {one.name for one in unfinished.iterdir()} - {LOCK}
        if not kept:
            remove_unfinished(folder)
        lock.release()
        if not before and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def remove_unfinished(folder: Path) -> None:
    """Remove what only an unfinished training needs."""
    shutil.rmtree(folder / UNFINISHED, ignore_errors=True)

"""Workspace of a training: the folder of the model to be, which is new or holds an unfinished training."""

from __future__ import annotations

import shutil
from pathlib import Path

from sonolux.errors import TrainingError

UNFINISHED = "unfinished"
"""Folder inside it, of what only an unfinished training needs."""


def check_free(folder: Path, *, resumable: bool = True) -> None:
    """Refuse a folder that holds a finished model or anything that is no training.

    Parameters
    ----------
    folder : Path
    resumable : bool
        Whether an unfinished training in it can be taken up.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise TrainingError(f"{folder} is not a folder: name a new one with --out")
    if any(folder.iterdir()) and not (resumable and (folder / UNFINISHED).is_dir()):
        raise TrainingError(f"{folder} is there and not empty: name a new one with --out")


def remove_unfinished(folder: Path) -> None:
    """Remove what only an unfinished training needs."""
    shutil.rmtree(folder / UNFINISHED, ignore_errors=True)

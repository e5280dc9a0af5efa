"""Workspace of a training: the folder of the model to be, which is new or holds an unfinished training."""

from __future__ import annotations

from pathlib import Path

from sonolux.errors import TrainingError

UNFINISHED = "unfinished"
"""Folder inside it, of what only an unfinished training needs."""


def check_free(folder: Path) -> None:
    """Refuse a folder that holds a finished model or anything that is no training."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise TrainingError(f"{folder} is not a folder: name a new one with --out")
    if any(folder.iterdir()) and not (folder / UNFINISHED).is_dir():
        raise TrainingError(f"{folder} is there and not empty: name a new one with --out")

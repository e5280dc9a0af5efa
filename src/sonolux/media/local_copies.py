"""Local copies: folders in the cache in which a process has media as files for as long as it decodes them.

Each process has its own, which goes with it; what processes that were killed have left, the next one removes.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from sonolux.settings import settings

FOLDER = "members"
"""In the cache."""

LONGEST_ENDING = 10


def remove_copies_of(process: int) -> None:
    """Remove what a process that has ended has left of its copies."""
    for left in (settings().cache / FOLDER).glob(f"{process}-*"):
        shutil.rmtree(left, ignore_errors=True)


@contextmanager
def own_folder() -> Iterator[Path]:
    """Have a folder of this process in the cache for as long as a block lasts."""
    above = settings().cache / FOLDER
    above.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in above.iterdir():
        if _is_left(left.name):
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(mkdtemp(prefix=f"{os.getpid()}-", dir=above))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def ending_of(name: str) -> str:
    """Return the ending of a name with its dot, for a copy; "" for one that a file would not have."""
    ending = name.rpartition("/")[2].rpartition(".")[2]
    known = ending.isascii() and ending.isalnum() and len(ending) <= LONGEST_ENDING
    return f".{ending.lower()}" if known else ""


def _is_left(name: str) -> bool:
    """Tell whether the process that made a folder of this name is gone."""
    number = name.partition("-")[0]
    if not number.isdigit():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False

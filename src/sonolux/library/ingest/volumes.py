"""Volumes: the file system that a file lies on; it tells a drive that is not there today from files that are gone."""

from __future__ import annotations

import os
from pathlib import Path


def volume_of(path: str | Path) -> str:
    """Return what names the file system of a file or folder that is there: as long as it can be, the same for ever.

    File systems that have an identity of their own (ext4, XFS, Btrfs, APFS) keep it; of others it is a number that is
    given to them when they are mounted.
    """
    return f"{os.statvfs(path).f_fsid or Path(path).stat().st_dev:x}"


def lies_elsewhere(path: str, volume: str) -> bool:
    """Tell whether a file that is gone lay on a volume that is not where it was: unmounted, or another in its place."""
    folder = Path(path).parent
    while not folder.is_dir():
        if folder.is_symlink():
            return True  # to what is not there
        folder = folder.parent
    return bool(volume) and volume_of(folder) != volume

"""Paths in tables to files: relative or absolute, with slashes of either kind, written here or on another machine.

A path is taken as it stands, relative to the table; then with backslashes as slashes; then below the folders in which
data sets keep their media; then as far from its end as a file below the table's folder has the same names, in any case.
"""

from __future__ import annotations

import os
import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from sonolux.media.finding import find

FOLDERS = ("clips", "wavs", "wav", "audio", "images", "data", "train")
"""Of LJSpeech, Common Voice, ESC-50 and others, below the folder of the table or that of all."""

URI = re.compile(r"file://(?:localhost)?(?=/)", re.IGNORECASE)


@dataclass
class FileFinder:
    """Finds the files that a table names.

    Parameters
    ----------
    folder : Path
        Of the table.
    """

    folder: Path

    def file(self, named: str) -> str | None:
        """Return the absolute path of a file that a cell names; None where there is none, or several could be meant."""
        if URI.match(named):
            named = unquote(URI.sub("", named))
        if not named or "\0" in named:
            return None
        for spelling in dict.fromkeys((named, named.replace("\\", "/"))):
            for base in self._bases:
                path = os.path.abspath(base / spelling)
                if _is_file(path):
                    return path
        return self._ending_so(named.replace("\\", "/"))

    def placed(self, named: str) -> str:
        """Return the absolute path of a file that a cell names, or where it should be: reading tells that it is not."""
        return self.file(named) or os.path.abspath(self.folder / named)

    @cached_property
    def _bases(self) -> list[Path]:
        below = (root / name for root in (self.folder, self.folder.parent) for name in FOLDERS)
        return [self.folder, *(base for base in below if base.is_dir())]

    @cached_property
    def _below(self) -> dict[str, list[str]]:
        """Files below the table's folder, by name and by name without ending."""
        found: dict[str, list[str]] = {}
        for path in find([os.path.abspath(self.folder)]):
            if isinstance(path, str):
                for name in {_key(PurePosixPath(path).name), _key(PurePosixPath(path).stem)}:
                    found.setdefault(name, []).append(path)
        return found

    def _ending_so(self, named: str) -> str | None:
        """Return the one file below the table's folder whose path has the longest end in common with this one."""
        wanted = [_key(part) for part in PurePosixPath(named).parts]
        if not wanted:
            return None
        common = {path: _common_end(wanted[:-1], path) for path in self._below.get(wanted[-1], [])}
        best = [path for path, count in common.items() if count == max(common.values())]
        return best[0] if len(best) == 1 else None


def _common_end(wanted: list[str], path: str) -> int:
    folders = [_key(part) for part in PurePosixPath(path).parts[:-1]]
    count = 0
    while count < min(len(wanted), len(folders)) and wanted[-1 - count] == folders[-1 - count]:
        count += 1
    return count


def _is_file(path: str) -> bool:
    try:
        return Path(path).is_file()
    except OSError:  # a name too long for one
        return False


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()

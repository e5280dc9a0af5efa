"""New shards as copies of one: the engine takes half a second to make the files of each key that has an index."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class SparseFile:
    """A file below a folder: its name there, its size, and what lies at which place between its holes."""

    name: Path
    size: int
    parts: tuple[tuple[int, bytes], ...]

    def write(self, folder: Path) -> None:
        with (folder / self.name).open("wb") as file:
            for place, data in self.parts:
                file.seek(place)
                file.write(data)
            file.truncate(self.size)


def read_sparse(file: Path, folder: Path) -> SparseFile:
    size, place, parts = file.stat().st_size, 0, []
    with file.open("rb") as opened:
        while place < size:
            try:
                place = os.lseek(opened.fileno(), place, os.SEEK_DATA)
            except OSError:  # nothing but a hole up to the end
                break
            end = os.lseek(opened.fileno(), place, os.SEEK_HOLE)
            opened.seek(place)
            parts.append((place, opened.read(end - place).rstrip(b"\0")))
            place = end
    return SparseFile(file.relative_to(folder), size, tuple(parts))


def copying(make: Callable[[Path], None], scratch: Path) -> Callable[[Path], None]:
    """Return what fills a folder as another call does, which is made once, in a folder of its own."""

    @cache
    def made() -> tuple[list[Path], list[SparseFile]]:
        make(scratch)
        found = sorted(scratch.rglob("*"))
        folders = [one.relative_to(scratch) for one in found if one.is_dir()]
        return folders, [read_sparse(one, scratch) for one in found if one.is_file()]

    def copy(folder: Path) -> None:
        folders, files = made()
        for name in folders:
            (folder / name).mkdir()
        for file in files:
            file.write(folder)

    return copy

"""Sources of pairs: tables, annotated libraries and videos, as lines of what belongs together.

A table has a column for each modality, named in its first line: ``image``, ``audio`` or ``video`` hold paths, ``text``
(or ``caption``) holds words, ``path`` (or ``file``) the path of anything. A cell may be empty.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sonolux.errors import TrainingError
from sonolux.training.alignment.data import LONGEST, SENTENCES, SUFFIXES

COLUMNS = {
    "image": ("image", "picture", "photo", "poster", "cover"),
    "audio": ("audio", "sound", "recording", "song"),
    "video": ("video", "film"),
    "file": ("path", "file", "filename", "file_name"),
    "text": (*SENTENCES, "words", "title", "label", "lyrics"),
}
"""What the first line of a table may call its columns."""


@dataclass(frozen=True, slots=True)
class Thing:
    """One of the things that belong together: words, or the path of a file.

    Attributes
    ----------
    kind : str
        One of `COLUMNS`.
    value : str
    """

    kind: str
    value: str


Line = tuple[Thing, ...]


def table_lines(table: Path, folder: Path | None = None) -> list[Line]:
    """Return what belongs together by the lines of a table.

    Parameters
    ----------
    table : Path
    folder : Path, optional
        That paths are relative to; by default that of the table.

    Raises
    ------
    TrainingError
        Where it cannot be read, its first line names fewer than two columns, or no line has two things.
    """
    rows = table_rows(table)
    columns = columns_of(table, rows[0] if rows else [])
    lines = [line for row in rows[1:] if (line := line_of(row, columns, folder or table.parent))]
    for place, kind in columns.items():
        if not any(thing.kind == kind for line in lines for thing in line):
            raise TrainingError(f"{table}: column {rows[0][place]!r} is empty in every line: fill it or leave it out")
    if not any(len(line) > 1 for line in lines):
        raise TrainingError(f"{table}: no line has two things that belong together")
    return lines


def line_of(row: Sequence[str], columns: Mapping[int, str], folder: Path) -> Line:
    """Return the things of a row of a table; paths are relative to a folder."""
    root = folder.expanduser()
    cells = [(kind, row[place].strip()) for place, kind in columns.items() if place < len(row)]
    return tuple(
        Thing(kind, value[:LONGEST] if kind == "text" else os.path.abspath(root / value))
        for kind, value in cells
        if value
    )


def table_rows(table: Path) -> list[list[str]]:
    """Return the rows of a table, its first line included; TrainingError where it cannot be read."""
    if table.suffix.lower() not in SUFFIXES:
        raise TrainingError(
            f"{table} is no table: pairs are read from .csv or .tsv, from a video or a folder of videos"
        )
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            tabs = "\t" in file.readline()
            file.seek(0)
            reader = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE) if tabs else csv.reader(file)
            return [row for row in reader if any(map(str.strip, row))]
    except (OSError, ValueError, csv.Error) as error:
        raise TrainingError(f"{table} cannot be read: {error}") from error


def columns_of(table: Path, names: Sequence[str], fewest: int = 2) -> dict[int, str]:
    """Return the kind of each column that has one; TrainingError where fewer have."""
    found = {
        place: kind
        for place, name in enumerate(names)
        for kind, known in COLUMNS.items()
        if name.strip().lower() in known
    }
    if len(found) < fewest:
        raise TrainingError(
            f"{table}: the first line names {len(found)} known columns, and {fewest} are needed, such as image,text or"
            " audio,image"
        )
    return found

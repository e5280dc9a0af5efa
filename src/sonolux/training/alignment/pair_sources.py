"""Sources of pairs: tables, annotated libraries and videos, as lines of what belongs together.

A table has a column for each modality, named in its first line: ``image``, ``audio`` or ``video`` hold paths, ``text``
(or ``caption``) holds words, ``path`` (or ``file``) the path of anything. A cell may be empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sonolux.errors import TrainingError
from sonolux.training.alignment.data import LONGEST, SENTENCES
from sonolux.training.data.table_paths import FileFinder
from sonolux.training.data.tables import Table, TableRow, read_table

COLUMNS = {
    "image": ("image", "picture", "photo", "poster", "cover"),
    "audio": ("audio", "sound", "recording", "song"),
    "video": ("video", "film"),
    "file": ("path", "file", "filename", "file_name"),
    "text": (*SENTENCES, "words", "title", "label", "lyrics"),
}
"""What the first line of a table may call its columns."""

KNOWN = tuple(name for names in COLUMNS.values() for name in names)


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
        That paths are relative to; by default that of the table. See `sonolux.training.data.table_paths`.

    Raises
    ------
    TrainingError
        Where it cannot be read, its first line names fewer than two columns, or no line has two things.
    """
    told = read_table(table, KNOWN)
    columns = columns_of(told)
    finder = FileFinder(folder or table.parent)
    lines = [line for row in told.rows if (line := line_of(row, columns, finder))]
    for place, kind in columns.items():
        if not any(thing.kind == kind for line in lines for thing in line):
            raise TrainingError(
                f"{table}: column {told.columns[place]!r} is empty in every line: fill it or leave it out"
            )
    if not any(len(line) > 1 for line in lines):
        raise TrainingError(f"{table}: no line has two things that belong together")
    return lines


def line_of(row: TableRow, columns: Mapping[int, str], finder: FileFinder) -> Line:
    """Return the things of a row of a table; a file that is not there keeps the path that it should have."""
    cells = [(kind, row.cell(place)) for place, kind in columns.items()]
    return tuple(
        Thing(kind, value[:LONGEST] if kind == "text" else finder.placed(value)) for kind, value in cells if value
    )


def columns_of(table: Table, fewest: int = 2) -> dict[int, str]:
    """Return the kind of each column that has one; TrainingError where fewer have."""
    found = {
        place: kind for place, name in enumerate(table.columns) for kind, known in COLUMNS.items() if name in known
    }
    if len(found) < fewest:
        raise TrainingError(
            f"{table.file}: the first line names {len(found)} known columns, and {fewest} are needed, such as"
            " image,text or audio,image"
        )
    return found

"""Files that a table lists, with their labels: one bad row costs that row, and is named."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from sonolux.errors import TrainingError
from sonolux.training.data.part_names import part_named
from sonolux.training.data.sources import FoundFiles, plain_label
from sonolux.training.data.table_paths import FileFinder
from sonolux.training.data.tables import FILES, LABELS, PARTS, Table, TableRow, check_rows, read_table
from sonolux.types import Failure

TRIED = 20
"""Rows by which the column of files is told where none has a usual name."""


def list_files(file: Path) -> FoundFiles:
    """Return the files of a table, and the label of each where it has a column of labels.

    Raises
    ------
    TrainingError
        Where the table cannot be read, names no files, or has more bad rows than good ones.
    """
    return files_in(read_table(file))


def files_in(table: Table) -> FoundFiles:
    """Return the files of a table that is read already; see `list_files`."""
    finder = FileFinder(table.file.parent)
    column = column_of_files(table, finder)
    labelled = column_of_labels(table, column)
    by_part = table.column(PARTS)
    paths: dict[str, int] = {}
    labels: dict[str, str] = {}
    parts: dict[str, str | None] = {}
    failed: list[Failure] = []
    notes: list[str] = []
    for row in table.rows:
        named, label = row.cell(column), plain_label(row.cell(labelled))
        if not named:
            failed.append(table.failure(row, "no path"))
            continue
        path = finder.file(named)
        if path is None:
            failed.append(missing_file(table, row, named))
        elif labelled is not None and not label:
            failed.append(table.failure(row, f"{named} has no label"))
        elif path in paths and labels.get(path, "") != label:
            failed.append(table.failure(row, f"{named} is {label} here, {labels[path]} in line {paths[path]}"))
        elif path in paths:
            notes.append(f"{table.file}, line {row.line}: repeats line {paths[path]}")
        else:
            paths[path] = row.line
            labels[path] = label
            parts[path] = part_named(row.cell(by_part))
    check_rows(table.file, failed, len(paths))
    told = {path: part for path, part in parts.items() if part is not None}
    return FoundFiles(
        str(table.file),
        tuple(paths),
        None if labelled is None else labels,
        told if told and len(told) == len(paths) else None,
        tuple(failed),
        _shortened(notes),
    )


def column_of_files(table: Table, finder: FileFinder) -> int:
    """Return the number of the column that names files: by its name, or because files are called so.

    Raises
    ------
    TrainingError
        Where there is none.
    """
    tried = table.rows[:TRIED]
    named = [number for name in FILES for number, column in enumerate(table.columns) if column == name]
    for number in named:
        if any(finder.file(row.cell(number)) for row in tried):
            return number
    for number in range(max(len(row.cells) for row in tried)):
        if len({finder.file(row.cell(number)) for row in tried} - {None}) > len(tried) / 2:
            return number
    if named:
        return named[0]
    first = ", ".join(table.columns or table.rows[0].cells)
    raise TrainingError(
        f"{table.file} has no column path, and none whose files are there: its first line is {first[:200]};"
        " it is to be path,label, with paths relative to the table"
    )


def column_of_labels(table: Table, files: int) -> int | None:
    """Return the number of the column of labels, by its name; without one, the only other column; None for neither.

    Raises
    ------
    TrainingError
        Where several columns could be meant.
    """
    found = table.column(LABELS)
    if found is not None and found != files:
        return found
    width = len(table.columns) or max(len(row.cells) for row in table.rows)
    others = [
        number
        for number in range(width)
        if number != files
        and (not table.columns or table.columns[number] not in (*PARTS, ""))
        and any(row.cell(number) for row in table.rows)
    ]
    if len(others) == 1:
        return others[0]
    if len(others) > 1 and not table.columns:
        raise TrainingError(
            f"{table.file} has {len(others) + 1} columns without names: write path and label above those two"
        )
    return None


def missing_file(table: Table, row: TableRow, named: str) -> Failure:
    """Return that the file that a row names is left out, because it is not there."""
    path = os.path.abspath(table.file.parent / named.replace("\0", " "))
    return Failure(path, f"is not there ({table.file.name}, line {row.line})")


def _shortened(notes: Sequence[str]) -> tuple[str, ...]:
    more = (f"{len(notes) - 1:,} more lines repeat earlier ones",) if len(notes) > 1 else ()
    return (*notes[:1], *more)

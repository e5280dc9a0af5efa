"""Tables of what is learned from: ``.csv`` files whose first line names their columns."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path

from sonolux.errors import TrainingError

Row = dict[str, str]


def is_table(data: Path) -> bool:
    """Say whether a path is a table."""
    return data.suffix.lower() == ".csv" and data.is_file()


def rows_of(table: Path) -> list[Row]:
    """Return the rows of a table, each cell by the name of its column.

    Raises
    ------
    TrainingError
        Where it cannot be read.
    """
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            return list(csv.DictReader(file))
    except (OSError, ValueError, csv.Error) as error:
        raise TrainingError(f"{table} cannot be read: {error}") from error


def rows_with(table: Path, columns: Sequence[str], header: str) -> list[Row]:
    """Return the rows of a table that has these columns; `header` is what its first line should have been.

    Raises
    ------
    TrainingError
        Where it cannot be read, or a column or every row is missing.
    """
    rows = rows_of(table)
    missing = [name for name in columns if not rows or name not in rows[0]]
    if missing:
        raise TrainingError(f"{table} has no column {missing[0]}: its first line is to be {header}, with rows below")
    return rows


def check_filled(table: Path, rows: Sequence[Row], column: str) -> None:
    """Refuse a table with an empty cell in a column; TrainingError names its line, and the path that stands there."""
    for line, row in enumerate(rows, start=2):
        if not row[column]:
            path = row.get("path")
            raise TrainingError(f"{table}, line {line}: {f'{path} has no {column}' if path else f'no {column}'}")


def path_in(table: Path, row: Row) -> str:
    """Return the path in a row, which is relative to the table."""
    return os.path.abspath(table.parent / row["path"])

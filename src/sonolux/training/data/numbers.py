"""Rows of numbers to learn from: what a network takes of each item, float32 (n, columns).

They come from a ``.npy`` file, two-dimensional, or a table; where its first line holds numbers it is a row, else it
names the columns. A column of labels is passed over. Every column is brought to mean 0 and standard deviation 1.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonolux.checkpoints.inputs import Numbers, SourceDescriptors, Words
from sonolux.encoders.trained.encoder import standardise_rows
from sonolux.errors import TrainingError
from sonolux.training.data.sources import FEWEST, check_enough
from sonolux.training.data.tables import LABELS, Table, TableRow, check_rows, is_table, read_table
from sonolux.types import Failure


@dataclass(frozen=True, slots=True)
class RowSet:
    """Items as a network takes them.

    Attributes
    ----------
    source : str
        Where they come from, for the card of the model.
    rows : ndarray of float32, shape (n, columns)
    preprocessing : Numbers, Words or SourceDescriptors
        How an item becomes its row.
    failed : tuple of Failure
        Files and rows that were left out.
    """

    source: str
    rows: NDArray[np.float32]
    preprocessing: Numbers | Words | SourceDescriptors
    failed: tuple[Failure, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def fingerprint(self) -> str:
        """Return 16 hexadecimal digits that change with any row."""
        return hashlib.blake2b(self.rows.tobytes(), digest_size=8).hexdigest()

    def subset(self, rows: NDArray[np.integer]) -> RowSet:
        """Return some of the items."""
        return RowSet(self.source, self.rows[rows], self.preprocessing)

    def described(self) -> dict[str, object]:
        """Return what the card of a model says of its data."""
        return {"source": self.source, "items": len(self), "fingerprint": self.fingerprint()}


def read_numbers(data: Path | str) -> RowSet:
    """Read rows of numbers from a ``.npy`` file or a table.

    Raises
    ------
    TrainingError
        Where there is no such file, it holds anything but finite numbers, or too few rows. Of a table a row that holds
        anything else is left out, unless most do.
    """
    data = Path(data).expanduser()
    if is_table(data):
        return _of_table(data)
    if data.suffix.lower() != ".npy" or not data.is_file():
        raise TrainingError(f"{data} is no table (.csv, .xlsx) and no .npy file of numbers")
    try:
        rows = _of_array(data)
    except (OSError, ValueError, EOFError) as error:
        raise TrainingError(f"{data} cannot be read: {' '.join(str(error).split())}") from error
    return row_set(rows, str(data))


def row_set(rows: NDArray[np.floating], source: str, names: tuple[str, ...] = ()) -> RowSet:
    """Return rows (n, columns) of numbers, standardised, to learn from.

    Raises
    ------
    TrainingError
        For anything but finite numbers in two dimensions, or too few rows.
    """
    if rows.ndim != 2 or not rows.shape[1]:
        raise TrainingError(f"{source} has the shape {rows.shape}: rows and columns are needed")
    if len(rows) < FEWEST:
        raise TrainingError(f"{source}: {len(rows)} rows; at least {FEWEST} are needed")
    if not np.isfinite(rows).all():
        row, column = np.argwhere(~np.isfinite(rows))[0]
        raise TrainingError(f"{source}: row {row}, column {names[column] if names else column} is NaN or infinite")
    mean, deviation = rows.mean(axis=0), rows.std(axis=0)
    if not (rows != rows[0]).any():
        raise TrainingError(f"{source}: all {len(rows)} rows are the same: there is nothing to tell apart")
    # A column that never changes tells nothing, and is 0 then.
    deviation = np.where(deviation > 0, deviation, 1.0)
    how = Numbers(mean=tuple(mean.tolist()), deviation=tuple(deviation.tolist()), names=names)
    return RowSet(source, standardise_rows(rows, how), how)


def _of_array(file: Path) -> NDArray[np.float64]:
    found = np.load(file, allow_pickle=False)
    if not isinstance(found, np.ndarray) or found.dtype.kind not in "iufb":
        raise ValueError(f"it holds {getattr(found, 'dtype', 'several arrays')}, not numbers")
    return found.astype(np.float64)


def _of_table(file: Path) -> RowSet:
    table = _named(read_table(file, ()))
    width = len(table.columns) or len(table.rows[0].cells)
    kept = [number for number in range(width) if number != _column_of_labels(table)]
    rows: list[list[float]] = []
    failed: list[Failure] = []
    for row in table.rows:
        found = _numbers(row, table, kept, width)
        if isinstance(found, str):
            failed.append(table.failure(row, found))
        else:
            rows.append(found)
    check_rows(file, failed, len(rows))
    if kept:
        check_enough(file, len(rows), "rows", failed)
    names = tuple(table.columns[number] for number in kept) if table.columns else ()
    return replace(row_set(np.array(rows).reshape(len(rows), len(kept)), str(file), names), failed=tuple(failed))


def _named(table: Table) -> Table:
    """Return a table with its first line as names of the columns, unless numbers stand in it as in the line below."""
    first, *others = table.rows
    if not others or _places(first) >= _places(others[0]):
        return table
    return replace(table, columns=first.cells, rows=tuple(others))


def _places(row: TableRow) -> set[int]:
    """Return the columns in which a row has numbers."""
    return {number for number, cell in enumerate(row.cells) if _number(cell) is not None}


def _column_of_labels(table: Table) -> int | None:
    """Return the column of labels: by its name or, without names, the only one that holds no numbers."""
    if table.columns:
        lowered = [name.casefold() for name in table.columns]
        return next((lowered.index(name) for name in LABELS[:-1] if name in lowered), None)
    others = set(range(len(table.rows[0].cells))) - _places(table.rows[0])
    return others.pop() if len(others) == 1 else None


def _numbers(row: TableRow, table: Table, kept: list[int], width: int) -> list[float] | str:
    """Return the numbers of a row, or what is wrong with it."""
    if len(row.cells) != width:
        return f"{len(row.cells)} columns, the first line has {width}"
    found = [_number(row.cells[number]) for number in kept]
    for number, value in zip(kept, found, strict=True):
        name = table.columns[number] if table.columns else str(number + 1)
        if value is None:
            return f"column {name}: {row.cells[number]!r} is no number"
        if not np.isfinite(value):
            return f"column {name} is NaN or infinite"
    return [value for value in found if value is not None]


def _number(cell: str) -> float | None:
    """Return the number in a cell, whose decimal sign may be a comma; None for no number."""
    try:
        return float(cell.replace(",", ".") if cell.count(",") == 1 and "." not in cell else cell)
    except ValueError:
        return None

"""Rows of numbers to learn from: what a network takes of each item, float32 (n, columns).

They come from a ``.npy`` file, two-dimensional, or a ``.csv`` file whose first line names the columns; a column
``label`` is passed over. Every column is brought to mean 0 and standard deviation 1.
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonolux.checkpoints.inputs import Numbers, Words
from sonolux.encoders.trained.encoder import standardise_rows
from sonolux.errors import TrainingError
from sonolux.training.data.sources import FEWEST
from sonolux.types import Failure

LABEL = "label"
"""Column that nothing is learned from."""


@dataclass(frozen=True, slots=True)
class RowSet:
    """Items as a network takes them.

    Attributes
    ----------
    source : str
        Where they come from, for the card of the model.
    rows : ndarray of float32, shape (n, columns)
    preprocessing : Numbers or Words
        How an item becomes its row.
    failed : tuple of Failure
        Files that could not be read.
    """

    source: str
    rows: NDArray[np.float32]
    preprocessing: Numbers | Words
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
    """Read rows of numbers from a ``.npy`` or ``.csv`` file.

    Raises
    ------
    TrainingError
        Where there is no such file, it holds anything but finite numbers, or too few rows.
    """
    data = Path(data).expanduser()
    readers = {".npy": _of_array, ".csv": _of_table}
    if data.suffix.lower() not in readers or not data.is_file():
        raise TrainingError(f"{data} is no .csv or .npy file of numbers")
    try:
        rows, names = readers[data.suffix.lower()](data)
    except (OSError, ValueError, EOFError, csv.Error) as error:
        raise TrainingError(f"{data} cannot be read: {' '.join(str(error).split())}") from error
    return row_set(rows, str(data), names)


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
    # A column that never changes tells nothing, and is 0 then.
    deviation = np.where(deviation > 0, deviation, 1.0)
    how = Numbers(mean=tuple(mean.tolist()), deviation=tuple(deviation.tolist()), names=names)
    return RowSet(source, standardise_rows(rows, how), how)


def _of_array(file: Path) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    found = np.load(file, allow_pickle=False)
    if not isinstance(found, np.ndarray) or found.dtype.kind not in "iufb":
        raise ValueError(f"it holds {getattr(found, 'dtype', 'several arrays')}, not numbers")
    return found.astype(np.float64), ()


def _of_table(file: Path) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    with file.open(newline="", encoding="utf-8-sig") as lines:
        table = list(csv.reader(lines))
    if not table:
        raise ValueError("it is empty")
    head, *body = table
    kept = [column for column, name in enumerate(head) if name != LABEL]
    rows = [_row(cells, head, line) for line, cells in enumerate(body, start=2) if cells]
    return np.array(rows, np.float64).reshape(len(rows), len(kept)), tuple(head[column] for column in kept)


def _row(cells: list[str], head: list[str], line: int) -> list[float]:
    if len(cells) != len(head):
        raise ValueError(f"line {line} has {len(cells)} columns, the first line {len(head)}")
    return [_number(cell, name, line) for cell, name in zip(cells, head, strict=True) if name != LABEL]


def _number(cell: str, name: str, line: int) -> float:
    try:
        return float(cell)
    except ValueError:
        raise ValueError(f"line {line}, column {name}: {cell!r} is no number") from None

"""Table to mend labels by: every file with its label and what was found, worst first; edited, it is learned from."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from sonolux.errors import TrainingError
from sonolux.training.inspection.findings import Inspection, label_of

COLUMNS = ("path", "label", "instead", "finding")

FORMULA = re.compile(r"^[=+\-@]")
"""How a cell begins that a spreadsheet takes for a formula."""


def write_table(inspection: Inspection, file: Path) -> None:
    """Write the table; `sonolux.training.data.tables` reads it, and what a spreadsheet makes of it.

    Raises
    ------
    TrainingError
        Where the items have no files, or the table cannot be written.
    """
    items = inspection.items
    if not items.paths:
        raise TrainingError(f"{items.source} is one packed file: there are no files to mend")
    found: dict[int, tuple[str, str]] = {}
    for finding in inspection.findings:
        for row in finding.rows[:1] if finding.instead else finding.rows:
            found.setdefault(row, (finding.instead, finding.reason))
    order = [*found, *(row for row in range(len(items)) if row not in found)]
    columns = COLUMNS if items.parts is None else (*COLUMNS, "split")
    try:
        with file.open("x", newline="", encoding="utf-8-sig") as opened:
            table = csv.writer(opened)
            table.writerow(columns)
            for row in order:
                instead, reason = found.get(row, ("", ""))
                part = () if items.parts is None else (items.parts[row],)
                cells = (items.paths[row], label_of(items, row), instead, reason, *part)
                table.writerow([FORMULA.sub(r"'\g<0>", cell) for cell in cells])
    except (OSError, UnicodeEncodeError) as error:
        raise TrainingError(f"{file} cannot be written: {error}") from error


def free_files(data: Path, folder: Path) -> tuple[Path, Path]:
    """Return the names of a page and a table in a folder that are not taken: a table that was edited stays."""
    stem = re.sub(r"-check(-\d+)?$", "", data.stem if data.is_file() else data.absolute().name) or "data"
    for number in range(1, 10_000):
        name = f"{stem}-check" if number == 1 else f"{stem}-check-{number}"
        page, table = folder / f"{name}.html", folder / f"{name}.csv"
        if not page.exists() and not table.exists():
            return page, table
    raise TrainingError(f"{folder} is full of checks of {stem}: remove some")

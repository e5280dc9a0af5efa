"""Data to stdout, talk to stderr.

Data is either for programs (``--json``: one object a line, ASCII, so that any name survives) or for people (aligned
columns, one line a row unless a terminal is too narrow). Whatever comes from a file or its name is shown as it is,
never as markup, with control characters escaped.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from rich.console import Console

PIPE_WIDTH = 10_000
"""Columns of a table that no terminal shows: enough to never wrap."""

GAP = 2
"""Spaces between columns."""

NARROWEST = 24
"""Characters of the last column; with less room it goes under the one before it."""


class Output:
    """How one command speaks.

    Parameters
    ----------
    as_json : bool
        Whether stdout is for programs.
    quiet : bool
        Whether to keep remarks and progress to itself.
    """

    def __init__(self, *, as_json: bool = False, quiet: bool = False) -> None:
        self.as_json = as_json
        self.quiet = quiet

    @property
    def lively(self) -> bool:
        """Whether someone watches progress."""
        return not self.quiet and sys.stderr.isatty()

    def record(self, data: Mapping[str, Any]) -> None:
        """Print one object for programs."""
        print(json.dumps(data))

    def line(self, text: str = "") -> None:
        """Print a line for people."""
        print(shown(text))

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]], *, faint: Sequence[int] = ()) -> None:
        """Print rows for people under each other.

        Parameters
        ----------
        columns : sequence of str
            Headings; one that begins with ``>`` is of numbers, set to the right. On a terminal that is too narrow,
            the last column goes under the one before it, which is wrapped; all others stay whole.
        rows : sequence of sequence of str
        faint : sequence of int
            Numbers of rows that matter less.
        """
        from rich.table import Table
        from rich.text import Text

        console = self._console()
        columns, cells = _fitted(columns, [[shown(cell) for cell in row] for row in rows], console.width)
        table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold")
        for number, heading in enumerate(columns):
            justify: Literal["right", "left"] = "right" if heading.startswith(">") else "left"
            last = number == len(columns) - 1
            table.add_column(heading.removeprefix(">"), justify=justify, no_wrap=not last, overflow="fold")
        for number, row in enumerate(cells):
            table.add_row(*map(Text, row), style="dim" if number in faint else "")
        with console.capture() as capture:
            console.print(table)
        for line in capture.get().splitlines():
            print(line.rstrip())

    def say(self, text: str) -> None:
        """Remark on stderr, unless quiet."""
        if not self.quiet:
            self.complain(text)

    def complain(self, text: str) -> None:
        """Say on stderr what must be heard even when quiet."""
        print(shown(text), file=sys.stderr)

    def _console(self) -> Console:
        from rich.console import Console

        width = None if sys.stdout.isatty() else PIPE_WIDTH
        return Console(width=width, highlight=False, markup=False, emoji=False)


def _fitted(columns: Sequence[str], rows: list[list[str]], width: int) -> tuple[Sequence[str], list[list[str]]]:
    """Cut the last column to the room that there is, or put it under the one before it."""
    from rich.cells import cell_len

    table = [[heading.removeprefix(">") for heading in columns], *rows]
    widths = [max(map(cell_len, column)) + GAP for column in zip(*table, strict=True)]
    room = width - sum(widths[:-1])
    if widths[-1] - GAP <= room:
        return columns, rows
    if room >= NARROWEST:
        return columns, [[*row[:-1], _cut(row[-1], room)] for row in rows]
    room = max(width - sum(widths[:-2]), NARROWEST)
    return columns[:-1], [[*row[:-2], f"{row[-2]}\n{_cut(row[-1], room)}".rstrip()] for row in rows]


def _cut(text: str, width: int) -> str:
    from rich.cells import cell_len, set_cell_size

    return text if cell_len(text) <= width else set_cell_size(text, width - 1).rstrip() + "…"


def shown(text: str) -> str:
    """Return a text harmless on a terminal and on one line."""
    from sonolux.media.paths import printable

    return printable(text)


def shown_path(path: str) -> str:
    """Return a path relative to the working directory where that is shorter, harmless on a terminal; a URL as it is."""
    if "://" in path and not path.startswith("/"):
        return shown(path)
    try:
        relative = os.path.relpath(path)
    except OSError:  # the working directory is gone
        relative = path
    return shown(min(relative, path, key=len))

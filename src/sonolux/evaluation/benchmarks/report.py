"""Benchmark reports: tables of measurements, as text and as a section of a Markdown page.

A page holds one section a benchmark, between two comments that name it; writing a section leaves the others alone.
"""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

HEADER = """# Benchmarks

Every table below was written by the command above it. Speeds are to be read as ratios within one table: the machines
they were measured on are small, shared and noisy.
"""


Announce = Callable[[str], None]
"""Called with a line on where a benchmark stands."""


@dataclass(frozen=True, slots=True)
class Report:
    """One benchmark's outcome.

    Attributes
    ----------
    name : str
        Of the section.
    title, command, about : str
        Heading; command that makes the table again; data, seeds and what is counted.
    columns : sequence of str
    rows : sequence of sequence of str
    verdicts : sequence of str
        Each target beside what was reached.
    """

    name: str
    title: str
    command: str
    about: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    verdicts: Sequence[str] = field(default=())

    def markdown(self) -> str:
        """Return the section as Markdown."""
        lines = [f"## {self.title}", "", f"    {self.command}", "", self.about, "", _machine(), ""]
        lines += [_row(self.columns), _row(["---"] * len(self.columns)), *map(_row, self.rows)]
        if self.verdicts:
            lines += ["", *(f"- {verdict}" for verdict in self.verdicts)]
        return "\n".join(lines) + "\n"

    def write(self, page: Path) -> None:
        """Put the section into a page, in place of the one of the same name."""
        text = page.read_text() if page.exists() else HEADER
        begin, end = f"<!-- begin {self.name} -->", f"<!-- end {self.name} -->"
        section = f"{begin}\n{self.markdown()}{end}"
        pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
        written, times = pattern.subn(lambda _: section, text)
        page.write_text(written if times else f"{text.rstrip()}\n\n{section}\n")


def compare_with_target(what: str, reached: float, target: float, *, at_most: bool = False, form: str = ".2f") -> str:
    """Return a line that sets what was reached beside its target."""
    met = reached <= target if at_most else reached >= target
    sign = "at most" if at_most else "at least"
    return f"{what}: {reached:{form}} ({sign} {target:{form}} asked: {'met' if met else '**missed**'})"


def report_epochs(progress: Announce, where: str) -> Callable[[float, str], None]:
    """Return a progress callback that announces the first line of each epoch."""
    seen: set[str] = set()

    def report(_: float, line: str) -> None:
        epoch = line.split(",", maxsplit=1)[0]
        if epoch not in seen:
            seen.add(epoch)
            progress(f"{where}: {line}")

    return report


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _machine() -> str:
    day = datetime.now(UTC).date().isoformat()
    return f"{day}, Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores."

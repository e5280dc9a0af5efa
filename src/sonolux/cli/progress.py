"""Progress bars of additions: of the files added, and of those heard afterwards, with rate and time left."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sonolux.cli.output import Output

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

    from sonolux.library.fingerprinting import Hearing
    from sonolux.library.ingest.run import Progress

REDRAW = 0.5
"""Seconds between looks at the rate."""


@contextmanager
def progress_bars(paths: Sequence[str], out: Output) -> Iterator[tuple[Progress | None, Hearing | None]]:
    """Count files, and show bars of them, where someone watches; yield what is to be called with how far it is."""
    if not out.lively:
        yield None, None
        return
    from rich.console import Console

    from sonolux.media.finding import find
    from sonolux.media.inside.patterns import expand_names
    from sonolux.media.paths import absolute

    with Console(stderr=True, highlight=False, markup=False, emoji=False).status("counting files"):
        total = sum(1 for _ in find([absolute(one) for path in paths for one in expand_names(path)], inside=True))
    with add_bars(total) as bars:
        yield bars.advance, bars.hear


@contextmanager
def add_bars(total: int | None) -> Iterator[Bars]:
    """Show bars of so many files."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    rate, left = TextColumn("{task.fields[rate]}"), TimeRemainingColumn(elapsed_when_finished=True)
    with Progress(BarColumn(), MofNCompleteColumn(), rate, left, console=console) as drawn:
        yield Bars(drawn, total)


class Bars:
    """Bars of the files added, and of those heard."""

    def __init__(self, drawn: RichProgress, total: int | None) -> None:
        self._drawn = drawn
        self._total = total
        self._task = drawn.add_task("add", total=total, rate="")
        self._hearing = drawn.add_task("hear", rate="", start=False, visible=False)
        self._redrawn = 0.0

    def advance(self, done: int, _: str) -> None:
        """Show how many files are added."""
        # Files are reported in bursts, as batches are written: only bursts apart in time tell the rate.
        if done == self._total or time.monotonic() - self._redrawn > REDRAW:
            self._redrawn = time.monotonic()
            speed = self._drawn.tasks[0].speed
            self._drawn.update(self._task, completed=done, rate=f"{speed:,.1f} files/s" if speed else "")

    def hear(self, of: int, done: int, _: str) -> None:
        """Show how many files are heard."""
        self._drawn.start_task(self._hearing)
        speed = self._drawn.tasks[1].speed
        rate = f"{speed:,.1f} heard/s" if speed else "heard for their fingerprints"
        self._drawn.update(self._hearing, total=of, completed=done, rate=rate, visible=True)

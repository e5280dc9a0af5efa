"""``sonolux add``: folders into the library."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from sonolux.cli.exit_codes import SOME_FAILED
from sonolux.cli.options import JsonOption, LibraryOption, QuietOption
from sonolux.cli.output import Output, shown, shown_path

if TYPE_CHECKING:
    from sonolux.library import Library, Summary
    from sonolux.library.fingerprinting import Hearing
    from sonolux.library.ingest.run import Progress
    from sonolux.types import Failure

FAILURES_SHOWN = 20

REDRAW = 0.5
"""Seconds between looks at the rate."""


def add(  # noqa: PLR0913 - each is an option
    paths: Annotated[list[str], typer.Argument(help="Files and folders.", metavar="PATH")],
    *,
    library: LibraryOption = None,
    space: Annotated[
        list[str] | None,
        typer.Option(
            "--space",
            metavar="SPEC",
            help="Encoder to use besides those the library has: a built-in name, org/name of a model on the hub, or"
            " the folder of a model; may be repeated. A new library takes these alone.",
            show_default=False,
        ),
    ] = None,
    prune: Annotated[
        bool, typer.Option("--prune", metavar="", help="Remove items whose files are gone from these folders.")
    ] = False,
    no_fingerprints: Annotated[
        bool,
        typer.Option("--no-fingerprints", metavar="", help="Take none of recordings: `identify` will not know them."),
    ] = False,
    no_labels: Annotated[
        bool, typer.Option("--no-labels", metavar="", help="Do not say of new pictures what they show.")
    ] = False,
    skip_copies: Annotated[
        bool,
        typer.Option("--skip-copies", metavar="", help="Leave out files of the same bytes as one that is there."),
    ] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Add files and folders, or what is new in them.

    Unchanged files are skipped and moved ones followed; pictures get labels of what they show, and of recordings and
    videos fingerprints are taken. Stop it at any time and run it again: it goes on where it was.
    """
    from sonolux.library import Library

    out = Output(as_json=as_json, quiet=quiet)
    with Library(library) as opened:
        specs = space or default_encoders(opened, out)
        try:
            with progress_bars(paths, out) as (added, heard):
                summary = opened.add(
                    *paths,
                    spaces=specs,
                    prune=prune,
                    fingerprints=not no_fingerprints,
                    labels=not no_labels,
                    skip_copies=skip_copies,
                    progress=added,
                    hearing=heard,
                )
        except KeyboardInterrupt:
            out.say("stopped: what was added is kept; the same command goes on from there")
            raise
    report(summary, out)
    if summary.failed or summary.partly:
        raise typer.Exit(SOME_FAILED)


def report(summary: Summary, out: Output) -> None:
    """Print what an addition did."""
    if out.as_json:
        from dataclasses import asdict

        out.record(asdict(summary))
        return
    complain_of(summary.failed, out)
    complain_of(summary.partly, out, "partly read")
    complain_of(summary.skipped, out, "skipped")
    counts = {name: getattr(summary, name) for name in ("added", "updated", "moved", "unchanged", "removed")}
    counts |= {"failed": len(summary.failed), "partly read": len(summary.partly)}
    counts["skipped"] = len(summary.skipped)
    told = [f"{count:,} {name}" for name, count in counts.items() if count]
    out.line(f"{', '.join(told) or 'nothing to add'} in {summary.seconds:.1f} s")


def complain_of(failures: Sequence[Failure], out: Output, what: str = "failed") -> None:
    """Say which files failed, or what else is wrong with them, and why: the first few."""
    for failure in failures[:FAILURES_SHOWN]:
        out.complain(f"{what}: {shown_path(failure.path)}: {failure.reason}")
    if len(failures) > FAILURES_SHOWN:
        out.complain(f"... and {len(failures) - FAILURES_SHOWN:,} more {what}; --json names them all")


def default_encoders(library: Library, out: Output) -> list[str]:
    """Choose the encoders of a new library, and say which and why."""
    if library.exists() and library.manifest.spaces:
        return []
    from sonolux.encoders import default_specs

    specs, why = default_specs()
    out.say(f"new library {shown(library.location)}: {why}")
    return specs


@contextmanager
def progress_bars(paths: Sequence[str], out: Output) -> Iterator[tuple[Progress | None, Hearing | None]]:
    """Show bars of the files added, and of those heard afterwards, with rate and time left, where someone watches."""
    if not out.lively:
        yield None, None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from sonolux.media.paths import absolute
    from sonolux.media.finding import find

    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    with console.status("counting files"):
        total = sum(1 for _ in find([absolute(path) for path in paths]))
    rate, left = TextColumn("{task.fields[rate]}"), TimeRemainingColumn(elapsed_when_finished=True)
    with Progress(BarColumn(), MofNCompleteColumn(), rate, left, console=console) as bar:
        task = bar.add_task("add", total=total, rate="")
        drawn = 0.0
        hearing = bar.add_task("hear", rate="", start=False, visible=False)

        def advance(done: int, _: str) -> None:
            # Files are reported in bursts, as batches are written: only bursts apart in time tell the rate.
            nonlocal drawn
            if done == total or time.monotonic() - drawn > REDRAW:
                drawn = time.monotonic()
                speed = bar.tasks[0].speed
                bar.update(task, completed=done, rate=f"{speed:,.1f} files/s" if speed else "")

        def hear(of: int, done: int, _: str) -> None:
            bar.start_task(hearing)
            speed = bar.tasks[1].speed
            rate = f"{speed:,.1f} heard/s" if speed else "heard for their fingerprints"
            bar.update(hearing, total=of, completed=done, rate=rate, visible=True)

        yield advance, hear

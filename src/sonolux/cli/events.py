"""``sonolux events``: what sounds when in recordings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sonolux.cli import SOME_FAILED
from sonolux.cli.labelling import DIGITS, annotated, as_data, keep
from sonolux.cli.options import JsonOption, LibraryOption, QuietOption
from sonolux.cli.output import Output, clock, shown_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sonolux.annotators import Annotator


def events(
    recordings: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RECORDING",
            help="Recordings and videos, or folders of them; with --store those of the library, by default all.",
            show_default=False,
        ),
    ] = None,
    *,
    model: Annotated[str, typer.Option("--model", metavar="MODEL", help="Model folder of `sonolux train events`.")],
    store: Annotated[
        bool, typer.Option("--store", metavar="", help="Keep the events in the library, to search and filter by.")
    ] = False,
    library: LibraryOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Say what sounds when in recordings: start, end, probability and class of each event.

    With --store they are kept in the library instead of printed: `search` finds the recording and the time by the name
    of a class, `--where label=NAME` filters by it, `show` prints them.
    """
    from sonolux.annotators import resolve

    out = Output(as_json=as_json, quiet=quiet)
    detector = resolve(model)
    given = recordings or []
    failed = keep(detector, given, library, out, "heard") if store else _print(detector, given, out)
    if failed:
        raise typer.Exit(SOME_FAILED)


def _print(detector: Annotator, paths: Sequence[str], out: Output) -> int:
    """Print the events of files from anywhere; return how many failed."""
    from sonolux.types import Failure

    if not paths:
        raise typer.BadParameter("name a recording, or hear those of the library with --store")
    failed = 0
    for outcome in annotated(detector, paths):
        if isinstance(outcome, Failure):
            failed += 1
            out.complain(f"failed: {shown_path(outcome.path)}: {outcome.reason}")
            continue
        if out.as_json:
            out.record({"path": outcome.path, "annotations": [as_data(said) for said in outcome.annotations]})
            continue
        out.line(shown_path(outcome.path))
        for event in outcome.annotations:
            where = f"{clock(event.span.start)} - {clock(event.span.end)}" if event.span else ""
            out.line(f"{where}  {event.probability:.{DIGITS}f}  {event.label}")
    return failed

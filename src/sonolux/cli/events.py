"""``sonolux events``: what sounds when in recordings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sonolux.cli.annotating import DIGITS, RecordingsArgument, annotated_files, keep
from sonolux.cli.labelling import force_labels, unlike_in_words
from sonolux.cli.options import JsonOption, LibraryOption, QuietOption
from sonolux.cli.output import Output, shown_path
from sonolux.presentation.wording import clock

if TYPE_CHECKING:
    from sonolux.annotators.files import Annotated as AnnotatedFile


def events(
    recordings: RecordingsArgument = None,
    *,
    model: Annotated[str, typer.Option("--model", metavar="MODEL", help="Model folder of `sonolux train events`.")],
    everything: Annotated[
        bool,
        typer.Option("--all", metavar="", help="Name what is none of the classes too: as what it would be."),
    ] = False,
    store: Annotated[
        bool, typer.Option("--store", metavar="", help="Keep the events in the library, to search and filter by.")
    ] = False,
    library: LibraryOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Say what sounds when in recordings: start, end, probability and class of each event.

    What is less like anything that the model has learned than nearly all of its classes is "none" of them; the chance
    of that stands beside it.

    With --store they are kept in the library instead of printed: `search` finds the recording and the time by the name
    of a class, `--where label=NAME` filters by it, `show` prints them.
    """
    from sonolux.annotators import resolve
    from sonolux.presentation.data import annotated_as_data

    out = Output(as_json=as_json, quiet=quiet)
    detector = resolve(model)
    if everything:
        force_labels(detector, model)
    if store:
        keep(detector, recordings or [], library, out, "heard")
        return
    for file in annotated_files(detector, recordings or [], out):
        if as_json:
            out.record(annotated_as_data(file.path, file.annotations))
        else:
            _print(file, out)


def _print(file: AnnotatedFile, out: Output) -> None:
    out.line(shown_path(file.path))
    for event in file.annotations:
        where = f"{clock(event.span.start)} - {clock(event.span.end)}" if event.span else ""
        out.line(f"{where}  {event.probability:.{DIGITS}f}  {event.label}{unlike_in_words(event)}")

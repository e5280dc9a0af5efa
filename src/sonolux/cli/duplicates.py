"""``sonolux duplicates``: files that are copies of one another, and which of each to keep."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sonolux.cli.adding import complain_of
from sonolux.cli.exit_codes import SOME_FAILED
from sonolux.cli.options import JsonOption, LibraryOption, QuietOption
from sonolux.cli.output import Output, shown_path

if TYPE_CHECKING:
    from sonolux.library.copies import CopyGroup, CopyMember, CopyProgress

HEADINGS = {
    "identical": "identical, byte for byte:",
    "copies": "copies:",
    "parts": "parts:",
    "similar": "similar, no copies:",
}


def duplicates(
    library: LibraryOption = None,
    copies: Annotated[
        bool, typer.Option("--copies", metavar="", help="Only files that are the same, byte for byte.")
    ] = False,
    fast: Annotated[
        bool,
        typer.Option(
            "--fast", metavar="", help="Compare images by hash alone: what is cropped or written over is missed."
        ),
    ] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """List files that are copies of one another: resized, turned, cropped, trimmed and the like.

    The first of each group is the one to keep: the largest, and of the same size the one of the most bytes. Takes of
    one scene are listed as similar: none of them is a copy. Nothing is deleted.
    """
    from sonolux.library import Library
    from sonolux.library.copies import group_as_data

    out = Output(as_json=as_json, quiet=quiet)
    with Library(library) as opened, _bar(out) as progress:
        found = opened.copies(near=not copies, thorough=not fast, progress=progress)
    for number, group in enumerate(found.groups):
        if as_json:
            out.record(group_as_data(group))
        else:
            _print(out, group, first=not number)
    for note in found.notes:
        out.say(note)
    complain_of(found.failed, out, "not looked at")
    counts = {kind: sum(group.kind == kind for group in found.groups) for kind in HEADINGS}
    told = ", ".join(f"{count:,} {kind}" for kind, count in counts.items() if count)
    groups = f"{len(found.groups):,} group{'s' if len(found.groups) != 1 else ''}"
    out.say(f"{groups}: {told}" if told else f"no {'copies' if copies else 'duplicates'} found")
    if found.failed:
        raise typer.Exit(SOME_FAILED)


def _print(out: Output, group: CopyGroup, *, first: bool) -> None:
    if not first:
        out.line()
    out.line(HEADINGS[group.kind])
    keeps = group.kind in ("identical", "copies")
    for number, member in enumerate(group.members):
        kept = " (keep)" if keeps and not number else ""
        told = "; ".join(filter(None, (", ".join(member.alterations), _places(member))))
        out.line(f"  {shown_path(member.item.path)}{kept}{f': {told}' if told else ''}")


def _places(member: CopyMember) -> str:
    from sonolux.presentation.wording import place_in_words

    if member.span is None or member.kept_span is None:
        return ""
    return f"{place_in_words(member.span, None)} is {place_in_words(member.kept_span, None)} of the first"


@contextmanager
def _bar(out: Output) -> Iterator[CopyProgress | None]:
    """Show a bar of what is being done, where someone watches."""
    if not out.lively:
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Bars(*columns, console=console, transient=True) as bars:
        tasks: dict[str, Any] = {}

        def advance(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield advance

"""``sonolux copy``: a library to another home, which is its backup as well."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from sonolux.cli.options import CompressOption, CopiesOption, JsonOption, QuietOption, ShardsOption
from sonolux.cli.output import Output

if TYPE_CHECKING:
    from sonolux.library.library_copy import LibraryCopyProgress

HOME = "a folder, or http://host:6333/name on a cluster"


def copy(
    source: Annotated[str, typer.Argument(metavar="FROM", help=f"Library to copy: {HOME}.")],
    target: Annotated[str, typer.Argument(metavar="TO", help=f"New place for it: {HOME}.")],
    copies: CopiesOption = None,
    shards: ShardsOption = None,
    compress: CompressOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Copy a library from folder to cluster, back, or to another of its kind, and compare the two.

    Items, descriptors, judgements, interactions and fingerprints are copied; media stay where they are. Stop it at any
    time and run it again: it goes on where it was.
    """
    from sonolux.index.layout import ClusterLayout
    from sonolux.library import Library

    layout = ClusterLayout(copies, shards, compress)
    out = Output(as_json=as_json, quiet=quiet)
    with Library(source) as library, copy_bar(out) as advance:
        done = library.copy_to(target, advance, layout)
    if as_json:
        out.record(asdict(done))
        return
    spaces = ", ".join(done.spaces) or "no space"
    out.line(f"{done.points:,} points in {spaces} copied and compared, {done.written:,} of them written now")
    kept = [(done.judgements, "judgements"), (done.interactions, "interactions"), (done.recordings, "recordings")]
    for count, things in kept:
        if count:
            out.line(f"{count:,} {things}")
    if done.rounded:
        out.line(f"{done.rounded:,} descriptors differ in their last bits: the new home scaled them to length 1 again")


@contextmanager
def copy_bar(out: Output) -> Iterator[LibraryCopyProgress | None]:
    """Show a bar of the points that are copied, then compared, where someone watches."""
    if not out.lively:
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as drawn:
        bars: dict[str, TaskID] = {}

        def advance(doing: str, done: int, total: int) -> None:
            if doing not in bars:
                bars[doing] = drawn.add_task(doing, total=total)
            drawn.update(bars[doing], completed=done)

        yield advance

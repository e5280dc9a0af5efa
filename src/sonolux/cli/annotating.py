"""Annotating commands: what those share that say things of files, printed or kept in a library."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from sonolux.cli.exit_codes import SOME_FAILED
from sonolux.cli.output import Output, shown_path

if TYPE_CHECKING:
    from sonolux.annotators import Annotator
    from sonolux.annotators.files import Annotated as AnnotatedFile
    from sonolux.library.annotate import Annotations
    from sonolux.library.ingest.run import Progress
    from sonolux.types import Failure

DIGITS = 4
"""Of a probability."""

RecordingsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="RECORDING",
        help="Recordings and videos, or folders of them; with --store those of the library, by default all.",
        show_default=False,
    ),
]


def annotated_files(annotator: Annotator, paths: Sequence[str], out: Output) -> Iterator[AnnotatedFile]:
    """Annotate files from anywhere, one at least, in their order; what fails is complained of.

    Raises
    ------
    typer.Exit
        After all others, where some failed.
    """
    from sonolux.types import Failure

    if not paths:
        raise typer.BadParameter("name a file or a folder, or take those of the library with --store")
    failed = 0
    for outcome in _annotated(annotator, paths):
        if isinstance(outcome, Failure):
            failed += 1
            out.complain(f"failed: {shown_path(outcome.path)}: {outcome.reason}")
        else:
            yield outcome
    if failed:
        raise typer.Exit(SOME_FAILED)


def keep(annotator: Annotator, targets: Sequence[str], library: str | None, out: Output, done: str) -> None:
    """Annotate files of a library, and keep what is said of them; `done` says what is done.

    Raises
    ------
    typer.Exit
        Where some failed.
    """
    from dataclasses import asdict

    from sonolux.library import Library

    with Library(library) as opened:
        try:
            with _watched(out) as progress:
                summary = opened.annotate(annotator, *targets, progress=progress)
        except KeyboardInterrupt:
            out.say(f"stopped: what was {done} is kept; the same command goes on from there")
            raise
    if out.as_json:
        out.record(asdict(summary))
    else:
        _report(summary, out, done)
    if summary.failed:
        raise typer.Exit(SOME_FAILED)


def _report(summary: Annotations, out: Output, done: str) -> None:
    for failure in summary.failed:
        out.complain(f"failed: {shown_path(failure.path)}: {failure.reason}")
    counts = {done: summary.annotated, "unchanged": summary.unchanged, "failed": len(summary.failed)}
    told = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
    out.line(f"{told or 'nothing to do'} in {summary.seconds:.1f} s")


def _annotated(annotator: Annotator, paths: Sequence[str]) -> Iterator[AnnotatedFile | Failure]:
    """Annotate files and folders, and yield them in the order in which they were found."""
    from sonolux.annotators.files import annotate_files, windows_of
    from sonolux.media.finding import find
    from sonolux.media.paths import absolute
    from sonolux.media.reading import ReadOptions
    from sonolux.media.workers.pool import DecoderPool
    from sonolux.settings import settings
    from sonolux.types import Failure

    found = dict.fromkeys(find([absolute(path) for path in paths], real=True, inside=True))
    files = [file for file in found if isinstance(file, str)]
    done: dict[str, AnnotatedFile | Failure] = {one.path: one for one in found if isinstance(one, Failure)}
    order = [file.path if isinstance(file, Failure) else file for file in found]
    limits = settings()
    options = windows_of(annotator, ReadOptions.from_settings())
    with DecoderPool(limits.workers, options, timeout=limits.decode_seconds, memory=limits.decode_memory) as pool:
        outcomes = annotate_files(annotator, files, pool)
        for path in order:
            while path not in done:
                outcome = next(outcomes)
                done[outcome.path] = outcome
            yield done.pop(path)


@contextmanager
def _watched(out: Output) -> Iterator[Progress | None]:
    """Count the files that are done with, where someone watches."""
    if not out.lively:
        yield None
        return
    from rich.console import Console

    with Console(stderr=True, highlight=False, markup=False, emoji=False).status("working") as status:
        yield lambda done, _: status.update(f"{done:,} files done")

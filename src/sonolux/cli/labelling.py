"""``sonolux label``: what pictures show and sounds are, by a model that names it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sonolux.cli import SOME_FAILED
from sonolux.cli.options import JsonOption, LibraryOption, QuietOption
from sonolux.cli.output import Output, shown_path

if TYPE_CHECKING:
    from sonolux.annotators import Annotator
    from sonolux.annotators.files import Annotated as AnnotatedFile
    from sonolux.library.adding import Progress
    from sonolux.types import Annotation, Failure, Modality

DIGITS = 4
"""Of a probability."""


def label(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE",
            help="Pictures, sounds, or folders of them; with --store files, folders or ids of the library (all).",
            show_default=False,
        ),
    ] = None,
    *,
    model: Annotated[
        str, typer.Option("--model", metavar="MODEL", help="Model folder with labels, or a registered annotator.")
    ],
    k: Annotated[int, typer.Option("-k", metavar="N", min=1, help="Labels a file, or a part of it.")] = 5,
    store: Annotated[
        bool, typer.Option("--store", metavar="", help="Keep the labels in the library, to search and filter by.")
    ] = False,
    library: LibraryOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Say what pictures show and sounds are: the most probable labels of each, with their probabilities.

    With --store the labels are kept in the library instead of printed: `search` finds them as words, `--where
    label=NAME` filters by them, `show` prints them. Files that the model has labelled already are skipped.
    """
    from sonolux.annotators import resolve

    out = Output(as_json=as_json, quiet=quiet)
    annotator = resolve(model)
    annotator.k = k
    failed = (
        keep(annotator, files or [], library, out, "labelled") if store else print_labels(annotator, files or [], out)
    )
    if failed:
        raise typer.Exit(SOME_FAILED)


def print_labels(annotator: Annotator, paths: Sequence[str], out: Output) -> int:
    """Annotate files from anywhere and print what is said of them; return how many failed."""
    from sonolux.types import Failure

    if not paths:
        raise typer.BadParameter("name a picture or sound, or label those of the library with --store")
    failed = printed = 0
    for outcome in annotated(annotator, paths):
        if isinstance(outcome, Failure):
            failed += 1
            out.complain(f"failed: {shown_path(outcome.path)}: {outcome.reason}")
        elif out.as_json:
            out.record({"path": outcome.path, "annotations": [as_data(said) for said in outcome.annotations]})
        else:
            if printed:
                out.line()
            _print_block(outcome, annotator.modality, out)
            printed += 1
    return failed


def keep(annotator: Annotator, targets: Sequence[str], library: str | None, out: Output, done: str) -> int:
    """Annotate files of a library, and keep what is said of them; return how many failed. `done` says what is done."""
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
        return len(summary.failed)
    for failure in summary.failed:
        out.complain(f"failed: {shown_path(failure.path)}: {failure.reason}")
    counts = {done: summary.annotated, "unchanged": summary.unchanged, "failed": len(summary.failed)}
    told = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
    out.line(f"{told or 'nothing to do'} in {summary.seconds:.1f} s")
    return len(summary.failed)


def as_data(annotation: Annotation) -> dict[str, Any]:
    """Return an annotation as plain data; ``start`` and ``end`` null where it is of all of a file."""
    span = annotation.span
    return {
        "label": annotation.label,
        "probability": annotation.probability,
        "start": span.start if span else None,
        "end": span.end if span else None,
        "box": annotation.box,
        "annotator": annotation.annotator,
    }


def rows_of(annotations: Iterable[Annotation]) -> Iterator[str]:
    """Put annotations in lines: the probability, then the label."""
    return (f"{annotation.probability:.{DIGITS}f}  {annotation.label}" for annotation in annotations)


@contextmanager
def _watched(out: Output) -> Iterator[Progress | None]:
    """Count the files that are done with, where someone watches."""
    if not out.lively:
        yield None
        return
    from rich.console import Console

    with Console(stderr=True, highlight=False, markup=False, emoji=False).status("working") as status:
        yield lambda done, _: status.update(f"{done:,} files done")


def annotated(annotator: Annotator, paths: Sequence[str]) -> Iterator[AnnotatedFile | Failure]:
    """Annotate files and folders, and yield them in the order in which they were found."""
    from sonolux.annotators.files import annotate_files, windows_of
    from sonolux.library.items import absolute
    from sonolux.media.finding import find
    from sonolux.media.pool import DecoderPool
    from sonolux.media.reading import ReadOptions
    from sonolux.settings import settings
    from sonolux.types import Failure

    found = dict.fromkeys(find([absolute(path) for path in paths]))
    files = [file for file in found if isinstance(file, str)]
    done: dict[str, AnnotatedFile | Failure] = {one.path: one for one in found if isinstance(one, Failure)}
    order = [file.path if isinstance(file, Failure) else file for file in found]
    limits = settings()
    options = windows_of(annotator, ReadOptions.from_settings())
    with DecoderPool(limits.workers, options, silence=limits.decode_seconds, memory=limits.decode_memory) as pool:
        outcomes = annotate_files(annotator, files, pool)
        for path in order:
            while path not in done:
                outcome = next(outcomes)
                done[outcome.path] = outcome
            yield done.pop(path)


def _print_block(annotated: AnnotatedFile, modality: Modality, out: Output) -> None:
    """Print a file's path and its labels, place by place."""
    from sonolux.retrieval.wording import span_in_words

    out.line(shown_path(annotated.path))
    for span, said in groupby(annotated.annotations, key=lambda annotation: annotation.span):
        if span is not None:
            out.line(span_in_words(span, modality))
        for row in rows_of(said):
            out.line(row)

"""``sonolux read``: the text in pictures and in scanned documents, line by line."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer

from sonolux.cli.annotating import annotated_files, keep
from sonolux.cli.labelling import rows_of
from sonolux.cli.options import JsonOption, LibraryOption, QuietOption
from sonolux.cli.output import Output, shown_path

if TYPE_CHECKING:
    from sonolux.annotators.files import Annotated as AnnotatedFile


def read(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE",
            help="Pictures, scanned PDFs, videos, or folders of them; with --store those of the library (all).",
            show_default=False,
        ),
    ] = None,
    *,
    model: Annotated[str, typer.Option("--model", metavar="MODEL", help="A registered annotator that reads.")] = "ocr",
    store: Annotated[
        bool, typer.Option("--store", metavar="", help="Keep the lines in the library, to search and filter by.")
    ] = False,
    library: LibraryOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Read the text in pictures: the lines of each, with how sure they are and where they stand.

    With --store the lines are kept in the library instead of printed: `search` finds pictures and pages by their
    words, `--where text~WORDS` filters by them, `show` prints them. Files that were read already are skipped.
    """
    from sonolux.annotators import resolve
    from sonolux.presentation.data import annotated_as_data

    out = Output(as_json=as_json, quiet=quiet)
    annotator = resolve(model)
    if store:
        keep(annotator, files or [], library, out, "read")
        return
    for number, file in enumerate(annotated_files(annotator, files or [], out)):
        if as_json:
            out.record(annotated_as_data(file.path, file.annotations))
            continue
        if number:
            out.line()
        _print(file, out)


def _print(file: AnnotatedFile, out: Output) -> None:
    """Print a file's path and its lines, page by page."""
    from sonolux.presentation.wording import span_in_words

    out.line(shown_path(file.path))
    if not file.annotations:
        out.line("no text")
    for span, said in groupby(file.annotations, key=lambda annotation: annotation.span):
        if span is not None:
            out.line(span_in_words(span))
        for row in rows_of(said):
            out.line(row)

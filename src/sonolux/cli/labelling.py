"""``sonolux label``: what pictures show and sounds are, by a model that names it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer

from sonolux.cli.annotating import DIGITS, annotated_files, keep
from sonolux.cli.options import JsonOption, LibraryOption, QuietOption
from sonolux.cli.output import Output, shown_path

if TYPE_CHECKING:
    from sonolux.annotators import Annotator
    from sonolux.annotators.files import Annotated as AnnotatedFile
    from sonolux.types import Annotation


def label(  # noqa: PLR0913 - one parameter an option
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
        str,
        typer.Option(
            "--model",
            metavar="MODEL",
            help="Model folder with labels, or a registered annotator; photo-labels knows ImageNet's 1,000 classes.",
        ),
    ] = "photo-labels",
    k: Annotated[int, typer.Option("-k", metavar="N", min=1, help="Labels a file, or a part of it.")] = 5,
    everything: Annotated[
        bool,
        typer.Option(
            "--all",
            metavar="",
            help="Label what is none of the classes too: as what it would be, had it to be one.",
        ),
    ] = False,
    store: Annotated[
        bool, typer.Option("--store", metavar="", help="Keep the labels in the library, to search and filter by.")
    ] = False,
    library: LibraryOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Say what pictures show and sounds are: the most probable labels of each, with their probabilities.

    What is less like anything that the model has learned than nearly all of its classes is "none" of them; the chance
    of that stands beside it.

    With --store the labels are kept in the library instead of printed: `search` finds them as words, `--where
    label=NAME` filters by them, `show` prints them. Files that the model has labelled already are skipped.
    """
    from sonolux.annotators import resolve
    from sonolux.presentation.data import annotated_as_data

    out = Output(as_json=as_json, quiet=quiet)
    annotator = resolve(model)
    annotator.k = k
    if everything:
        force_labels(annotator, model)
    if store:
        keep(annotator, files or [], library, out, "labelled")
        return
    for number, file in enumerate(annotated_files(annotator, files or [], out)):
        if as_json:
            out.record(annotated_as_data(file.path, file.annotations))
            continue
        if number:
            out.line()
        _print(file, out)


def force_labels(annotator: Annotator, model: str) -> None:
    """Have a classifier, or a detector of events, name what is none of its classes as well."""
    from sonolux.annotators.classifier import Classifier
    from sonolux.annotators.event_detector import EventDetector

    if not isinstance(annotator, Classifier | EventDetector):
        raise typer.BadParameter(f"--all is for a model folder with labels: {model} has no classes to be none of")
    annotator.force()


def rows_of(annotations: Iterable[Annotation]) -> Iterator[str]:
    """Put annotations in lines: the probability, the label, and where it is in the image."""
    from sonolux.presentation.wording import region_in_words

    for one in annotations:
        where = f"  {region_in_words(one.region)}" if one.region else ""
        yield f"{one.probability:.{DIGITS}f}  {one.label}{where}{unlike_in_words(one)}"


def unlike_in_words(said: Annotation) -> str:
    """Say how seldom what the classes hold is as unlike them; empty for what is one of them."""
    from sonolux.annotators.none import NONE
    from sonolux.presentation.wording import chance_in_words

    if said.label != NONE or said.chance is None:
        return ""
    return f"  ({chance_in_words(said.chance)} of what the classes hold is as unlike them)"


def _print(annotated: AnnotatedFile, out: Output) -> None:
    """Print a file's path and its labels, place by place."""
    from sonolux.presentation.wording import span_in_words

    out.line(shown_path(annotated.path))
    for span, said in groupby(annotated.annotations, key=lambda annotation: annotation.span):
        if span is not None:
            out.line(span_in_words(span))
        for row in rows_of(said):
            out.line(row)

"""Publishing of benchmarks: the command group, folders of data and work, and the page of tables."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sonolux.cli.output import Output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sonolux.evaluation.benchmarks.report import Report
    from sonolux.evaluation.scorecard import Scorecard

app = typer.Typer(help="Measure, print, and write the table into a page.", no_args_is_help=True)

PageOption = Annotated[Path, typer.Option("--page", help="Page of benchmarks to write the table into.")]
DataOption = Annotated[Path | None, typer.Option(help="Folder of JPEG files.", show_default=False)]
SetsOption = Annotated[Path | None, typer.Option(help="Folder of the data sets.", show_default=False)]
WorkOption = Annotated[Path, typer.Option(help="Folder where trained models are kept.")]
PAGE = Path("docs/benchmarks.md")


def data_folder() -> Path:
    """Return the folder of the data sets, which SONOLUX_DATA names."""
    return Path(os.environ.get("SONOLUX_DATA", "../shared/data"))


def photos_folder() -> Path:
    """Return the folder of the sample of ImageNet."""
    return data_folder() / "imagenet_sample"


def publish(report: Report, page: Path) -> None:
    """Print a table, and write it into a page."""
    report.write(page)
    typer.echo(report.markdown())


def publish_scores(cards: Sequence[Scorecard], report: Report, page: Path, out: Output) -> None:
    """Print the table, or the scores as JSON, and write the table into a page."""
    if not out.as_json:
        publish(report, page)
        return
    report.write(page)
    for card in cards:
        out.record(card.as_data())

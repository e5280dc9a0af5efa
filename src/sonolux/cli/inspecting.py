"""``--check`` and ``--label`` of ``sonolux train``: data looked at before it is learned from, labels of a library."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sonolux.cli.exit_codes import SOME_FAILED
from sonolux.cli.learning import report_read
from sonolux.cli.output import Output, shown_path

if TYPE_CHECKING:
    from sonolux.training.data.images import ImageSet
    from sonolux.training.data.sounds import SoundSet
    from sonolux.training.data.sources import FoundFiles
    from sonolux.training.inspection.findings import Inspection

OptionalOutOption = Annotated[
    Path | None, typer.Option("--out", metavar="FOLDER", help="Folder of the model to be.", show_default=False)
]
CheckOption = Annotated[
    bool, typer.Option("--check", metavar="", help="Look only: write a page of doubts, and a table to mend labels by.")
]
KnownLabelOption = Annotated[
    str,
    typer.Option(
        metavar="KEY",
        help="With a library as --data: its labels are keywords, rating, genre, label, judged ...",
        show_default=False,
    ),
]

LOOK_SIDES = (160, 64)
"""Pixels a side at which pictures are looked at: of up to `FEW`, and of more."""

FEW = 5_000


def wanted_out(out: Path | None) -> Path:
    """Return the folder of the model to be, which a training needs."""
    if out is None:
        raise typer.BadParameter("Missing option '--out': the folder of the model to be, or --check to look only.")
    return out


def find_data(data: Path, label: str, things: str) -> Path | FoundFiles:
    """Return the files of a library with its own labels; the path itself where it is none.

    Raises
    ------
    TrainingError
        For a library without ``--label``, or the other way round.
    """
    from sonolux.errors import TrainingError
    from sonolux.media.finding import LIBRARY_FILE

    library = (data / LIBRARY_FILE).is_file()
    if not label and library:
        raise TrainingError(f"{data} is a library: say with --label what of it is the label, --label keywords for one")
    if not label:
        return data
    if not library:
        raise TrainingError(f"{data} is no library: --label takes labels from one; folders and tables bring their own")
    from sonolux.library import Library
    from sonolux.library.labelled import labelled_files
    from sonolux.types import Modality

    with Library(data) as opened:
        return labelled_files(opened, label, Modality.AUDIO if things == "sounds" else Modality.IMAGE)


def report_look(data: Path, found: Path | FoundFiles, things: str, talk: Output, rate: int = 16_000) -> None:
    """Look at data, and write the page and the table.

    Raises
    ------
    typer.Exit
        Afterwards, where files are left out.
    """
    from sonolux.errors import TrainingError
    from sonolux.extras import require
    from sonolux.training.data.sources import check_classes
    from sonolux.training.inspection.findings import inspect_items
    from sonolux.training.inspection.mending import free_files, write_table
    from sonolux.training.inspection.page import write_inspection

    require("--check", "cleanlab", error=TrainingError)
    items = report_read(_read(found, things, rate), lambda read: f"{len(read):,} {things}", talk)
    check_classes(items, fewest=1)
    page, table = free_files(data, Path())
    inspection = inspect_items(items)
    write_table(inspection, table)
    write_inspection(inspection, page, table.name)
    _report(inspection, page, table, talk)
    if items.failed:
        raise typer.Exit(SOME_FAILED)


def look_briefly(items: ImageSet | SoundSet, talk: Output) -> None:
    """Say what is seen at once: what has two labels, classes alike by name, pictures of one colour."""
    from sonolux.training.inspection.findings import COPIES, inspect_items, summary

    if items.labels is None:
        return
    inspection = inspect_items(items, thorough=False)
    lines = summary(inspection)
    talk.say(lines[0])
    for line in lines[1:]:
        talk.complain(line)
    if any(finding.kind != COPIES for finding in inspection.findings):
        talk.complain("--check shows them, and writes a table to mend labels by")


def _read(found: Path | FoundFiles, things: str, rate: int) -> ImageSet | SoundSet:
    if things == "sounds":
        from sonolux.training.data.sounds import make_sound_input, read_sounds

        return read_sounds(found, make_sound_input(rate))
    from sonolux.training.data.folders import files_at
    from sonolux.training.data.images import read_images
    from sonolux.training.data.packed import is_packed

    if isinstance(found, Path) and not is_packed(found):
        found = files_at(found.expanduser(), things)
    count = FEW + 1 if isinstance(found, Path) else len(found.paths)
    return read_images(found, LOOK_SIDES[count > FEW])


def _report(inspection: Inspection, page: Path, table: Path, talk: Output) -> None:
    """Print what was found, and where it is to be seen and mended."""
    from sonolux.training.data.sources import counts_of
    from sonolux.training.inspection.findings import summary

    if talk.as_json:
        paths = inspection.items.paths
        for one in inspection.findings:
            files = [paths[row] for row in one.rows]
            talk.record({"finding": one.kind, "files": files, "reason": one.reason, "instead": one.instead})
        for failure in inspection.failed:
            talk.record({"finding": "left out", "files": [failure.path], "reason": failure.reason, "instead": ""})
        talk.record({"classes": counts_of(inspection.items), "page": str(page), "table": str(table)})
        return
    for line in summary(inspection):
        talk.line(line)
    talk.line(f"look: {shown_path(str(page))}; mend: {shown_path(str(table))}, then train with --data {table.name}")

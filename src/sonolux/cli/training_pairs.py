"""``sonolux train align``: a space of several modalities, from what belongs together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from sonolux.cli.learning import (
    ADD,
    DevicesOption,
    EpochsOption,
    FilesOption,
    LicenceOption,
    OutOption,
    SeedOption,
    SetOption,
    ThawedOption,
    TowerOption,
    prepare_training,
    report_read,
    train_and_report,
)
from sonolux.cli.options import JsonOption, LibraryOption, QuietOption
from sonolux.cli.output import Output

if TYPE_CHECKING:
    from sonolux.training.alignment.pairs import PairSet


class PairDescription(NamedTuple):
    """By what pairs are described: towers by modality, the space known before, and the layer to thaw from."""

    towers: dict[str, Sequence[str]]
    known: str
    thawed: str


def align(  # noqa: PLR0913, PLR0917 - one parameter an option
    out: OutOption,
    pairs: Annotated[
        Path | None,
        typer.Option(
            "--pairs",
            metavar="PATH",
            help="Table with a column a modality (image,text), a video, or a folder of videos.",
            show_default=False,
        ),
    ] = None,
    annotated: Annotated[
        bool, typer.Option("--annotated", metavar="", help="Learn from what the library says of its items.")
    ] = False,
    library: LibraryOption = None,
    files: FilesOption = None,
    tower: TowerOption = None,
    known: Annotated[
        str, typer.Option(metavar="SPACE", help="Space that they have shared before; none for nothing.")
    ] = "concepts",
    loss: Annotated[
        str | None, typer.Option(metavar="NAME", help="contrastive or triplet.", show_default=False)
    ] = None,
    thawed: ThawedOption = None,
    epochs: EpochsOption = None,
    seed: SeedOption = 0,
    devices: DevicesOption = 1,
    setting: SetOption = None,
    licence: LicenceOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Train a space in which what belongs together finds each other: words images, images sounds.

    A tenth of the things is held out, and tells how often each finds what belongs to it among them. With --thawed the
    last layers of the network of pictures learn too, where that helps on things that score nothing; stop that at any
    time and run it again: it goes on from the last whole epoch.
    """
    from sonolux.training.alignment.train import train_align

    talk = Output(as_json=as_json, quiet=quiet)
    recipe = prepare_training("align", out, setting, talk, devices, seed=seed, loss=loss, epochs=epochs, thawed=thawed)
    towers = towers_of(tower or [])
    if (pairs is None) != annotated:
        raise typer.BadParameter("pairs come from --pairs PATH or from --annotated, one of them")
    how = PairDescription(towers, "" if known == "none" else known, recipe.thawed)
    described = report_read(_read(pairs, library, files, how), _counted, talk)
    train_and_report(
        lambda progress: train_align(described, recipe, out, licence, progress), described, ADD, talk, devices
    )


def _read(pairs: Path | None, library: str | None, files: Path | None, how: PairDescription) -> PairSet:
    from sonolux.training.alignment.pair_reading import describe_lines, read_pairs

    if pairs is not None:
        return read_pairs(pairs, how.towers, folder=files, known=how.known, thawed=how.thawed)
    from sonolux.library import Library
    from sonolux.library.annotated_pairs import annotated_lines

    with Library(library) as opened:
        location, lines = opened.location, annotated_lines(opened)
    return describe_lines(location, lines, how.towers, known=how.known, thawed=how.thawed)


def _counted(read: PairSet) -> str:
    counts = ", ".join(f"{len(rows):,} of {modality}" for modality, rows in read.views.items())
    return f"{len(read.pairs):,} pairs: {counts}"


def towers_of(given: Sequence[str]) -> dict[str, Sequence[str]]:
    """Return the encoders of each modality as people write them."""
    towers: dict[str, list[str]] = {}
    for one in given:
        modality, equals, spec = one.partition("=")
        if not equals or not spec.strip():
            raise typer.BadParameter(f"a tower reads MODALITY=ENCODER, such as audio=music, not {one!r}")
        towers.setdefault(modality.strip().lower(), []).append(spec.strip())
    return dict(towers)

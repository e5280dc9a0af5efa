"""``sonolux train fuse``: one answer from several modalities."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sonolux.cli.learning import (
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
from sonolux.cli.options import JsonOption, QuietOption
from sonolux.cli.output import Output
from sonolux.cli.training_pairs import towers_of


def fuse(  # noqa: PLR0913, PLR0917 - one parameter an option
    data: Annotated[
        Path,
        typer.Option(metavar="CSV", help="Table with a column a modality and the answer's.", show_default=False),
    ],
    out: OutOption,
    target: Annotated[str, typer.Option(metavar="NAME", help="genre, mood, labels or factors.")] = "labels",
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Column of the answer; may be repeated.", show_default=False),
    ] = None,
    fusion: Annotated[
        str | None, typer.Option(metavar="NAME", help="early, late or attention.", show_default=False)
    ] = None,
    adversarial: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            help="Of attention: how much it counts that modalities cannot be told apart; 0.1, say (0).",
            show_default=False,
        ),
    ] = None,
    in_noise: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            help="Probability that a picture or sound is learned from as it is in noise; 0.5, say (0).",
            show_default=False,
        ),
    ] = None,
    files: FilesOption = None,
    tower: TowerOption = None,
    thawed: ThawedOption = None,
    epochs: EpochsOption = None,
    seed: SeedOption = 0,
    devices: DevicesOption = 1,
    setting: SetOption = None,
    licence: LicenceOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Train one answer from picture, sound and words together, some of which may be missing.

    A tenth of the items is held out, and tells how good the answers are: with all there is, and with each modality
    alone. With --thawed the last layers of the network of pictures learn too, where that helps on items that score
    nothing; stop that at any time and run it again: it goes on from the last whole epoch.
    """
    from sonolux.training.fusion.tables import read_fusion
    from sonolux.training.fusion.train import train_fuse

    talk = Output(as_json=as_json, quiet=quiet)
    recipe = prepare_training(
        "fuse", out, setting, talk, devices, seed=seed, fusion=fusion, adversarial=adversarial, in_noise=in_noise,
        epochs=epochs, thawed=thawed,
    )  # fmt: skip
    towers, noise = towers_of(tower or []), bool(recipe.in_noise)
    items = report_read(
        read_fusion(data, target, column or (), towers, folder=files, thawed=recipe.thawed, in_noise=noise),
        lambda read: f"{len(read):,} items by {', '.join(read.widths)}; {len(read.names)} answers",
        talk,
    )
    then = "in Python, sonolux.encoders.trained.fused.FusedModel:"
    train_and_report(lambda progress: train_fuse(items, recipe, out, licence, progress), items, then, talk, devices)

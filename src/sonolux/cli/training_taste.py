"""``sonolux train taste``: what content foretells of who plays it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from sonolux.cli.learning import (
    ADD,
    DevicesOption,
    EpochsOption,
    LicenceOption,
    OutOption,
    SeedOption,
    SetOption,
    prepare_training,
    report_read,
    train_and_report,
)
from sonolux.cli.options import JsonOption, QuietOption
from sonolux.cli.output import Output
from sonolux.cli.training_pairs import towers_of

METHODS = ("mlr", "linear", "mlp", "cnn-mse", "cnn-wpe")
CONTENTS = ("audio", "image", "text", "all")


def taste(  # noqa: PLR0913, PLR0917 - one parameter an option
    items: Annotated[
        Path,
        typer.Option(
            metavar="CSV", help="Items: item,path, or item,text, or item,image,audio,text.", show_default=False
        ),
    ],
    plays: Annotated[Path, typer.Option(metavar="CSV", help="Who plays what: user,item,plays.", show_default=False)],
    out: OutOption,
    method: Annotated[str, typer.Option(metavar="NAME", help=f"{', '.join(METHODS)}.")] = "linear",
    content: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND", help=f"{', '.join(CONTENTS)}; repeat it to learn from several.", show_default="audio"
        ),
    ] = None,
    fusion: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="How several contents are fused: early (features side by side) or late (predictions averaged).",
            show_default=False,
        ),
    ] = None,
    tower: Annotated[
        list[str] | None,
        typer.Option(
            "--tower",
            metavar="KIND=ENCODER",
            help="Describe a content by an encoder (image=photo), for linear, mlp and mlr.",
            show_default=False,
        ),
    ] = None,
    factors: Annotated[int, typer.Option(metavar="N", min=1, help="Numbers of a user and an item.")] = 32,
    image_size: Annotated[int, typer.Option(metavar="N", min=8, help="Pixels of an image.")] = 32,
    epochs: EpochsOption = None,
    seed: SeedOption = 0,
    devices: DevicesOption = 1,
    setting: SetOption = None,
    licence: LicenceOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Train a descriptor that foretells who plays an item, from its sound, picture or words, or all of them.

    Plays become factors of users and items; the model predicts those of an item that nobody has played yet.
    """
    from sonolux.extras import require
    from sonolux.training.recommendation.recipe import FactorisationRecipe
    from sonolux.training.recommendation.train import train_taste

    talk = Output(as_json=as_json, quiet=quiet)
    if method not in METHODS:
        raise typer.BadParameter(f"--method is one of {', '.join(METHODS)}, not {method}")
    asked = content or ["audio"]
    unknown = [kind for kind in asked if kind not in CONTENTS]
    if unknown:
        raise typer.BadParameter(f"--content is one of {', '.join(CONTENTS)}, not {unknown[0]}")
    towers = _towers(tower or [])
    require("training", "implicit")
    recipe = prepare_training(f"taste-{method}", out, setting, talk, devices, seed=seed, epochs=epochs, fusion=fusion)

    from sonolux.training.recommendation.data import ReadTastes, read_tastes

    def counted(read: ReadTastes) -> str:
        without = f"; {read.unplayed:,} nobody plays are left out" if read.unplayed else ""
        contents = getattr(read.tastes, "contents", None)
        by = "" if contents is None else "; " + ", ".join(f"{len(one):,} of {kind}" for kind, one in contents.items())
        return f"{len(read.users):,} users, {len(read.items):,} items{by}{without}"

    factorisation = FactorisationRecipe(factors=factors, seed=seed)
    bags = not method.startswith("cnn")
    read = read_tastes(items, plays, asked, factorisation, side=image_size, cepstra=bags, towers=towers)
    report_read(read, counted, talk)
    train_and_report(
        lambda progress: train_taste(read.tastes, recipe, out, licence, progress), read, ADD, talk, devices
    )


def _towers(given: Sequence[str]) -> dict[str, str]:
    towers: dict[str, str] = {}
    for kind, specs in towers_of(given).items():
        if kind not in CONTENTS[:-1] or len(specs) > 1:
            why = "twice" if len(specs) > 1 else "unknown"
            raise typer.BadParameter(f"--tower describes each of {', '.join(CONTENTS[:-1])} once: {kind} is {why}")
        towers[kind] = specs[0]
    return towers

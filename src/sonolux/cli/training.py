"""``sonolux train``: descriptors and labels from your own pictures and sounds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sonolux.cli import training_sounds
from sonolux.cli.learning import (
    ADD,
    EpochsOption,
    LicenceOption,
    OutOption,
    SeedOption,
    SetOption,
    prepare_training,
    progress_bar,
    report_model,
    report_read,
    train_and_report,
)
from sonolux.cli.options import JsonOption, LibraryOption, QuietOption
from sonolux.cli.output import Output

if TYPE_CHECKING:
    from sonolux.training.data.images import ImageSet
    from sonolux.training.hashing.recipes import AutoencoderRecipe

app = typer.Typer(
    help="Train descriptors or labels on your own pictures and sounds, or a space to your taste.",
    no_args_is_help=True,
)

DataOption = Annotated[
    Path,
    typer.Option(
        metavar="PATH",
        help="Folder of pictures (a folder a class for labels), .csv with path,label, or a packed data set.",
        show_default=False,
    ),
]
MethodOption = Annotated[
    str,
    typer.Option(
        metavar="NAME", help="ae, contrastive, distilled, supervised, pca, whiten, fisher, lsh, itq, spectral."
    ),
]
BitsOption = Annotated[
    int | None, typer.Option(metavar="N", min=1, help="Length of the code (256).", show_default=False)
]
ImageSizeOption = Annotated[
    int | None,
    typer.Option(
        "--image-size",
        "--side",
        metavar="N",
        min=8,
        help="Pictures are resized to so many pixels (32, or as the model in --from).",
        show_default=False,
    ),
]
PretrainedOption = Annotated[
    str,
    typer.Option(
        "--from", "--pretrained", metavar="MODEL", help="Model folder or checkpoint to start from.", show_default=False
    ),
]
NetworkOption = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Architecture (of the method, mostly small-resnet).", show_default=False),
]
FrozenOption = Annotated[
    bool, typer.Option("--frozen", metavar="", help="With --from: only the last layer learns, all others stay.")
]


@app.command()
def codes(  # noqa: PLR0913, PLR0917 - one parameter an option
    data: DataOption,
    out: OutOption,
    method: MethodOption = "contrastive",
    bits: BitsOption = None,
    epochs: EpochsOption = None,
    image_size: ImageSizeOption = None,
    network: NetworkOption = None,
    pretrained: PretrainedOption = "",
    seed: SeedOption = 0,
    setting: SetOption = None,
    licence: LicenceOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Train binary codes, without labels or with them.

    Method ae learns from more than pictures: with --set inputs=words from texts (a folder, or a .csv with a column text
    or path), with --set inputs=numbers from rows (.csv or .npy). Stop it at any time and run it again: it goes on from
    the last whole epoch.
    """
    from sonolux.errors import TrainingError
    from sonolux.training.hashing.recipes import AutoencoderRecipe, CodeRecipe, ProjectionRecipe
    from sonolux.training.hashing.train import train_codes
    from sonolux.training.loop.warm_start import network_of, size_of
    from sonolux.training.recipes import takes_architecture

    talk = Output(as_json=as_json, quiet=quiet)
    if pretrained and method == "ae":
        raise TrainingError("an autoencoder starts from no other model: leave --from away")
    taken = {} if network or not takes_architecture(method) else network_of(pretrained)
    recipe = prepare_training(
        method,
        out,
        setting,
        talk,
        bits=bits,
        seed=seed,
        epochs=epochs,
        image_size=image_size or size_of(pretrained),
        architecture=network or taken.get("architecture"),
        arguments=taken.get("arguments") or None,
        pretrained=pretrained or None,
    )
    if not isinstance(recipe, CodeRecipe | ProjectionRecipe):
        raise TrainingError(f"{method} learns no codes: see sonolux train --help")
    if isinstance(recipe, AutoencoderRecipe) and recipe.inputs != "images":
        _codes_of_rows(data, recipe, out, licence, talk)
        return
    images = read(data, recipe.image_size, talk)
    train_and_report(lambda progress: train_codes(images, recipe, out, licence, progress), images, ADD, talk)


@app.command()
def labels(  # noqa: PLR0913, PLR0917 - one parameter an option
    data: DataOption,
    out: OutOption,
    pretrained: PretrainedOption = "",
    frozen: FrozenOption = False,
    network: NetworkOption = None,
    epochs: EpochsOption = None,
    image_size: ImageSizeOption = None,
    seed: SeedOption = 0,
    setting: SetOption = None,
    licence: LicenceOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Train a classifier that names what pictures show, from a folder a class.

    With --from it starts from another model, whose network it takes over unless --network names one. The probabilities
    that it gives are calibrated on pictures held out. Stop it at any time and run it again: it goes on from the last
    whole epoch.
    """
    from sonolux.training.classification.balance import decide_balance
    from sonolux.training.classification.images import train_labels
    from sonolux.training.data.sources import check_classes, counts_of
    from sonolux.training.loop.warm_start import network_of

    talk = Output(as_json=as_json, quiet=quiet)
    asked = {"architecture": network} if network else network_of(pretrained)
    asked |= {"seed": seed, "epochs": epochs, "pretrained": pretrained, "frozen": frozen or None}
    recipe = prepare_training(
        "labels", out, setting, talk, **asked | ({"image_size": image_size} if image_size else {})
    )
    images = read(data, recipe.image_size, talk)
    check_classes(images)
    recipe = decide_balance(recipe, images)
    if recipe.balanced:
        talk.say(
            f"{unequal(counts_of(images))}: every class counts the same; --set balanced=false counts every picture so"
        )
    train_and_report(
        lambda progress: train_labels(images, recipe, out, licence, progress),
        images,
        "sonolux label IMAGE --model",
        talk,
    )


app.command()(training_sounds.sounds)
app.command()(training_sounds.events)
app.command()(training_sounds.speech)
app.command()(training_sounds.fingerprints)


@app.command()
def feedback(
    out: OutOption,
    space: Annotated[str, typer.Option(metavar="NAME", help="Space of the library to learn in.", show_default=False)],
    library: LibraryOption = None,
    seed: SeedOption = 0,
    setting: SetOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Train a space to your taste, from what you liked and disliked with `sonolux judge`.

    The model projects the descriptors of a space that the library has. A fifth of the questions is held out; a model
    that does not answer them better is not written.
    """
    from sonolux.library import Library
    from sonolux.training.feedback.train import train_feedback

    talk = Output(as_json=as_json, quiet=quiet)
    recipe = prepare_training("feedback", out, setting, talk, seed=seed)
    with Library(library) as opened:
        judged = opened.feedback_set(space)
    talk.say(f"{judged.judgements:,} judgements, {len(judged.questions):,} questions to learn from in {space}")
    with progress_bar(talk) as progress:
        saved = train_feedback(judged, recipe, out, progress)
    report_model(saved, talk, ADD)


@app.command()
def captions(  # noqa: PLR0913, PLR0917 - one parameter an option
    table: Annotated[
        Path,
        typer.Argument(metavar="TABLE", help="A .csv, or .tsv, with a path and a sentence a line.", show_default=False),
    ],
    out: OutOption,
    pictures: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="That paths are relative to (that of the table).", show_default=False),
    ] = None,
    seed: SeedOption = 0,
    setting: SetOption = None,
    licence: LicenceOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Train a space in which your own words find your photos, from photos with captions.

    A photo may have several captions, one a line. A tenth of the photos is held out, and tells how often a caption
    finds its photo among them.
    """
    from sonolux.training.alignment.data import read_captions
    from sonolux.training.alignment.train import train_captions

    talk = Output(as_json=as_json, quiet=quiet)
    recipe = prepare_training("captions", out, setting, talk, seed=seed)
    described = report_read(
        read_captions(table, pictures), lambda read: f"{len(read):,} photos, {len(read.owners):,} captions", talk
    )
    for note in described.notes:
        talk.complain(note)
    train_and_report(lambda progress: train_captions(described, recipe, out, licence, progress), described, ADD, talk)


def read(data: Path, image_size: int, talk: Output) -> ImageSet:
    """Read the pictures to learn from, and say how many and which were left out."""
    from sonolux.training.data.images import read_images

    return report_read(
        read_images(data, image_size), lambda read: f"{len(read):,} pictures, {len(read.classes) or 'no'} classes", talk
    )


def _codes_of_rows(data: Path, recipe: AutoencoderRecipe, out: Path, licence: str, talk: Output) -> None:
    """Train codes of words or numbers."""
    from sonolux.training.data.numbers import read_numbers
    from sonolux.training.data.texts import read_words
    from sonolux.training.hashing.train import train_rows

    inputs = recipe.inputs
    rows = report_read(
        (read_words if inputs == "words" else read_numbers)(data),
        lambda read: f"{len(read):,} rows of {read.rows.shape[1]:,} {inputs}",
        talk,
    )
    then = ADD if inputs == "words" else "in Python, sonolux.encoders.trained.encoder.NumbersEncoder:"
    train_and_report(lambda progress: train_rows(rows, recipe, out, licence, progress), rows, then, talk)


def unequal(counts: Mapping[str, int]) -> str:
    """Say how large the largest and the smallest class are."""
    largest, smallest = max(counts, key=counts.__getitem__), min(counts, key=counts.__getitem__)
    return f"{largest} has {counts[largest]:,} pictures, {smallest} {counts[smallest]:,}"

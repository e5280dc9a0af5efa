"""``sonolux train``: descriptors and labels from your own pictures and sounds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sonolux.cli import training_factors, training_fusion, training_pairs, training_sounds, training_taste
from sonolux.cli.inspecting import (
    CheckOption,
    KnownLabelOption,
    OptionalOutOption,
    find_data,
    look_briefly,
    report_look,
    wanted_out,
)
from sonolux.cli.learning import (
    ADD,
    DevicesOption,
    EpochsOption,
    GroupByOption,
    LicenceOption,
    OutOption,
    SeedOption,
    SetOption,
    grouped,
    prepare_training,
    progress_bar,
    report_model,
    report_read,
    report_time,
    train_and_report,
)
from sonolux.cli.options import JsonOption, LibraryOption, QuietOption
from sonolux.cli.output import Output

if TYPE_CHECKING:
    from sonolux.training.data.images import ImageSet
    from sonolux.training.data.sources import FoundFiles
    from sonolux.training.hashing.recipes import AutoencoderRecipe

LABEL = "sonolux label IMAGE --model"
"""What is done next with labels of pictures."""

app = typer.Typer(
    help="Train descriptors or labels on your own pictures and sounds, or a space to your taste.",
    no_args_is_help=True,
)

DataOption = Annotated[
    Path,
    typer.Option(
        metavar="PATH",
        help="Folder of pictures (a folder a class for labels), table with path,label, or a packed data set.",
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
        "--from",
        "--pretrained",
        metavar="MODEL",
        help="Model folder or checkpoint to start from; none for random weights.",
        show_default=False,
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
    group_by: GroupByOption = "",
    seed: SeedOption = 0,
    devices: DevicesOption = 1,
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
    pretrained = "" if pretrained == "none" else pretrained
    if pretrained and method == "ae":
        raise TrainingError("an autoencoder starts from no other model: leave --from away")
    taken = {} if network or not takes_architecture(method) else network_of(pretrained)
    recipe = prepare_training(
        method,
        out,
        setting,
        talk,
        devices,
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
        _codes_of_rows(data, recipe, out, licence, talk, devices)
        return
    images = grouped(read(data, recipe.image_size, talk), data, group_by, talk)
    train_and_report(lambda progress: train_codes(images, recipe, out, licence, progress), images, ADD, talk, devices)


@app.command()
def labels(  # noqa: PLR0913, PLR0917 - one parameter an option
    data: DataOption,
    out: OptionalOutOption = None,
    check: CheckOption = False,
    label: KnownLabelOption = "",
    group_by: GroupByOption = "",
    pretrained: PretrainedOption = "",
    frozen: FrozenOption = False,
    network: NetworkOption = None,
    epochs: EpochsOption = None,
    image_size: ImageSizeOption = None,
    seed: SeedOption = 0,
    devices: DevicesOption = 1,
    setting: SetOption = None,
    licence: LicenceOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Train a classifier that names what pictures show, from a folder a class.

    With no other option it takes what installed packages know of pictures, compares classifiers on it by
    cross-validation, and is done in seconds. With --from, or any option of a network, a network is trained: from
    another model, whose network it takes over unless --network names one, or from random weights (--from none). Its
    probabilities are calibrated, and its score is told, on pictures that nothing was learned from. Stop it at any time
    and run it again: it goes on from the last whole epoch. Look first: --check writes a page of what is wrong with the
    labels, and a table to mend them by.
    """
    talk = Output(as_json=as_json, quiet=quiet)
    found = find_data(data, label, "pictures")
    if check:
        report_look(data, found, "pictures", talk)
        return
    out = wanted_out(out)
    if not (pretrained or frozen or network or epochs or image_size or setting or devices > 1):
        label_by_features(data, found, out, seed, group_by, licence, talk)
        return
    from sonolux.training.classification.balance import decide_balance
    from sonolux.training.classification.images import train_labels
    from sonolux.training.data.sources import check_classes, counts_of
    from sonolux.training.loop.warm_start import network_of

    pretrained = "" if pretrained == "none" else pretrained
    asked = {"architecture": network} if network else network_of(pretrained)
    asked |= {"seed": seed, "epochs": epochs, "pretrained": pretrained, "frozen": frozen or None}
    recipe = prepare_training(
        "labels", out, setting, talk, devices, **asked | ({"image_size": image_size} if image_size else {})
    )
    images = grouped(read(found, recipe.image_size, talk), data, group_by, talk)
    check_classes(images)
    look_briefly(images, talk)
    recipe = decide_balance(recipe, images)
    if recipe.balanced:
        talk.say(
            f"{unequal(counts_of(images))}: every class counts the same; --set balanced=false counts every picture so"
        )
    train_and_report(
        lambda progress: train_labels(images, recipe, out, licence, progress),
        images,
        LABEL,
        talk,
        devices,
    )


def label_by_features(
    data: Path, found: Path | FoundFiles, out: Path, seed: int, group_by: str, licence: str, talk: Output
) -> None:
    """Train labels in seconds, on descriptors that need no training."""
    from sonolux.training.classification.automatic import IMAGE_SIZE, image_sources, train_image_features
    from sonolux.training.classification.expected_time import features_seconds
    from sonolux.training.data.sources import check_classes

    sources, note = image_sources()
    recipe = prepare_training("features", out, None, talk, seed=seed, sources=sources)
    if note:
        talk.say(note)
    images = grouped(read(found, IMAGE_SIZE, talk), data, group_by, talk)
    check_classes(images)
    look_briefly(images, talk)
    report_time(features_seconds(images, recipe), talk)
    train_and_report(lambda progress: train_image_features(images, recipe, out, licence, progress), images, LABEL, talk)


app.command()(training_sounds.sounds)
app.command()(training_sounds.events)
app.command()(training_sounds.speech)
app.command()(training_sounds.fingerprints)
app.command()(training_factors.factors)
app.command()(training_taste.taste)
app.command()(training_pairs.align)
app.command()(training_fusion.fuse)


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
        typer.Argument(
            metavar="TABLE", help="A .csv, .tsv, .xlsx or .jsonl with a path and a sentence a line.", show_default=False
        ),
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
    train_and_report(lambda progress: train_captions(described, recipe, out, licence, progress), described, ADD, talk)


def read(data: Path | FoundFiles, image_size: int, talk: Output) -> ImageSet:
    """Read the pictures to learn from, and say how many and which were left out."""
    from sonolux.training.data.images import read_images

    return report_read(
        read_images(data, image_size), lambda read: f"{len(read):,} pictures, {len(read.classes) or 'no'} classes", talk
    )


def _codes_of_rows(data: Path, recipe: AutoencoderRecipe, out: Path, licence: str, talk: Output, devices: int) -> None:
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
    train_and_report(lambda progress: train_rows(rows, recipe, out, licence, progress), rows, then, talk, devices)


def unequal(counts: Mapping[str, int]) -> str:
    """Say how large the largest and the smallest class are."""
    largest, smallest = max(counts, key=counts.__getitem__), min(counts, key=counts.__getitem__)
    return f"{largest} has {counts[largest]:,} pictures, {smallest} {counts[smallest]:,}"

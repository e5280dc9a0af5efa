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
    progress_bar,
    report,
    told,
    trained,
)
from sonolux.cli.options import JsonOption, LibraryOption, QuietOption
from sonolux.cli.output import Output

if TYPE_CHECKING:
    from sonolux.training.data.images import ImageSet
    from sonolux.training.recipe import Recipe

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
BitsOption = Annotated[int, typer.Option(metavar="N", min=1, help="Length of the code.")]
SideOption = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=8,
        help="Pictures are resized to so many pixels (32, or as the model in --from).",
        show_default=False,
    ),
]
StartOption = Annotated[
    str, typer.Option("--from", metavar="MODEL", help="Model folder or checkpoint to start from.", show_default=False)
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
    bits: BitsOption = 256,
    epochs: EpochsOption = None,
    side: SideOption = None,
    network: NetworkOption = None,
    start: StartOption = "",
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
    from sonolux.training.hashing.train import method_called, train_codes
    from sonolux.training.loop.warm_start import side_of
    from sonolux.training.loop.workspace import check_free
    from sonolux.training.recipes import recipe_of

    talk = Output(as_json=as_json, quiet=quiet)
    side = side or side_of(start)
    asked = {"bits": bits, "seed": seed, "epochs": epochs, "side": side, "architecture": network, "start": start}
    recipe = recipe_of(method, asked, setting or [])
    check_free(out)
    method_called(method)
    if recipe.options.get("inputs", "pictures") != "pictures":
        _codes_of_rows(data, recipe, out, licence, talk)
        return
    images = read(data, recipe.side, talk)
    trained(lambda progress: train_codes(images, recipe, out, licence, progress), images, ADD, talk)


@app.command()
def labels(  # noqa: PLR0913, PLR0917 - one parameter an option
    data: DataOption,
    out: OutOption,
    start: StartOption = "",
    frozen: FrozenOption = False,
    network: NetworkOption = None,
    epochs: EpochsOption = None,
    side: SideOption = None,
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
    from sonolux.training.classification.images import learning, train_labels, with_options
    from sonolux.training.data.sources import check_classes, counts_of
    from sonolux.training.loop.warm_start import network_of
    from sonolux.training.loop.workspace import check_free
    from sonolux.training.recipes import recipe_of

    talk = Output(as_json=as_json, quiet=quiet)
    taken_over = {"architecture": network} if network else network_of(start)
    asked = taken_over | {"seed": seed, "epochs": epochs, "start": start} | ({"side": side} if side else {})
    settings = [*(setting or []), *(["frozen=true"] if frozen else [])]
    recipe = recipe_of("labels", asked, settings)
    check_free(out)
    learning()
    images = read(data, recipe.side, talk)
    check_classes(images)
    recipe = with_options(recipe, images)
    if recipe.options["balanced"]:
        talk.say(
            f"{unequal(counts_of(images))}: every class counts the same; --set balanced=false counts every picture so"
        )
    trained(
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
    from sonolux.training.feedback.train import check_new, train_feedback
    from sonolux.training.recipes import recipe_of

    talk = Output(as_json=as_json, quiet=quiet)
    recipe = recipe_of("feedback", {"seed": seed}, setting or [])
    check_new(out)
    with Library(library) as opened:
        judged = opened.feedback_set(space)
    talk.say(f"{judged.judgements:,} judgements, {len(judged.questions):,} questions to learn from in {space}")
    with progress_bar(talk) as progress:
        saved = train_feedback(judged, recipe, out, progress)
    report(saved, talk, ADD)


def read(data: Path, side: int, talk: Output) -> ImageSet:
    """Read the pictures to learn from, and say how many and which were left out."""
    from sonolux.training.data.images import read_images

    return told(
        read_images(data, side), lambda read: f"{len(read):,} pictures, {len(read.classes) or 'no'} classes", talk
    )


def _codes_of_rows(data: Path, recipe: Recipe, out: Path, licence: str, talk: Output) -> None:
    """Train codes of words or numbers."""
    from sonolux.training.data.numbers import read_numbers
    from sonolux.training.data.texts import read_words
    from sonolux.training.hashing.autoencoder_rows import check_rows_recipe, train_rows

    inputs = check_rows_recipe(recipe)
    rows = told(
        (read_words if inputs == "words" else read_numbers)(data),
        lambda read: f"{len(read):,} rows of {read.rows.shape[1]:,} {inputs}",
        talk,
    )
    then = ADD if inputs == "words" else "in Python, sonolux.encoders.trained.encoder.NumbersEncoder:"
    trained(lambda progress: train_rows(rows, recipe, out, licence, progress), rows, then, talk)


def unequal(counts: Mapping[str, int]) -> str:
    """Say how large the largest and the smallest class are."""
    largest, smallest = max(counts, key=counts.__getitem__), min(counts, key=counts.__getitem__)
    return f"{largest} has {counts[largest]:,} pictures, {smallest} {counts[smallest]:,}"

"""``sonolux train``: descriptors and labels from your own pictures and sounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sonolux.cli import SOME_FAILED
from sonolux.cli.options import JsonOption, LibraryOption, QuietOption
from sonolux.cli.output import Output, shown_path

if TYPE_CHECKING:
    from sonolux.encoders.model_folder import ModelFolder, Sounds
    from sonolux.training.fitting import Progress
    from sonolux.training.pictures import PictureSet
    from sonolux.training.recipe import Recipe
    from sonolux.training.sounds import SoundSet

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
OutOption = Annotated[Path, typer.Option(metavar="FOLDER", help="Folder of the model to be.", show_default=False)]
MethodOption = Annotated[
    str,
    typer.Option(
        metavar="NAME", help="ae, contrastive, distilled, supervised, pca, whiten, fisher, lsh, itq, spectral."
    ),
]
BitsOption = Annotated[int, typer.Option(metavar="N", min=1, help="Length of the code.")]
EpochsOption = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, help="Passes over the pictures, at most (of the method).", show_default=False),
]
SideOption = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=8,
        help="Pictures are resized to so many pixels (32, or as the model in --from).",
        show_default=False,
    ),
]
SeedOption = Annotated[int, typer.Option(metavar="N", help="Of everything that is drawn.")]
StartOption = Annotated[
    str, typer.Option("--from", metavar="MODEL", help="Model folder or checkpoint to start from.", show_default=False)
]
NetworkOption = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Architecture (of the method, mostly small-resnet).", show_default=False),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Anything else of the recipe, as JSON.", show_default=False),
]
FrozenOption = Annotated[
    bool, typer.Option("--frozen", metavar="", help="With --from: only the last layer learns, all others stay.")
]
LicenceOption = Annotated[
    str, typer.Option(metavar="TEXT", help="Licence of the weights, for the card.", show_default=False)
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
    from sonolux.training.codes import check_free, method_called, train_codes
    from sonolux.training.recipes import recipe_of
    from sonolux.training.starting import side_of

    talk = Output(as_json=as_json, quiet=quiet)
    side = side or side_of(start)
    asked = {"bits": bits, "seed": seed, "epochs": epochs, "side": side, "architecture": network, "start": start}
    recipe = recipe_of(method, {name: value for name, value in asked.items() if value is not None}, setting or [])
    check_free(out)
    method_called(method)
    if recipe.options.get("inputs", "pictures") != "pictures":
        _codes_of_rows(data, recipe, out, licence, talk)
        return
    pictures = read(data, recipe.side, talk)
    with progress_bar(talk) as progress:
        saved = train_codes(pictures, recipe, out, licence, progress)
    report(saved, talk, "sonolux add FOLDER --space")
    if pictures.failed:
        raise typer.Exit(SOME_FAILED)


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
    from sonolux.training.codes import check_free
    from sonolux.training.labels import learning, train_labels, with_options
    from sonolux.training.recipes import recipe_of
    from sonolux.training.sources import check_classes, counts_of
    from sonolux.training.starting import network_of

    talk = Output(as_json=as_json, quiet=quiet)
    asked = {"seed": seed, "epochs": epochs, "side": side, "architecture": network, "start": start}
    taken_over = {} if network else network_of(start)
    settings = [*(setting or []), *(["frozen=true"] if frozen else [])]
    recipe = recipe_of("labels", taken_over | {k: value for k, value in asked.items() if value is not None}, settings)
    check_free(out)
    learning()
    pictures = read(data, recipe.side, talk)
    check_classes(pictures)
    recipe = with_options(recipe, pictures)
    if recipe.options["balanced"]:
        talk.say(
            f"{unequal(counts_of(pictures))}: every class counts the same; --set balanced=false counts every picture so"
        )
    with progress_bar(talk) as progress:
        saved = train_labels(pictures, recipe, out, licence, progress)
    report(saved, talk, "sonolux label IMAGE --model")
    if pictures.failed:
        raise typer.Exit(SOME_FAILED)


@app.command()
def sounds(  # noqa: PLR0913, PLR0917 - one parameter an option
    data: Annotated[
        Path,
        typer.Option(
            metavar="PATH", help="Folder of sounds, a folder a class, or .csv with path,label.", show_default=False
        ),
    ],
    out: OutOption,
    arch: Annotated[
        str, typer.Option(metavar="NAME", help="cnn, lstm, gru, crnn, transformer; or bag-of-words, without labels.")
    ] = "crnn",
    rate: Annotated[int, typer.Option(metavar="HERTZ", min=1_000, help="Samples a second that are heard.")] = 16_000,
    epochs: EpochsOption = None,
    seed: SeedOption = 0,
    setting: SetOption = None,
    licence: LicenceOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Train a descriptor of sounds, which names them too, from a folder a class.

    With --arch bag-of-words it needs no labels: typical moments of all sounds become words, and a sound is how often it
    holds each. Stop a training at any time and run it again: it goes on from the last whole epoch.
    """
    from sonolux.training.codes import check_free
    from sonolux.training.recipes import recipe_of
    from sonolux.training.sound_labels import ARCHITECTURES, BAG_OF_WORDS, train_sounds
    from sonolux.training.sounds import COEFFICIENTS, listening

    talk = Output(as_json=as_json, quiet=quiet)
    if arch not in (*ARCHITECTURES, BAG_OF_WORDS):
        raise typer.BadParameter(f"--arch is one of {', '.join((*ARCHITECTURES, BAG_OF_WORDS))}, not {arch}")
    named = arch in ARCHITECTURES
    asked = {"seed": seed, "epochs": epochs} | ({"architecture": f"sound-{arch}"} if named else {})
    recipe = recipe_of(
        "sounds" if named else BAG_OF_WORDS, {k: v for k, v in asked.items() if v is not None}, setting or []
    )
    check_free(out)
    heard = read_heard(data, listening(rate, 0 if named else COEFFICIENTS, **recipe.options.get("listening", {})), talk)
    with progress_bar(talk) as progress:
        if named:
            saved = train_sounds(heard, recipe, out, licence, progress)
        else:
            from sonolux.training.sound_words import train_words

            saved = train_words(heard, recipe, out, licence)
    report(saved, talk, "sonolux add FOLDER --space")
    if heard.failed:
        raise typer.Exit(SOME_FAILED)


@app.command()
def events(  # noqa: PLR0913, PLR0917 - one parameter an option
    data: Annotated[
        Path,
        typer.Option(
            metavar="PATH",
            help="Folder of clips, a folder a class, or .csv with path,label and, where known, start,end.",
            show_default=False,
        ),
    ],
    out: OutOption,
    rate: Annotated[int, typer.Option(metavar="HERTZ", min=1_000, help="Samples a second that are heard.")] = 16_000,
    epochs: EpochsOption = None,
    seed: SeedOption = 0,
    setting: SetOption = None,
    licence: LicenceOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Train a network that says what sounds when.

    Clips are mixed into scenes, over noise, so that the truth is known. Stop it at any time and run it again: it goes
    on from the last whole epoch.
    """
    from sonolux.training.codes import check_free
    from sonolux.training.event_data import read_event_data
    from sonolux.training.events import listening, train_events
    from sonolux.training.recipes import recipe_of

    talk = Output(as_json=as_json, quiet=quiet)
    asked = {"seed": seed, "epochs": epochs}
    recipe = recipe_of("events", {name: value for name, value in asked.items() if value is not None}, setting or [])
    check_free(out)
    heard = read_event_data(data, listening(rate))
    for failure in heard.failed:
        talk.complain(f"left out: {shown_path(failure.path)}: {failure.reason}")
    talk.say(f"{len(heard.classes):,} classes: {', '.join(heard.classes)}")
    with progress_bar(talk) as progress:
        saved = train_events(heard, recipe, out, licence, progress)
    report(saved, talk, "sonolux events RECORDING --model")
    if heard.failed:
        raise typer.Exit(SOME_FAILED)


@app.command()
def speech(  # noqa: PLR0913, PLR0917 - one parameter an option
    data: Annotated[
        Path,
        typer.Option(
            metavar="PATH",
            help="A .csv with path,text, or a folder of CMU Sphinx with etc and feat.",
            show_default=False,
        ),
    ],
    out: OutOption,
    rate: Annotated[int, typer.Option(metavar="HERTZ", min=4_000, help="Samples a second that are heard.")] = 16_000,
    epochs: EpochsOption = None,
    seed: SeedOption = 0,
    setting: SetOption = None,
    licence: LicenceOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Train a network that writes down what is said, from recordings and their words.

    It need not be told when each word is said. Stop it at any time and run it again: it goes on from the last whole
    epoch.
    """
    from sonolux.training.codes import check_free
    from sonolux.training.recipes import recipe_of
    from sonolux.training.speech import train_speech
    from sonolux.training.utterances import read_utterances

    talk = Output(as_json=as_json, quiet=quiet)
    asked = {"seed": seed, "epochs": epochs}
    recipe = recipe_of("speech", {name: value for name, value in asked.items() if value is not None}, setting or [])
    check_free(out)
    utterances = read_utterances(data, rate)
    for failure in utterances.failed:
        talk.complain(f"left out: {shown_path(failure.path)}: {failure.reason}")
    talk.say(f"{len(utterances):,} utterances, {sum(map(len, utterances.words)):,} words")
    with progress_bar(talk) as progress:
        saved = train_speech(utterances, recipe, out, licence, progress)
    report(saved, talk, "sonolux transcribe RECORDING --model")
    if utterances.failed:
        raise typer.Exit(SOME_FAILED)


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
    from sonolux.training.feedback import check_new, train_feedback
    from sonolux.training.recipes import recipe_of

    talk = Output(as_json=as_json, quiet=quiet)
    recipe = recipe_of("feedback", {"seed": seed}, setting or [])
    check_new(out)
    with Library(library) as opened:
        judged = opened.feedback_set(space)
    talk.say(f"{judged.judgements:,} judgements, {len(judged.questions):,} questions to learn from in {space}")
    with progress_bar(talk) as progress:
        saved = train_feedback(judged, recipe, out, progress)
    report(saved, talk, "sonolux add FOLDER --space")


def read(data: Path, side: int, talk: Output) -> PictureSet:
    """Read the pictures to learn from, and say how many and which were left out."""
    from sonolux.training.pictures import read_pictures

    pictures = read_pictures(data, side)
    for failure in pictures.failed:
        talk.complain(f"left out: {shown_path(failure.path)}: {failure.reason}")
    talk.say(f"{len(pictures):,} pictures, {len(pictures.classes) or 'no'} classes")
    return pictures


def read_heard(data: Path, how: Sounds, talk: Output) -> SoundSet:
    """Read the sounds to learn from, and say how many and which were left out."""
    from sonolux.training.sounds import read_sounds

    found = read_sounds(data, how)
    for failure in found.failed:
        talk.complain(f"left out: {shown_path(failure.path)}: {failure.reason}")
    talk.say(f"{len(found):,} sounds, {len(found.classes) or 'no'} classes")
    return found


def _codes_of_rows(data: Path, recipe: Recipe, out: Path, licence: str, talk: Output) -> None:
    """Train codes of words or numbers."""
    from sonolux.training.autoencoder_rows import check_rows_recipe, train_rows
    from sonolux.training.numbers import read_numbers
    from sonolux.training.words import read_words

    inputs = check_rows_recipe(recipe)
    rows = (read_words if inputs == "words" else read_numbers)(data)
    for failure in rows.failed:
        talk.complain(f"left out: {shown_path(failure.path)}: {failure.reason}")
    talk.say(f"{len(rows):,} rows of {rows.rows.shape[1]:,} {inputs}")
    with progress_bar(talk) as progress:
        saved = train_rows(rows, recipe, out, licence, progress)
    then = "sonolux add FOLDER --space" if inputs == "words" else "in Python, sonolux.encoders.trained.NumbersEncoder:"
    report(saved, talk, then)
    if rows.failed:
        raise typer.Exit(SOME_FAILED)


def unequal(counts: Mapping[str, int]) -> str:
    """Say how large the largest and the smallest class are."""
    largest, smallest = max(counts, key=counts.__getitem__), min(counts, key=counts.__getitem__)
    return f"{largest} has {counts[largest]:,} pictures, {smallest} {counts[smallest]:,}"


def report(saved: ModelFolder, out: Output, then: str) -> None:
    """Print what a training reached, and the command that uses the model next."""
    if out.as_json:
        out.record({"model": str(saved.path), "digest": saved.digest, "scores": saved.scores, "data": saved.data})
        return
    scores = ", ".join(f"{name} {value}" for name, value in saved.scores.items())
    model = shown_path(str(saved.path))
    out.line(f"{model}: {scores or 'done'}; next: {then} {model}")


@contextmanager
def progress_bar(out: Output) -> Iterator[Progress | None]:
    """Show where a training stands, with the time left: a bar where someone watches, else a line an epoch."""
    if out.quiet:
        yield None
        return
    if not out.lively:
        yield _line_an_epoch(out)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    columns: list[Any] = [BarColumn(), TaskProgressColumn(), TimeRemainingColumn(), TextColumn("{task.description}")]
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda done, line: bar.update(task, completed=done, description=line)


def _line_an_epoch(out: Output) -> Progress:
    told = ""

    def tell(done: float, line: str) -> None:
        nonlocal told
        epoch = line.split(",", maxsplit=1)[0]
        if epoch != told:
            told = epoch
            out.say(f"{done:.0%} {line}")

    return tell

"""``sonolux bench`` (hidden, for developers): measure, print, and write the table into docs/benchmarks.md."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sonolux.cli.options import JsonOption
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


@app.command()
def search(
    vectors: Annotated[int, typer.Option(min=1000, help="Vectors to search.")] = 100_000, page: PageOption = PAGE
) -> None:
    """Queries a second and recall, beside the raw engine and other engines."""
    from sonolux.evaluation.benchmarks.search import benchmark_search

    _publish(benchmark_search(vectors), page)


@app.command()
def add(
    data: DataOption = None,
    small: Annotated[int, typer.Option(min=1, help="Photos of the smaller addition.")] = 2_000,
    large: Annotated[int, typer.Option(min=1, help="Photos of the larger addition.")] = 20_000,
    page: PageOption = PAGE,
) -> None:
    """Photos a second, and peak memory."""
    from sonolux.evaluation.benchmarks.ingest import benchmark_add

    _publish(benchmark_add(data or _photos(), small, large), page)


@app.command()
def calibration(data: DataOption = None, page: PageOption = PAGE) -> None:
    """Whether chances are true."""
    from sonolux.evaluation.benchmarks.calibration import benchmark_calibration

    sets = _data()
    _publish(benchmark_calibration(data or _photos(), [sets / "esc10", sets / "instruments"]), page)


@app.command()
def codes(
    data: SetsOption = None,
    models: Annotated[
        list[Path] | None, typer.Option(help="Model folders to measure as well.", show_default=False)
    ] = None,
    as_json: JsonOption = False,
    page: PageOption = PAGE,
) -> None:
    """How well codes retrieve, under the fixed protocols, and how fast they are found."""
    from sonolux.evaluation.benchmarks.codes import benchmark_codes

    _publish_scores(*benchmark_codes(data or _data(), models or []), page, Output(as_json=as_json))


@app.command()
def layers(
    model: Annotated[str, typer.Option(help="Model whose layers are compared.", show_default=False)],
    data: Annotated[
        Path | None, typer.Option(help="Labelled pictures, as for training.", show_default="test set of CIFAR-10")
    ] = None,
    page: PageOption = PAGE,
) -> None:
    """How layer by layer agreement about colours gives way to agreement about classes."""
    from sonolux.evaluation.layer_tradeoff import benchmark_layers

    _publish(benchmark_layers(model, data or _data() / "cifar10" / "test.parquet"), page)


@app.command()
def photos(
    data: SetsOption = None,
    transfer: Annotated[
        bool, typer.Option("--transfer", help="What `train labels` makes of four photos a class; trains it first.")
    ] = False,
    work: WorkOption = Path("build/transfer"),
    page: PageOption = PAGE,
) -> None:
    """What spaces of pictures find, what labels are worth, and what describing a photo costs."""
    sets = data or _data()
    if transfer:
        from sonolux.evaluation.benchmarks.transfer import benchmark_transfer

        _publish(benchmark_transfer(sets / "grocery", work, lambda line: typer.echo(line, err=True)), page)
        return
    from sonolux.evaluation.benchmarks.photos import benchmark_photos

    _publish(benchmark_photos(sets / "imagenet_sample", sets / "grocery"), page)


@app.command()
def fusion(
    data: SetsOption = None,
    models: Annotated[
        list[str] | None, typer.Option("--space", help="Encoders to ask besides the default ones.", show_default=False)
    ] = None,
    as_json: JsonOption = False,
    page: PageOption = PAGE,
) -> None:
    """Whether all spaces together answer as well as the best of them."""
    from sonolux.evaluation.benchmarks.fusion import benchmark_fusion

    out = Output(as_json=as_json)
    _publish_scores(*benchmark_fusion(data or _data(), models or [], out.say), page, out)


@app.command()
def words(data: SetsOption = None, as_json: JsonOption = False, page: PageOption = PAGE) -> None:
    """How well words find pictures: sentences, names and kinds, and whether what is not there is told."""
    from sonolux.evaluation.benchmarks.words import benchmark_words

    out = Output(as_json=as_json)
    _publish_scores(*benchmark_words(data or _data(), out.say), page, out)


@app.command(name="known-item")
def known_item(data: SetsOption = None, page: PageOption = PAGE) -> None:
    """Whether a file that is asked with itself, or with a variant of itself, is found first."""
    from sonolux.evaluation.benchmarks.known_item import benchmark_known_item

    _publish(benchmark_known_item(data or _data(), lambda line: typer.echo(line, err=True)), page)


@app.command()
def sounds(
    data: SetsOption = None,
    work: WorkOption = Path("build/sounds"),
    as_json: JsonOption = False,
    page: PageOption = PAGE,
) -> None:
    """How well descriptors of sounds name and find digits and instruments; trains them first."""
    from sonolux.evaluation.benchmarks.sounds import benchmark_sounds

    out = Output(as_json=as_json)
    _publish_scores(*benchmark_sounds(data or _data(), work, out.say), page, out)


@app.command()
def speech(
    data: SetsOption = None,
    work: WorkOption = Path("build/speech"),
    packaged: Annotated[bool, typer.Option("--packaged", help="The packaged model, which needs no training.")] = False,
    as_json: JsonOption = False,
    page: PageOption = PAGE,
) -> None:
    """How many words are wrong when speech is written down; trains the networks first."""
    out = Output(as_json=as_json)
    if packaged:
        from sonolux.evaluation.benchmarks.free_speech import benchmark_free_speech

        _publish_scores(*benchmark_free_speech(data or _data(), out.say), page, out)
        return
    from sonolux.evaluation.benchmarks.speech import benchmark_speech

    _publish_scores(*benchmark_speech(data or _data(), work, out.say), page, out)


@app.command()
def voices(data: SetsOption = None, as_json: JsonOption = False, page: PageOption = PAGE) -> None:
    """Whether recordings of the same speaker are near each other, whatever is said."""
    from sonolux.evaluation.benchmarks.voices import benchmark_voices

    _publish_scores(*benchmark_voices(data or _data()), page, Output(as_json=as_json))


@app.command()
def music(data: SetsOption = None, as_json: JsonOption = False, page: PageOption = PAGE) -> None:
    """How well music is found that sounds alike, and whether only music is tagged."""
    from sonolux.evaluation.benchmarks.music import benchmark_music

    out = Output(as_json=as_json)
    _publish_scores(*benchmark_music(data or _data(), out.say), page, out)


@app.command()
def humming(data: SetsOption = None, as_json: JsonOption = False, page: PageOption = PAGE) -> None:
    """Whether songs are found by what somebody hums."""
    from sonolux.evaluation.benchmarks.humming import benchmark_humming

    out = Output(as_json=as_json)
    _publish_scores(*benchmark_humming(data or _data(), out.say), page, out)


@app.command()
def events(
    data: SetsOption = None,
    work: WorkOption = Path("build/events"),
    as_json: JsonOption = False,
    page: PageOption = PAGE,
) -> None:
    """How well it is heard what sounds when, in noise; trains the network first."""
    from sonolux.evaluation.benchmarks.events import benchmark_events

    out = Output(as_json=as_json)
    _publish_scores(*benchmark_events(data or _data(), work, out.say), page, out)


@app.command()
def identify(
    data: Annotated[
        Path | None, typer.Option(help="Set of clips, or folder of the data sets.", show_default=False)
    ] = None,
    as_json: JsonOption = False,
    page: PageOption = PAGE,
) -> None:
    """How well and how fast clips are named, in noise, through codecs and telephones."""
    os.environ["OMP_NUM_THREADS"] = "1"  # Costs are those of one core; read when numpy is loaded, below.
    from sonolux.evaluation.benchmarks.identification import benchmark_identify

    _publish_scores(*benchmark_identify(data or _data()), page, Output(as_json=as_json))


@app.command()
def copies(
    data: SetsOption = None,
    altered: Annotated[int, typer.Option(min=1, help="Photos of each half of which copies are made.")] = 40,
    as_json: JsonOption = False,
    page: PageOption = PAGE,
) -> None:
    """Which altered copies of photos and videos are found, and which strangers are taken for copies."""
    from sonolux.evaluation.benchmarks.copies import benchmark_copies

    out = Output(as_json=as_json)
    _publish_scores(*benchmark_copies(data or _data(), altered, out.say), page, out)


@app.command()
def ocr(data: SetsOption = None, as_json: JsonOption = False, page: PageOption = PAGE) -> None:
    """How well text in pictures is read: plates in photographs, and sentences drawn in many ways."""
    from sonolux.evaluation.benchmarks.reading import benchmark_reading

    out = Output(as_json=as_json)
    _publish_scores(*benchmark_reading(data or _data(), out.say), page, out)


@app.command()
def serve(
    data: SetsOption = None,
    work: WorkOption = Path("build/serve"),
    photos: Annotated[int, typer.Option(min=100, help="Pictures in the library.")] = 20_000,
    clients: Annotated[int, typer.Option(min=1, help="Clients that ask side by side.")] = 64,
    seconds: Annotated[float, typer.Option(min=1, help="For how long they ask.")] = 60,
    page: PageOption = PAGE,
) -> None:
    """What HTTP costs, and what clients wait for, alone and while files are added."""
    from sonolux.evaluation.benchmarks.service import benchmark_service

    say = Output().say
    report = benchmark_service(data or _data(), work, say, photos=photos, clients=clients, seconds=seconds)
    _publish(report, page)


@app.command()
def startup(page: PageOption = PAGE) -> None:
    """How long ``sonolux --help`` and ``import sonolux`` take, beside Python itself."""
    from sonolux.evaluation.benchmarks.startup import benchmark_startup

    _publish(benchmark_startup(), page)


@app.command()
def encodings(page: PageOption = PAGE) -> None:
    """How many texts in encodings from before Unicode are read with every character right."""
    from sonolux.evaluation.benchmarks.encodings import benchmark_encodings

    _publish(benchmark_encodings(), page)


def _publish_scores(cards: Sequence[Scorecard], report: Report, page: Path, out: Output) -> None:
    """Print the table, or the scores as JSON, and write the table into a page."""
    if not out.as_json:
        _publish(report, page)
        return
    report.write(page)
    for card in cards:
        out.record(card.as_data())


def _photos() -> Path:
    return _data() / "imagenet_sample"


def _data() -> Path:
    return Path(os.environ.get("SONOLUX_DATA", "../shared/data"))


def _publish(report: Report, page: Path) -> None:
    report.write(page)
    typer.echo(report.markdown())

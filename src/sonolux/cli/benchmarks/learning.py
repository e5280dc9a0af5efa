"""Benchmarks of what Sonolux trains: codes, labels, sounds, taste, several senses."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sonolux.cli.benchmarks.publishing import (
    PAGE,
    PageOption,
    SetsOption,
    WorkOption,
    app,
    data_folder,
    publish,
    publish_scores,
)
from sonolux.cli.options import JsonOption
from sonolux.cli.output import Output


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

    publish_scores(*benchmark_codes(data or data_folder(), models or []), page, Output(as_json=as_json))


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

    publish(benchmark_layers(model, data or data_folder() / "cifar10" / "test.parquet"), page)


@app.command()
def teach(
    data: SetsOption = None,
    work: WorkOption = Path("build/teach"),
    part: Annotated[
        list[str] | None,
        typer.Option("--part", help="random, coverage, unknown or default; all of them.", show_default=False),
    ] = None,
    as_json: JsonOption = False,
    page: PageOption = PAGE,
) -> None:
    """Whether scores of trainings are true, whether what is none of the classes is told, and what a default reaches."""
    from sonolux.evaluation.benchmarks.teach import PARTS, benchmark_teach

    out = Output(as_json=as_json)
    for report, values in benchmark_teach(data or data_folder(), work, part or list(PARTS), out.say):
        report.write(page)
        if as_json:
            out.record(values)
        else:
            typer.echo(report.markdown())


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
    publish_scores(*benchmark_sounds(data or data_folder(), work, out.say), page, out)


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
    publish_scores(*benchmark_events(data or data_folder(), work, out.say), page, out)


@app.command()
def taste(
    protocol: Annotated[str, typer.Argument(help="lastfm, films or listeners; all one after the other.")] = "all",
    data: SetsOption = None,
    work: WorkOption = Path("build/taste"),
    seeds: Annotated[int, typer.Option(min=1, max=5, help="Splits of films and songs, from seed 0.")] = 5,
    as_json: JsonOption = False,
    page: PageOption = PAGE,
) -> None:
    """What people play next, and what they make of things that nobody has played yet."""
    from sonolux.evaluation.benchmarks import tastes

    out = Output(as_json=as_json)
    sets, pictures = data or data_folder(), page.parent / "pictures"
    runs = {
        "lastfm": lambda: tastes.benchmark_lastfm(sets, out.say),
        "films": lambda: tastes.benchmark_films(sets, work, pictures / "taste-films.png", out.say, seeds),
        "listeners": lambda: tastes.benchmark_listeners(sets, work, pictures / "taste-listeners.png", out.say, seeds),
    }
    if protocol not in (*runs, "all"):
        raise typer.BadParameter(f"the protocol is {', '.join(runs)} or all, not {protocol}")
    for name in runs if protocol == "all" else [protocol]:
        publish_scores(*runs[name](), page, out)


@app.command()
def align(
    data: SetsOption = None,
    work: WorkOption = Path("build/align"),
    as_json: JsonOption = False,
    page: PageOption = PAGE,
) -> None:
    """How well photos and sentences find each other, learned from 500 of them."""
    from sonolux.evaluation.benchmarks.alignment import benchmark_alignment

    out = Output(as_json=as_json)
    publish_scores(*benchmark_alignment(data or data_folder(), work, out.say), page, out)


@app.command()
def moods(
    part: Annotated[
        list[str] | None, typer.Option(help="music, speech or games; all of them.", show_default=False)
    ] = None,
    data: SetsOption = None,
    work: WorkOption = Path("build/moods"),
    as_json: JsonOption = False,
    page: PageOption = PAGE,
) -> None:
    """How well moods, genres and emotions are told from sound alone."""
    from sonolux.evaluation.benchmarks.moods import benchmark_moods
    from sonolux.evaluation.protocols.moods import PARTS

    unknown = set(part or ()) - set(PARTS)
    if unknown:
        raise typer.BadParameter(f"--part is {', '.join(PARTS)}, not {', '.join(sorted(unknown))}")
    out = Output(as_json=as_json)
    publish_scores(*benchmark_moods(data or data_folder(), work, out.say, tuple(part or PARTS)), page, out)


@app.command()
def senses(
    part: Annotated[str, typer.Option(help="digits, digits-trained, films or all.")] = "all",
    data: SetsOption = None,
    work: WorkOption = Path("build/senses"),
    as_json: JsonOption = False,
    page: PageOption = PAGE,
) -> None:
    """How well several senses of one thing find each other, and answer together; trains networks first."""
    from sonolux.evaluation.benchmarks.senses import benchmark_digits, benchmark_genres, benchmark_trained_digits

    parts = {"digits": benchmark_digits, "digits-trained": benchmark_trained_digits, "films": benchmark_genres}
    if part not in (*parts, "all"):
        raise typer.BadParameter(f"--part is {', '.join(parts)} or all, not {part!r}")
    out = Output(as_json=as_json)
    for name, benchmark in parts.items():
        if part in (name, "all"):
            publish_scores(*benchmark(data or data_folder(), work, out.say), page, out)

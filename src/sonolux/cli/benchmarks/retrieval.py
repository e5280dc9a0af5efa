"""Benchmarks of retrieval: what is found by example, by words, by voice and by ear, with no training."""

from __future__ import annotations

import os
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
def photos(
    data: SetsOption = None,
    transfer: Annotated[
        bool, typer.Option("--transfer", help="What `train labels` makes of four photos a class; trains it first.")
    ] = False,
    work: WorkOption = Path("build/transfer"),
    page: PageOption = PAGE,
) -> None:
    """What spaces of pictures find, what labels are worth, and what describing a photo costs."""
    sets = data or data_folder()
    if transfer:
        from sonolux.evaluation.benchmarks.transfer import benchmark_transfer

        publish(benchmark_transfer(sets / "grocery", work, lambda line: typer.echo(line, err=True)), page)
        return
    from sonolux.evaluation.benchmarks.photos import benchmark_photos

    publish(benchmark_photos(sets / "imagenet_sample", sets / "grocery"), page)


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
    publish_scores(*benchmark_fusion(data or data_folder(), models or [], out.say), page, out)


@app.command()
def words(data: SetsOption = None, as_json: JsonOption = False, page: PageOption = PAGE) -> None:
    """How well words find pictures: sentences, names and kinds, and whether what is not there is told."""
    from sonolux.evaluation.benchmarks.words import benchmark_words

    out = Output(as_json=as_json)
    publish_scores(*benchmark_words(data or data_folder(), out.say), page, out)


@app.command(name="known-item")
def known_item(data: SetsOption = None, page: PageOption = PAGE) -> None:
    """Whether a file that is asked with itself, or with a variant of itself, is found first."""
    from sonolux.evaluation.benchmarks.known_item import benchmark_known_item

    publish(benchmark_known_item(data or data_folder(), lambda line: typer.echo(line, err=True)), page)


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

    publish_scores(*benchmark_identify(data or data_folder()), page, Output(as_json=as_json))


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
    publish_scores(*benchmark_copies(data or data_folder(), altered, out.say), page, out)


@app.command()
def voices(data: SetsOption = None, as_json: JsonOption = False, page: PageOption = PAGE) -> None:
    """Whether recordings of the same speaker are near each other, whatever is said."""
    from sonolux.evaluation.benchmarks.voices import benchmark_voices

    publish_scores(*benchmark_voices(data or data_folder()), page, Output(as_json=as_json))


@app.command()
def utterances(data: SetsOption = None, as_json: JsonOption = False, page: PageOption = PAGE) -> None:
    """Whether recordings of the same words are near each other, whoever speaks."""
    from sonolux.evaluation.benchmarks.utterances import benchmark_utterances

    publish_scores(*benchmark_utterances(data or data_folder()), page, Output(as_json=as_json))


@app.command()
def music(data: SetsOption = None, as_json: JsonOption = False, page: PageOption = PAGE) -> None:
    """How well music is found that sounds alike, and whether only music is tagged."""
    from sonolux.evaluation.benchmarks.music import benchmark_music

    out = Output(as_json=as_json)
    publish_scores(*benchmark_music(data or data_folder(), out.say), page, out)


@app.command()
def humming(data: SetsOption = None, as_json: JsonOption = False, page: PageOption = PAGE) -> None:
    """Whether songs are found by what somebody hums."""
    from sonolux.evaluation.benchmarks.humming import benchmark_humming

    out = Output(as_json=as_json)
    publish_scores(*benchmark_humming(data or data_folder(), out.say), page, out)

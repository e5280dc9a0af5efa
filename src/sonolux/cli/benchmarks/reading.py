"""Benchmarks of reading and writing down: text in pictures, old encodings, speech."""

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
def ocr(data: SetsOption = None, as_json: JsonOption = False, page: PageOption = PAGE) -> None:
    """How well text in pictures is read: plates in photographs, and sentences drawn in many ways."""
    from sonolux.evaluation.benchmarks.reading import benchmark_reading

    out = Output(as_json=as_json)
    publish_scores(*benchmark_reading(data or data_folder(), out.say), page, out)


@app.command()
def encodings(page: PageOption = PAGE) -> None:
    """How many texts in encodings from before Unicode are read with every character right."""
    from sonolux.evaluation.benchmarks.encodings import benchmark_encodings

    publish(benchmark_encodings(), page)


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

        publish_scores(*benchmark_free_speech(data or data_folder(), out.say), page, out)
        return
    from sonolux.evaluation.benchmarks.speech import benchmark_speech

    publish_scores(*benchmark_speech(data or data_folder(), work, out.say), page, out)

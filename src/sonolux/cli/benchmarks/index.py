"""Benchmarks of the index and the service: speed, memory, and whether chances are true."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sonolux.cli.benchmarks.publishing import (
    PAGE,
    DataOption,
    PageOption,
    SetsOption,
    WorkOption,
    app,
    data_folder,
    photos_folder,
    publish,
    publish_scores,
)
from sonolux.cli.options import JsonOption
from sonolux.cli.output import Output


@app.command()
def search(
    vectors: Annotated[int, typer.Option(min=1000, help="Vectors to search.")] = 100_000, page: PageOption = PAGE
) -> None:
    """Queries a second and recall, beside the raw engine and other engines."""
    from sonolux.evaluation.benchmarks.search import benchmark_search

    publish(benchmark_search(vectors), page)


@app.command()
def add(
    data: DataOption = None,
    small: Annotated[int, typer.Option(min=1, help="Photos of the smaller addition.")] = 2_000,
    large: Annotated[int, typer.Option(min=1, help="Photos of the larger addition.")] = 20_000,
    page: PageOption = PAGE,
) -> None:
    """Photos a second, and peak memory."""
    from sonolux.evaluation.benchmarks.ingest import benchmark_add

    publish(benchmark_add(data or photos_folder(), small, large), page)


@app.command()
def startup(page: PageOption = PAGE) -> None:
    """How long ``sonolux --help`` and ``import sonolux`` take, beside Python itself."""
    from sonolux.evaluation.benchmarks.startup import benchmark_startup

    publish(benchmark_startup(), page)


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
    report = benchmark_service(data or data_folder(), work, say, photos=photos, clients=clients, seconds=seconds)
    publish(report, page)


@app.command()
def recommend(
    items: Annotated[int, typer.Option(min=100, help="Items of the library.")] = 100_000,
    users: Annotated[int, typer.Option(min=10, help="Users that played some.")] = 10_000,
    rows: Annotated[int, typer.Option(min=0, help="Rows of a csv that is imported too.")] = 0,
    as_json: JsonOption = False,
    page: PageOption = PAGE,
) -> None:
    """How long a recommendation takes in a large library, and what importing many interactions takes."""
    from sonolux.evaluation.benchmarks.recommending import benchmark_recommending

    out = Output(as_json=as_json)
    publish_scores(*benchmark_recommending(items, users, rows, say=out.say), page, out)


@app.command()
def cluster(
    data: SetsOption = None,
    texts: Annotated[int, typer.Option(min=100, help="Captions to search.")] = 10_000,
    questions: Annotated[int, typer.Option(min=1, help="Questions of each kind.")] = 200,
    shards: Annotated[int, typer.Option(min=2, help="Shards of the cluster.")] = 3,
    as_json: JsonOption = False,
    page: PageOption = PAGE,
) -> None:
    """How many of the ten best by keywords, in several shards, are those of one."""
    from sonolux.evaluation.benchmarks.cluster import benchmark_cluster

    out = Output(as_json=as_json)
    publish_scores(*benchmark_cluster(data or data_folder(), texts, questions, shards, say=out.say), page, out)


@app.command()
def calibration(data: DataOption = None, page: PageOption = PAGE) -> None:
    """Whether chances are true."""
    from sonolux.evaluation.benchmarks.calibration import benchmark_calibration

    sets = data_folder()
    publish(benchmark_calibration(data or photos_folder(), [sets / "esc10", sets / "instruments"]), page)

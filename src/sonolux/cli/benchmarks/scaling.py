"""Benchmark of scale: bytes an item, plans for many, buckets and Ray."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sonolux.cli.benchmarks.publishing import PAGE, PageOption, app
from sonolux.cli.options import JsonOption
from sonolux.cli.output import Output

if TYPE_CHECKING:
    from sonolux.evaluation.benchmarks.report import Report

PARTS = ("sizes", "plan", "objects", "ray")


@app.command()
def scale(  # noqa: PLR0913, PLR0917 - each an option
    part: Annotated[
        list[str] | None, typer.Option("--part", help="sizes, plan, objects or ray; all of them.", show_default=False)
    ] = None,
    codes: Annotated[
        list[int] | None,
        typer.Option(min=1000, help="Codes to store; several times.", show_default="1, 5 and 50 million"),
    ] = None,
    vectors: Annotated[int, typer.Option(min=1000, help="Vectors to store.")] = 1_000_000,
    dim: Annotated[int, typer.Option(min=8, help="Numbers of each of these vectors.")] = 64,
    photos: Annotated[int, typer.Option(min=8, help="Photos to add here, on Ray and from a bucket.")] = 5_000,
    few: Annotated[int, typer.Option(min=8, help="Photos of the smaller addition on Ray.")] = 2_000,
    many: Annotated[int, typer.Option(min=8, help="Photos of the larger addition on Ray.")] = 20_000,
    files: Annotated[int, typer.Option(min=1, help="Files from afar that each worker reads.")] = 20,
    members: Annotated[int, typer.Option(min=1, help="Members of the shard.")] = 10_000,
    plan_page: Annotated[Path, typer.Option(help="Page to write the plan into.")] = Path("docs/scale.md"),
    as_json: JsonOption = False,
    page: PageOption = PAGE,
) -> None:
    """What items take, what many of them need, and how fast buckets and Ray are."""
    from sonolux.evaluation.benchmarks.scaling.objects import benchmark_objects
    from sonolux.evaluation.benchmarks.scaling.on_ray import benchmark_ray
    from sonolux.evaluation.benchmarks.scaling.sizes import benchmark_sizes

    unknown = set(part or ()) - set(PARTS)
    if unknown:
        raise typer.BadParameter(f"--part is {', '.join(PARTS)}, not {', '.join(sorted(unknown))}")
    out = Output(as_json=as_json)
    measures: dict[str, Callable[[], tuple[Report, dict[str, Any]]]] = {
        "sizes": lambda: benchmark_sizes(codes or [10**6, 5 * 10**6, 5 * 10**7], vectors, dim, out.say),
        "objects": lambda: benchmark_objects(photos, members, out.say),
        "ray": lambda: benchmark_ray(photos, few, many, files, out.say),
    }
    for name in part or PARTS:
        if name == "plan":
            _publish_plan(page, plan_page, out)
            continue
        report, values = measures[name]()
        report.write(page)
        if as_json:
            out.record(values)
        else:
            typer.echo(report.markdown())


def _publish_plan(page: Path, plan_page: Path, out: Output) -> None:
    from sonolux.evaluation.benchmarks.scaling.plan import plan_items, write_plan

    text, values = plan_items(page)
    write_plan(text, plan_page)
    if out.as_json:
        out.record(values)
    else:
        typer.echo(text)

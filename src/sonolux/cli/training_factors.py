"""``sonolux train factors``: what people play, as a space of the library."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from sonolux.cli.learning import SeedOption, SetOption, progress_bar
from sonolux.cli.options import JsonOption, LibraryOption, QuietOption
from sonolux.cli.output import Output

if TYPE_CHECKING:
    from sonolux.library.interactions.factors import FactorSummary
    from sonolux.training.loop.trained import TrainingProgress
    from sonolux.training.recommendation.recipe import FactorisationRecipe


def factors(  # noqa: PLR0913 - one parameter an option
    *,
    method: Annotated[str, typer.Option(metavar="NAME", help="wmf: weighted matrix factorisation; or bpr.")] = "wmf",
    count: Annotated[
        int | None, typer.Option("--factors", metavar="N", min=1, help="Numbers of an item (64).", show_default=False)
    ] = None,
    iterations: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Passes over all plays (15).", show_default=False)
    ] = None,
    update: Annotated[
        bool, typer.Option("--update", metavar="", help="Only items that were played since; the rest stays.")
    ] = False,
    library: LibraryOption = None,
    seed: SeedOption = 0,
    setting: SetOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Learn factors of what people play, from `sonolux interactions`, as a space that `recommend` asks.

    Users need no training: who is new, or played something a moment ago, is folded in when recommended to.
    """
    from sonolux.cli.warm.learning import factors_by_service
    from sonolux.cli.warm.service import find_service
    from sonolux.training.recipes import make_recipe

    out = Output(as_json=as_json, quiet=quiet)
    recipe = make_recipe(method, setting or [], factors=count, iterations=iterations, seed=seed)
    service = find_service(library)
    with progress_bar(out) if out.lively else nullcontext() as progress:
        if service is not None:
            done = factors_by_service(service, recipe.resolved(), out, progress, update=update)
        else:
            done = asdict(_learned(library, recipe, progress, update=update))
    if as_json:
        out.record(done)
    else:
        out.line(
            f"{done['written']:,} items of {done['items']:,} in space factors ({done['factors']} numbers), from"
            f" {done['interactions']:,} interactions of {done['users']:,} users, in {done['seconds']:.1f} s"
        )


def _learned(
    library: str | None, recipe: FactorisationRecipe, progress: TrainingProgress | None, *, update: bool
) -> FactorSummary:
    from sonolux.library import Library

    def passes(done: int, total: int) -> None:
        if progress is not None:
            progress(done / total, "learning")

    with Library(library) as opened:
        return opened.update_factors(progress=passes) if update else opened.learn_factors(recipe, progress=passes)

"""``sonolux recommend`` and ``factors``: what fits a person, and what the numbers of taste stand for."""

from __future__ import annotations

import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sonolux.cli.options import JsonOption, LibraryOption, QuietOption, SpacesOption, WhereOption
from sonolux.cli.output import Output, shown_path
from sonolux.cli.searching import print_hits
from sonolux.cli.tastes import Playing, Taster, check_user, open_taste

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sonolux.cli.answer import Answer
    from sonolux.cli.warm.service import Service
    from sonolux.types import Hit, Item

REASONS = 2
"""Reasons shown with each recommendation."""

SHOWN = 10

FactorEnds = tuple[list[tuple[str, float]], list[tuple[str, float]]]
"""What has the highest values of a factor, and what has the lowest."""

STEPS = 8
"""Items between the ends of a path, where -k says nothing else."""


def recommend(  # noqa: PLR0913 - each is an option of the command line
    *,
    user: Annotated[
        str, typer.Option("--user", metavar="NAME", help="A user whose plays are kept.", show_default=False)
    ] = "",
    like: Annotated[
        list[str] | None, typer.Option("--like", metavar="ID|PATH", help="An item that is liked; may be repeated.")
    ] = None,
    unlike: Annotated[
        list[str] | None, typer.Option("--unlike", metavar="ID|PATH", help="One that is not; may be repeated.")
    ] = None,
    new_only: Annotated[
        bool, typer.Option("--new-only", metavar="", help="Nothing that the user ever played.")
    ] = False,
    where: WhereOption = None,
    space: SpacesOption = None,
    k: Annotated[
        int | None,
        typer.Option("-k", metavar="N", min=1, help="How many (10; between the ends of a path 8).", show_default=False),
    ] = None,
    diverse: Annotated[
        float, typer.Option("--diverse", metavar="X", help="From 0, what fits best, towards 1, variety.")
    ] = 0.3,
    fresh: Annotated[
        float, typer.Option("--fresh", metavar="X", help="From 0 towards 1: hold back what was played lately.")
    ] = 0.5,
    station: Annotated[
        bool,
        typer.Option("--station", metavar="", help="Play one after the other; lines on stdin say like or unlike."),
    ] = False,
    path: Annotated[
        tuple[str, str] | None,
        typer.Option("--path", metavar="FROM TO", help="What leads from one item to another.", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Of what a station draws at random.")] = 0,
    m3u: Annotated[
        Path | None, typer.Option("--m3u", metavar="FILE", help="Write a playlist too.", show_default=False)
    ] = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Recommend items to a user, or to somebody who likes some items; new users and new items need no training.

    Under each item stand the liked item that it resembles and the space that says so. With --station it prints one item
    a line and waits for a line on stdin: `like`, `unlike`, either with an item, or nothing, and goes on; with --user
    too, likes and skips are kept.
    """
    from sonolux.cli.warm.recommending import ServedTaste
    from sonolux.cli.warm.service import find_service

    out = Output(as_json=as_json, quiet=quiet)
    if path and (station or user or like or unlike):
        raise typer.BadParameter("--path is asked alone: it leads from one item to another")
    if station and space:
        raise typer.BadParameter("--station asks all spaces: leave --space away")
    if path and len(space or []) > 1:
        raise typer.BadParameter("--path goes through one space: name one with --space")
    check_user(user)
    begun: dict[str, Any] = {
        "user": user, "like": like or [], "unlike": unlike or [], "new_only": new_only, "where": where or []
    }  # fmt: skip
    asked = {**begun, "spaces": space or [], "k": k or SHOWN, "diverse": diverse, "fresh": fresh}
    way = {"steps": k or STEPS, "space": (space or [""])[0], "where": where or []}
    service = find_service(library)
    with nullcontext(ServedTaste(service)) if service else open_taste(library) as taste:
        if station:
            _play(taste, taste.station({**begun, "seed": seed}), user, out)
            return
        if path is not None:
            items = taste.path_between(path, way)
            _print_path(items, out)
        else:
            started = time.perf_counter()
            found = taste.recommend(asked)
            _print(found, out, time.perf_counter() - started)
            items = [taste.item(hit.file) for hit in found.hits] if m3u else []
    if m3u is not None:
        from sonolux.library.playlists import write_playlist

        out.say(f"wrote {shown_path(str(m3u))}: {write_playlist(m3u, items):,} files")


def factors(
    factor: Annotated[
        int | None, typer.Argument(metavar="NUMBER", min=1, help="Only this factor.", show_default=False)
    ] = None,
    k: Annotated[int, typer.Option("-k", metavar="N", min=1, help="Artists at each end.")] = 5,
    titles: Annotated[bool, typer.Option("--titles", metavar="", help="Items by their titles, not artists.")] = False,
    library: LibraryOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Show the artists with the most positive and the most negative values of each factor.

    What stands together at one end is played by the same people. Run `sonolux train factors` first.
    """
    from sonolux.cli.warm.service import find_service

    out = Output(as_json=as_json, quiet=quiet)
    service = find_service(library)
    if service is not None:
        tables = _served_tables(service, factor, k, titles=titles)
    else:
        from sonolux.library import Library
        from sonolux.library.interactions.factors import factor_tables

        with Library(library) as opened:
            tables = factor_tables(opened.index, [factor] if factor else None, k, titles=titles)
    if as_json:
        for number, ends in tables.items():
            sides = dict(zip(("positive", "negative"), ends, strict=True))
            named = {side: [{"name": name, "value": value} for name, value in end] for side, end in sides.items()}
            out.record({"factor": number, **named})
        return
    rows = [
        (f"{number}" if place == 0 else "", *(_cell(end, place) for end in ends))
        for number, ends in tables.items()
        for place in range(max(map(len, ends)))
    ]
    out.table((">factor", "positive", "negative"), rows)


def _served_tables(service: Service, factor: int | None, k: int, *, titles: bool) -> dict[int, FactorEnds]:
    """Return what `sonolux.library.interactions.factors.factor_tables` returns, of the library of a service."""
    one = {} if factor is None else {"factor": factor}
    told = service.ask("GET", "factors", **one, k=k, titles=titles)["factors"]
    sides = ("positive", "negative")
    ends = ([[(end["name"], end["value"]) for end in table[side]] for side in sides] for table in told)
    return {table["factor"]: (first, last) for table, (first, last) in zip(told, ends, strict=True)}


def _cell(end: Sequence[tuple[str, float]], place: int) -> str:
    return f"{end[place][0]} ({end[place][1]:+.2f})" if place < len(end) else ""


def _print(found: Answer, out: Output, seconds: float) -> None:
    print_hits(found.hits, out)
    if not out.as_json:
        _print_reasons(found, out)
    if found.remark:
        out.say(found.remark)
    sure = sum(hit.confident for hit in found.hits)
    asked = f"asked {', '.join(found.spaces) or 'what most play'} in {seconds:.2f} s"
    out.say(f"{asked}; {sure} of {len(found.hits)} are more than chance" if found.hits else asked)


def _print_reasons(answer: Answer, out: Output) -> None:
    from sonolux.presentation.wording import reason_in_words

    for rank, hit in enumerate(answer.hits, 1):
        if hit.why:
            out.line(f"{rank}  {shown_path(hit.path)}")
        for reason in hit.why[:REASONS]:
            out.line(f"   {reason_in_words(reason, answer.names.get(reason.example, ''))}")


def _print_path(items: Iterable[Item], out: Output) -> None:
    from sonolux.presentation.data import item_as_data

    for number, item in enumerate(items, 1):
        if out.as_json:
            out.record(item_as_data(item))
        else:
            out.line(f"{number:>3}  {shown_path(item.path)}")


def _play(taste: Taster, station: Playing, user: str, out: Output) -> None:
    """Print one item, read what is thought of it, and go on, until there is no line or no item left."""
    from sonolux.errors import QueryError

    while (hit := station.play()) is not None:
        _print_played(hit, out)
        if user:
            taste.interact(user, hit.file, "play")
        line = sys.stdin.readline()
        if not line:
            return
        said, _, target = line.strip().partition(" ")
        if said not in ("", "like", "unlike", "skip"):
            out.complain(f"{said!r} is no opinion: write like, unlike, either with an item after it, or nothing")
            continue
        try:
            item = taste.item(target.strip()).file if target.strip() else ""
        except QueryError as error:
            out.complain(str(error))
            continue
        if said:
            judged = station.like(item) if said == "like" else station.skip(item)
            if user:
                taste.interact(user, judged, "play" if said == "like" else "skip")
    out.say("everything has been played")


def _print_played(hit: Hit, out: Output) -> None:
    from sonolux.presentation.data import hit_as_data

    if out.as_json:
        out.record(hit_as_data(hit))
    else:
        out.line(shown_path(hit.path))
    sys.stdout.flush()

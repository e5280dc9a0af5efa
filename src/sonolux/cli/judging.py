"""``sonolux judge``: what you like and dislike of what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sonolux.cli.options import JsonOption, LibraryOption, QuietOption
from sonolux.cli.output import Output, shown_path

if TYPE_CHECKING:
    from sonolux.index.feedback import Judgement
    from sonolux.library import Library


def judge(
    item: Annotated[
        str | None,
        typer.Argument(metavar="ID|PATH", help="What was asked with, an item of the library.", show_default=False),
    ] = None,
    *,
    text: Annotated[
        str, typer.Option("--text", metavar="WORDS", help="Or the words that were asked.", show_default=False)
    ] = "",
    like: Annotated[
        list[str] | None,
        typer.Option("--like", metavar="ID|PATH", help="A hit that you like; may be repeated."),
    ] = None,
    unlike: Annotated[
        list[str] | None,
        typer.Option("--unlike", metavar="ID|PATH", help="A hit that you don't; may be repeated."),
    ] = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Keep what you like and dislike of what was found; without a question, list what is kept.

    `sonolux train feedback` learns from it. Judge a hit of the same question again, and the last time counts.
    """
    from sonolux.library import Library

    out = Output(as_json=as_json, quiet=quiet)
    with Library(library) as opened:
        if item is None and not text and not like and not unlike:
            _list(opened, out)
            return
        kept = opened.judge(item, text=text, liked=like or [], disliked=unlike or [])
        total = _totals(opened.judgements())
    if as_json:
        out.record({"kept": kept})
    else:
        out.line(f"{kept:,} kept")
    out.say(total)


def _list(library: Library, out: Output) -> None:
    from sonolux.presentation.data import judgement_as_data

    found = library.judgements()
    paths = {item: library.item(item).path for item in {item for one in found for item in one.items}}
    records = [
        judgement_as_data(one, paths[one.item], paths[one.query] if one.asked == "item" else None) for one in found
    ]
    if out.as_json:
        for record in records:
            out.record(record)
    elif records:
        out.table(("opinion", "question", "hit"), [_row(record) for record in records])
    else:
        out.line("nothing judged yet")
    out.say(_totals(found))


def _row(record: dict[str, Any]) -> tuple[str, ...]:
    question = shown_path(record["query_path"]) if record["query_path"] is not None else f"“{record['query']}”"
    return ("like" if record["liked"] else "unlike", question, shown_path(record["path"]))


def _totals(found: list[Judgement]) -> str:
    questions = {(one.asked, one.query) for one in found}
    return f"{_count(len(found), 'judgement')} of {_count(len(questions), 'question')}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"

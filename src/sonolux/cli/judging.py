"""``sonolux judge``: what you like and dislike of what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sonolux.cli.options import JsonOption, LibraryOption, QuietOption
from sonolux.cli.output import Output, shown_path

if TYPE_CHECKING:
    from sonolux.cli.warm.service import Service
    from sonolux.library import Library

NOBODY = "00000000-0000-0000-0000-000000000000"
"""Id of no item, where the service is to hear that there is one, and no more."""


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
    from sonolux.cli.warm.service import find_service

    out = Output(as_json=as_json, quiet=quiet)
    listing = item is None and not text and not like and not unlike
    service = find_service(library)
    if service is not None:
        kept = 0 if listing else _judge_service(service, item, text, like or [], unlike or [])
        records = _records_of_service(service)
    else:
        from sonolux.library import Library

        with Library(library) as opened:
            kept = 0 if listing else opened.judge(item, text=text, liked=like or [], disliked=unlike or [])
            records = _records_of(opened)
    if listing:
        _list(records, out)
    elif as_json:
        out.record({"kept": kept})
    else:
        out.line(f"{kept:,} kept")
    questions = {(one["asked"], one["query"]) for one in records}
    out.say(f"{_count(len(records), 'judgement')} of {_count(len(questions), 'question')}")


def _judge_service(service: Service, item: str | None, text: str, like: list[str], unlike: list[str]) -> int:
    """Have the service keep judgements; return how many it has kept."""
    body: dict[str, Any] = {"query": None, "text": text, "liked": [], "disliked": []}
    if (item is None) == bool(text):  # else it says what is wrong, before it looks at any hit
        body["query"] = None if item is None else service.item(item)
        body |= {"liked": [service.item(one) for one in like], "disliked": [service.item(one) for one in unlike]}
    elif item is not None:
        body["query"] = NOBODY
    return int(service.ask("POST", "judgements", body)["kept"])


def _records_of_service(service: Service) -> list[dict[str, Any]]:
    """Return the judgements that hold, as `judgement_as_data` writes them."""
    from sonolux.presentation.data import judgement_from_data

    return [judgement_from_data(one) for one in service.ask("GET", "judgements")["judgements"]]


def _records_of(library: Library) -> list[dict[str, Any]]:
    from sonolux.presentation.data import judgement_as_data

    found = library.judgements()
    paths = {item: library.item(item).path for item in {item for one in found for item in one.items}}
    return [judgement_as_data(one, paths[one.item], paths[one.query] if one.asked == "item" else None) for one in found]


def _list(records: list[dict[str, Any]], out: Output) -> None:
    if out.as_json:
        for record in records:
            out.record(record)
    elif records:
        out.table(("opinion", "question", "hit"), [_row(record) for record in records])
    else:
        out.line("nothing judged yet")


def _row(record: dict[str, Any]) -> tuple[str, ...]:
    question = shown_path(record["query_path"]) if record["query_path"] is not None else f"“{record['query']}”"
    return ("like" if record["liked"] else "unlike", question, shown_path(record["path"]))


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"

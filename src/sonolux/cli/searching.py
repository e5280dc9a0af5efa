"""``sonolux search``: a question to ranked hits."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sonolux.cli.answer import Answer, examples_of
from sonolux.cli.options import JsonOption, LibraryOption, QuietOption, SpacesOption, WhereOption
from sonolux.cli.output import Output, shown_path

if TYPE_CHECKING:
    from sonolux.types import Hit

TELLING = 0.1
"""Chance up to which a reason is shown to people."""


def search(  # noqa: PLR0913 - each is an option of the command line
    words: Annotated[
        list[str] | None, typer.Argument(metavar="WORDS", help="What to look for, in words.", show_default=False)
    ] = None,
    *,
    library: LibraryOption = None,
    image: Annotated[str | None, typer.Option("--image", metavar="FILE", help="Look for what a picture shows.")] = None,
    audio: Annotated[str | None, typer.Option("--audio", metavar="FILE", help="Look for what sounds like it.")] = None,
    video: Annotated[str | None, typer.Option("--video", metavar="FILE", help="Look for what a video shows.")] = None,
    hum: Annotated[
        str | None, typer.Option("--hum", metavar="FILE", help="Look for the tune that somebody hums or whistles.")
    ] = None,
    like: Annotated[
        list[str] | None,
        typer.Option("--like", metavar="ID|PATH", help="Look for what resembles this item; may be repeated."),
    ] = None,
    unlike: Annotated[
        list[str] | None,
        typer.Option("--unlike", metavar="ID|PATH", help="Keep away from this item; may be repeated."),
    ] = None,
    blend: Annotated[
        list[str] | None,
        typer.Option(
            "--blend",
            metavar="WHAT:WEIGHT",
            help="Mix words, files and filters, from 0 to 1 each: rain:0.4, song.mp3:0.4, artist=X:0.2; repeat it.",
        ),
    ] = None,
    weight: Annotated[
        list[str] | None,
        typer.Option(
            "--weight",
            metavar="PART=NUMBER",
            help="How much text, image, audio, video or like counts, 1 by default: image=2; may be repeated.",
        ),
    ] = None,
    k: Annotated[int, typer.Option("-k", metavar="N", min=1, help="Hits a page.")] = 10,
    page: Annotated[int, typer.Option("--page", metavar="N", min=1, help="Which page.")] = 1,
    space: SpacesOption = None,
    where: WhereOption = None,
    diverse: Annotated[
        float, typer.Option("--diverse", metavar="X", help="From 0, relevance alone, towards 1, variety.")
    ] = 0.0,
    spans: Annotated[
        bool, typer.Option("--spans", metavar="", help="Every span is a hit of its own, not one a file.")
    ] = False,
    confident: Annotated[
        bool, typer.Option("--confident", metavar="", help="Only hits that chance does not explain.")
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", metavar="", help="Say under each hit why it was found.")
    ] = False,
    html: Annotated[
        str | None, typer.Option("--html", metavar="PAGE", help="Write the hits to a web page too.")
    ] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Find items by words, picture, sound, video, example, or any mix.

    The chance of a hit says how many items taken at random would score as high.
    """
    from sonolux.cli.warm.searching import ask_hummed, search_service
    from sonolux.cli.warm.service import find_service
    from sonolux.presentation.blend import parse_blend

    out = Output(as_json=as_json, quiet=quiet)
    asked: dict[str, Any] = {
        "image": image, "audio": audio, "video": video, "like": like or [], "unlike": unlike or [],
        "blend": [parse_blend(one) for one in blend or []] or None,
        "weights": _weights(weight or []), "where": where or [], "spaces": space or [],
        "k": k, "page": page, "diverse": diverse, "spans": spans, "confident": confident,
        "explain": explain,
    }  # fmt: skip
    text = " ".join(words) if words else None
    started = time.perf_counter()
    if hum is not None:
        _check_alone(text, {**asked, "html": html})
    service = find_service(library)
    if service is not None:
        answer = search_service(service, text, asked) if hum is None else ask_hummed(service, hum, asked)
    elif hum is not None:
        answer = _hummed(hum, asked, library)
    else:
        answer = _search_library(library, text, asked)
    seconds = time.perf_counter() - started
    first = (page - 1) * k + 1
    print_hits(answer.hits, out, first=first)
    if explain and not as_json:
        _print_reasons(answer, out, first)
    _remark(answer, out, seconds)
    if html is not None:
        _write_page(html, answer.hits, text, asked, first)
        out.say(f"wrote {html}")


def print_hits(hits: Sequence[Hit], out: Output, first: int = 1) -> None:
    """Print hits, best first; on a terminal those that chance may explain are faint.

    Parameters
    ----------
    first : int
        Rank of the first hit.
    """
    if out.as_json:
        from sonolux.presentation.data import hit_as_data

        for hit in hits:
            out.record(hit_as_data(hit))
        return
    if not hits:
        out.line("nothing found")
        return
    columns = [">#", ">score", "chance", "modality", "where", "path", "title"]
    rows = [_row(rank, hit) for rank, hit in enumerate(hits, first)]
    if not any(hit.span or hit.region for hit in hits):
        where = columns.index("where")
        columns, rows = columns[:where] + columns[where + 1 :], [row[:where] + row[where + 1 :] for row in rows]
    out.table(columns, rows, faint=[number for number, hit in enumerate(hits) if not hit.confident])


def _print_reasons(answer: Answer, out: Output, first: int) -> None:
    """Print why each hit was found: the reasons that are worth a look, or else the strongest."""
    from sonolux.presentation.wording import reason_in_words

    for rank, hit in enumerate(answer.hits, first):
        telling = [reason for reason in hit.why if reason.chance <= TELLING or reason.words or reason.label]
        out.line(f"{rank}  {shown_path(hit.path)}")
        for reason in telling or hit.why[:1]:
            out.line(f"   {reason_in_words(reason, answer.names.get(reason.example, ''))}")


def heading_of(text: str | None, asked: dict[str, Any]) -> str:
    """Put a question in one line."""
    parts = [f"“{text}”"] if text else []
    for name, files in _files_by_part(asked).items():
        parts += [f"{name} {shown_path(file)}" for file in files]
    parts += [f"{what} ({weight:g})" for what, weight in asked.get("blend") or ()]
    return ", ".join(parts)


def files_asked(asked: dict[str, Any]) -> list[str]:
    """Return the absolute paths of the files that show what is looked for."""
    from sonolux.media.paths import absolute

    by_part = _files_by_part(asked)
    return [absolute(file) for part, files in by_part.items() if part != "unlike" for file in files]


def _row(rank: int, hit: Hit) -> tuple[str, ...]:
    from sonolux.presentation.wording import chance_in_words, describe_hit, place_in_words, score_in_words

    where = place_in_words(hit.span, hit.region)
    score, chance = score_in_words(hit.score), chance_in_words(hit.chance)
    return (str(rank), score, chance, str(hit.modality), where, shown_path(hit.path), describe_hit(hit))


def _search_library(location: str | None, text: str | None, asked: dict[str, Any]) -> Answer:
    """Ask a library that is opened here."""
    from sonolux.media.workers.isolated import IsolatedDecoder

    if asked["image"] or asked["audio"] or asked["video"] or asked["blend"]:
        IsolatedDecoder().start()  # while the rest is imported and the library is opened
    from sonolux.library import Library
    from sonolux.retrieval.filters import parse_conditions

    asked = {**asked, "where": parse_conditions(asked["where"])}
    with Library(location) as library:
        hits = library.search(text, **asked)
        below = None
        if asked["confident"] and not hits:
            below = next(iter(library.search(text, **{**asked, "confident": False, "k": 1, "page": 1})), None)
        names = {example: shown_path(library.item(example).path) for example in examples_of(hits)}
    return Answer(hits, hits.spaces, below, names)


def _check_alone(text: str | None, asked: dict[str, Any]) -> None:
    """Refuse what else is asked with a hummed tune."""
    others = (
        "image",
        "audio",
        "video",
        "like",
        "unlike",
        "blend",
        "weights",
        "where",
        "spaces",
        "diverse",
        "html",
        "explain",
    )
    if text or any(asked[name] for name in others) or asked["page"] != 1:
        raise typer.BadParameter("--hum is asked alone, with -k, --confident and --json")


def _hummed(hum: str, asked: dict[str, Any], location: str | None) -> Answer:
    """Find the tune that somebody hums, in a library that is opened here."""
    from sonolux.library import Library
    from sonolux.library.humming import find_hummed

    with Library(location) as library:
        hits = find_hummed(library, hum, asked["k"])
    return Answer([hit for hit in hits if hit.confident or not asked["confident"]], hits.spaces)


def _weights(given: Sequence[str]) -> dict[str, float]:
    weights = {}
    for line in given:
        part, _, number = line.partition("=")
        try:
            weights[part.strip()] = float(number)
        except ValueError:
            raise typer.BadParameter(f"a weight reads PART=NUMBER, such as image=2, not {line!r}") from None
    return weights


def _remark(answer: Answer, out: Output, seconds: float) -> None:
    from sonolux.presentation.wording import chance_in_words

    hits, below = answer.hits, answer.below
    if below is not None:
        odds = chance_in_words(below.chance)
        out.say(f"without --confident: {shown_path(below.path)} and the like, but {odds} items score as high by chance")
    sure = sum(hit.confident for hit in hits)
    asked = f"asked {', '.join(answer.spaces) or 'no space'} in {seconds:.2f} s"
    out.say(f"{asked}; {sure} of {len(hits)} hits are more than chance" if hits else asked)


def _write_page(page: str, hits: Sequence[Hit], text: str | None, asked: dict[str, Any], first: int) -> None:
    from sonolux.presentation.html import PageSection, write_page

    section = PageSection(heading_of(text, asked), hits, examples=files_asked(asked), first=first)
    write_page(page, [section], "Sonolux search")


def _files_by_part(asked: dict[str, Any]) -> dict[str, list[str]]:
    """Return what is asked with by part of the question; ``like`` and ``unlike`` may hold ids too."""
    given: dict[str, Any] = {name: asked.get(name) for name in ("image", "audio", "video", "like", "unlike")}
    lists = {name: [one] if isinstance(one, str) else list(one or ()) for name, one in given.items()}
    return {name: files for name, files in lists.items() if files}

"""``sonolux search``: a question to ranked hits."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sonolux.cli.options import JsonOption, LibraryOption, QuietOption, SpacesOption, WhereOption
from sonolux.cli.output import Output, shown_path

if TYPE_CHECKING:
    from sonolux.library import Library
    from sonolux.retrieval import Hits
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
    from sonolux.media.workers.isolated import IsolatedDecoder

    if image or audio or video:
        IsolatedDecoder().start()  # while the rest is imported and the library is opened
    from sonolux.library import Library
    from sonolux.retrieval.filters import parse_conditions

    out = Output(as_json=as_json, quiet=quiet)
    asked: dict[str, Any] = {
        "image": image, "audio": audio, "video": video, "like": like or [], "unlike": unlike or [],
        "weights": _weights(weight or []), "where": parse_conditions(where or []), "spaces": space or [],
        "k": k, "page": page, "diverse": diverse, "spans": spans, "confident": confident,
        "explain": explain,
    }  # fmt: skip
    text = " ".join(words) if words else None
    started = time.perf_counter()
    if hum is not None:
        hits = _hummed(hum, text, {**asked, "html": html}, library)
        print_hits(hits, out)
        _remark(hits, out, time.perf_counter() - started, None)
        return
    with Library(library) as opened:
        hits = opened.search(text, **asked)
        seconds = time.perf_counter() - started
        below = _best_below(opened, text, asked) if confident and not hits else None
        names = _names_of_examples(opened, hits)
    first = (page - 1) * k + 1
    print_hits(hits, out, first=first)
    if explain and not as_json:
        _print_reasons(hits, names, out, first)
    _remark(hits, out, seconds, below)
    if html is not None:
        _write_page(html, hits, text, asked, first)
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


def _print_reasons(hits: Sequence[Hit], names: dict[str, str], out: Output, first: int) -> None:
    """Print why each hit was found: the reasons that are worth a look, or else the strongest."""
    from sonolux.presentation.wording import reason_in_words

    for rank, hit in enumerate(hits, first):
        telling = [reason for reason in hit.why if reason.chance <= TELLING or reason.words or reason.label]
        out.line(f"{rank}  {shown_path(hit.path)}")
        for reason in telling or hit.why[:1]:
            out.line(f"   {reason_in_words(reason, names.get(reason.example, ''))}")


def _names_of_examples(library: Library, hits: Sequence[Hit]) -> dict[str, str]:
    """Return the paths of the examples that hits resemble, by their ids."""
    examples = {reason.example for hit in hits for reason in hit.why if reason.example}
    return {example: shown_path(library.item(example).path) for example in examples}


def heading_of(text: str | None, asked: dict[str, Any]) -> str:
    """Put a question in one line."""
    parts = [f"“{text}”"] if text else []
    for name, files in _files_by_part(asked).items():
        parts += [f"{name} {shown_path(file)}" for file in files]
    return ", ".join(parts)


def files_asked(asked: dict[str, Any]) -> list[str]:
    """Return the absolute paths of the files that show what is looked for."""
    from sonolux.library.items import absolute

    by_part = _files_by_part(asked)
    return [absolute(file) for part, files in by_part.items() if part != "unlike" for file in files]


def _row(rank: int, hit: Hit) -> tuple[str, ...]:
    from sonolux.presentation.wording import chance_in_words, describe_hit, place_in_words, score_in_words

    where = place_in_words(hit.span, hit.region)
    score, chance = score_in_words(hit.score), chance_in_words(hit.chance)
    return (str(rank), score, chance, str(hit.modality), where, shown_path(hit.path), describe_hit(hit))


def _hummed(hum: str, text: str | None, asked: dict[str, Any], library: str | None) -> Hits:
    """Find the tune that somebody hums; what else is asked with it is refused."""
    from sonolux.library import Library
    from sonolux.library.humming import find_hummed
    from sonolux.retrieval import Hits

    others = ("image", "audio", "video", "like", "unlike", "weights", "where", "spaces", "diverse", "html", "explain")
    if text or any(asked[name] for name in others) or asked["page"] != 1:
        raise typer.BadParameter("--hum is asked alone, with -k, --confident and --json")
    with Library(library) as opened:
        hits = find_hummed(opened, hum, asked["k"])
    return Hits([hit for hit in hits if hit.confident], hits.spaces) if asked["confident"] else hits


def _weights(given: Sequence[str]) -> dict[str, float]:
    weights = {}
    for line in given:
        part, _, number = line.partition("=")
        try:
            weights[part.strip()] = float(number)
        except ValueError:
            raise typer.BadParameter(f"a weight reads PART=NUMBER, such as image=2, not {line!r}") from None
    return weights


def _best_below(library: Library, text: str | None, asked: dict[str, Any]) -> Hit | None:
    """Return the best hit that chance may explain, where there is one."""
    relaxed: dict[str, Any] = {**asked, "confident": False, "k": 1, "page": 1}
    return next(iter(library.search(text, **relaxed)), None)


def _remark(hits: Hits, out: Output, seconds: float, below: Hit | None) -> None:
    from sonolux.presentation.wording import chance_in_words

    if below is not None:
        odds = chance_in_words(below.chance)
        out.say(f"without --confident: {shown_path(below.path)} and the like, but {odds} items score as high by chance")
    sure = sum(hit.confident for hit in hits)
    asked = f"asked {', '.join(hits.spaces) or 'no space'} in {seconds:.2f} s"
    out.say(f"{asked}; {sure} of {len(hits)} hits are more than chance" if hits else asked)


def _write_page(page: str, hits: Hits, text: str | None, asked: dict[str, Any], first: int) -> None:
    from sonolux.presentation.html import PageSection, write_page

    section = PageSection(heading_of(text, asked), hits, examples=files_asked(asked), first=first)
    write_page(page, [section], "Sonolux search")


def _files_by_part(asked: dict[str, Any]) -> dict[str, list[str]]:
    """Return what is asked with by part of the question; ``like`` and ``unlike`` may hold ids too."""
    given: dict[str, Any] = {name: asked.get(name) for name in ("image", "audio", "video", "like", "unlike")}
    lists = {name: [one] if isinstance(one, str) else list(one or ()) for name, one in given.items()}
    return {name: files for name, files in lists.items() if files}

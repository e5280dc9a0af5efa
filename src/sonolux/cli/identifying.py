"""``sonolux fingerprint``, ``identify`` and ``compare``: know recordings again, and name them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sonolux.cli.adding import complain_of
from sonolux.cli.exit_codes import SOME_FAILED
from sonolux.cli.options import JsonOption, LibraryOption, QuietOption
from sonolux.cli.output import Output, shown_path
from sonolux.cli.progress import progress_bars
from sonolux.presentation.wording import clock

if TYPE_CHECKING:
    from sonolux.cli.warm.service import Service

MATCH = ("id", "path", "query_start", "query_end", "start", "speed", "score", "chance")
"""Of `sonolux.fingerprints.matching.Match`, in its order."""

CLIP = "the clip on stdin"


def fingerprint(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Recordings and videos, or folders of them.")],
    model: Annotated[
        str,
        typer.Option(
            metavar="MODEL",
            help="Model folder of `sonolux train fingerprints`, whose codes are taken from now on; or `shipped`, the"
            " one that comes with Sonolux.",
            show_default=False,
        ),
    ] = "",
    library: LibraryOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Take the fingerprints of recordings, so that `sonolux identify` knows them."""
    from sonolux.library import Library

    out = Output(as_json=as_json, quiet=quiet)
    with Library(library) as opened, progress_bars(paths, out) as (progress, _):
        summary = opened.fingerprint(*paths, progress=progress, model=model)
    if as_json:
        out.record(asdict(summary))
    else:
        complain_of(summary.failed, out)
        out.line(f"{summary.recordings:,} taken, {summary.seconds / 60:.1f} minutes")
    if summary.failed:
        raise typer.Exit(SOME_FAILED)


def identify(
    clip: Annotated[
        str, typer.Argument(metavar="CLIP", help="A recording or video of a second or more, or - for one on stdin.")
    ],
    library: LibraryOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Name the recordings that are heard in a clip, in noise, through a telephone, a little too fast or slow.

    Chance is how often a sound that is in no recording of the library would be named as surely. On stdin, and with
    --json, a match is printed as soon as it has ended, so a clip may be as long as a day; else the surest comes first.
    """
    from sonolux.cli.warm.service import find_service

    out = Output(as_json=as_json, quiet=quiet)
    service = find_service(library)
    found, remarks = (
        _identify_in_library(library, clip, out) if service is None else _identify_by_service(service, clip, out)
    )
    for remark in remarks:
        (out.say if as_json else out.line)(remark)
    if not found and not remarks and not as_json:
        out.line("not in the library")


def compare(
    first: Annotated[str, typer.Argument(metavar="A", help="A recording or video.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Another, which may be a part or a mix of it.")],
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Tell where two recordings are the same sound, at which times of both."""
    from sonolux.fingerprints.compare import compare as compared

    out = Output(as_json=as_json, quiet=quiet)
    found = compared(first, second)
    if as_json:
        for shared in found:
            out.record(asdict(shared))
    elif found:
        rows = [
            (
                f"{clock(one.first_start)} - {clock(one.first_end)}",
                f"{clock(one.second_start)} - {clock(one.second_end)}",
                f"{one.speed - 1:+.1%}",
                f"{one.chance:.1g}",
            )
            for one in found
        ]
        out.table((">in A", ">in B", ">speed", ">chance"), rows)
        out.say(f"{sum(one.first_end - one.first_start for one in found):.1f} s of A are in B")
    else:
        out.line("nothing in common")


def _identify_in_library(library: str | None, clip: str, out: Output) -> tuple[bool, list[str]]:
    """Print what is heard in a clip; return whether anything is, and remarks on the clip."""
    from sonolux.media.workers.isolated import IsolatedDecoder

    if clip != "-":
        IsolatedDecoder().start()  # while the rest is imported and the library is opened
    from sonolux.library import Library

    remarks: list[str] = []
    with Library(library) as opened:
        if clip == "-" or out.as_json:
            source = sys.stdin.buffer if clip == "-" else clip
            found = _told(map(asdict, opened.identify_stream(source, remark=remarks.append)), out)
        else:
            found = _listed([asdict(match) for match in opened.identify(clip, remark=remarks.append)], out)
    return found, remarks


def _identify_by_service(service: Service, clip: str, out: Output) -> tuple[bool, list[str]]:
    """Do the same by the service that holds the library, which tells all matches at the end of the clip."""
    from sonolux.media.paths import absolute
    from sonolux.presentation.data import path_from_data

    in_turn = clip == "-" or out.as_json
    sent = service.uploaded(CLIP, sys.stdin.buffer) if clip == "-" else service.uploaded(absolute(clip))
    with sent as upload:
        told = service.ask("POST", "identify", {"upload": upload, "in_turn": in_turn})
    matches = [{key: match[key] for key in MATCH} | {"path": path_from_data(match)} for match in told["matches"]]
    return (_told if in_turn else _listed)(matches, out), told["remarks"]


def _told(matches: Iterable[dict[str, Any]], out: Output) -> bool:
    """Print each match at once; tell whether there was any."""
    any_yet = False
    for match in matches:
        any_yet = True
        if out.as_json:
            out.record(match)
        else:
            out.line("  ".join(_row(match)))
        sys.stdout.flush()
    return any_yet


def _listed(matches: Sequence[dict[str, Any]], out: Output) -> bool:
    """Print all matches under each other; tell whether there was any."""
    if matches:
        headings = (">in the clip", ">in the recording", ">speed", ">chance", "recording")
        out.table(headings, [_row(match) for match in matches])
    return bool(matches)


def _row(match: dict[str, Any]) -> tuple[str, ...]:
    where = f"{clock(match['query_start'])} - {clock(match['query_end'])}"
    played = (clock(match["start"]), f"{match['speed'] - 1:+.1%}", f"{match['chance']:.1g}")
    return (where, *played, shown_path(match["path"]))

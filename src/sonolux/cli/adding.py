"""``sonolux add``: folders into the library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sonolux.cli.exit_codes import SOME_FAILED
from sonolux.cli.options import (
    CompressOption,
    CopiesOption,
    JsonOption,
    LibraryOption,
    OnOption,
    QuietOption,
    ShardsOption,
)
from sonolux.cli.output import Output, shown, shown_path
from sonolux.cli.progress import progress_bars
from sonolux.types import Failure

if TYPE_CHECKING:
    from sonolux.library import Library

FAILURES_SHOWN = 20


def add(  # noqa: PLR0913 - each is an option
    paths: Annotated[
        list[str],
        typer.Argument(
            help="Files, folders and shards; URLs of buckets: s3://bucket/prefix, gs://, az://.", metavar="PATH"
        ),
    ],
    *,
    library: LibraryOption = None,
    space: Annotated[
        list[str] | None,
        typer.Option(
            "--space",
            metavar="SPEC",
            help="Encoder to use besides those the library has: a built-in name, org/name of a model on the hub, or"
            " the folder of a model; may be repeated. A new library takes these alone.",
            show_default=False,
        ),
    ] = None,
    prune: Annotated[
        bool, typer.Option("--prune", metavar="", help="Remove items whose files are gone from these folders.")
    ] = False,
    no_fingerprints: Annotated[
        bool,
        typer.Option("--no-fingerprints", metavar="", help="Take none of recordings: `identify` will not know them."),
    ] = False,
    no_labels: Annotated[
        bool, typer.Option("--no-labels", metavar="", help="Do not say of new pictures what they show.")
    ] = False,
    skip_copies: Annotated[
        bool,
        typer.Option(
            "--skip-copies",
            metavar="",
            help="Leave out files of the same bytes as one that is there, and images of the same picture, encoded again"
            " or smaller.",
        ),
    ] = False,
    copies: CopiesOption = None,
    shards: ShardsOption = None,
    compress: CompressOption = None,
    on: OnOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Add files and folders, or what is new in them.

    Unchanged files are skipped and moved ones followed; pictures get labels of what they show, and of recordings and
    videos fingerprints are taken. Stop it at any time and run it again: it goes on where it was.
    """
    from sonolux.cli.warm.service import find_service
    from sonolux.errors import SonoluxError
    from sonolux.index.layout import ClusterLayout, refuse_layout

    out = Output(as_json=as_json, quiet=quiet)
    options: dict[str, Any] = {
        "spaces": space or [],
        "prune": prune,
        "fingerprints": not no_fingerprints,
        "labels": not no_labels,
        "skip_copies": skip_copies,
    }
    layout = ClusterLayout(copies, shards, compress)
    service = find_service(library)
    if service is not None:
        refuse_layout(layout, library or "the library")
        if on is not None:
            raise SonoluxError(
                f"`sonolux serve` holds the library, and works where it is: stop it, or leave out --on {on}"
            )
        from sonolux.cli.warm.adding import add_by_service

        summary = add_by_service(service, paths, options, out)
    else:
        summary = _add_to_library(library, paths, {**options, "layout": layout, "on": on}, out)
    report(summary, out)
    if summary["failed"] or summary["partly"]:
        raise typer.Exit(SOME_FAILED)


def _add_to_library(
    location: str | None, paths: Sequence[str], options: Mapping[str, Any], out: Output
) -> dict[str, Any]:
    """Add to a library that is opened here; return what `sonolux.library.Summary` says, as plain data."""
    from dataclasses import asdict

    from sonolux.library import Library

    with Library(location) as opened:
        specs = options["spaces"] or default_encoders(opened, out)
        try:
            with progress_bars(paths, out) as (added, heard):
                return asdict(opened.add(*paths, **{**options, "spaces": specs}, progress=added, hearing=heard))
        except KeyboardInterrupt:
            out.say("stopped: what was added is kept; the same command goes on from there")
            raise


def report(summary: Mapping[str, Any], out: Output) -> None:
    """Print what an addition did, as `sonolux.library.Summary` says it."""
    if out.as_json:
        out.record(summary)
        return
    failed, partly, skipped = (
        [Failure(one["path"], one["reason"]) for one in summary[name]] for name in ("failed", "partly", "skipped")
    )
    complain_of(failed, out)
    complain_of(partly, out, "partly read")
    complain_of(skipped, out, "skipped")
    counts = {name: summary[name] for name in ("added", "updated", "moved", "unchanged", "removed")}
    counts |= {"failed": len(failed), "partly read": len(partly), "skipped": len(skipped)}
    told = [f"{count:,} {name}" for name, count in counts.items() if count]
    out.line(f"{', '.join(told) or 'nothing to add'} in {summary['seconds']:.1f} s")


def complain_of(failures: Sequence[Failure], out: Output, what: str = "failed") -> None:
    """Say which files failed, or what else is wrong with them, and why: the first few."""
    for failure in failures[:FAILURES_SHOWN]:
        out.complain(f"{what}: {shown_path(failure.path)}: {failure.reason}")
    if len(failures) > FAILURES_SHOWN:
        out.complain(f"... and {len(failures) - FAILURES_SHOWN:,} more {what}; --json names them all")


def default_encoders(library: Library, out: Output) -> list[str]:
    """Choose the encoders of a new library, and say which and why."""
    if library.exists() and library.manifest.spaces:
        return []
    from sonolux.encoders import default_specs

    specs, why = default_specs()
    out.say(f"new library {shown(library.location)}: {why}")
    return specs

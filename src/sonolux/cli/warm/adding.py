"""Additions by the service that holds a library: a job is queued, and followed until it is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from sonolux.cli.output import Output
from sonolux.cli.progress import Bars, add_bars
from sonolux.cli.warm.following import job_looks
from sonolux.cli.warm.service import Service
from sonolux.errors import LibraryError
from sonolux.media.inside.patterns import expand_names
from sonolux.media.paths import absolute, to_stored
from sonolux.presentation.data import path_from_data

FAILURE = ("path", "reason", "copy_of")
"""What is told of a file that failed, was read in part or was left out, in this order."""

COUNTS = ("added", "updated", "moved", "unchanged", "removed", "fingerprinted")


def add_by_service(service: Service, paths: Sequence[str], options: Mapping[str, Any], out: Output) -> dict[str, Any]:
    """Have files and folders added; return what `sonolux.library.Summary` says, as plain data.

    Parameters
    ----------
    service : Service
    paths : sequence of str
        As they were given.
    options : mapping
        Of the job, see `sonolux.server.jobs.params.AddParams`.
    out : Output

    Raises
    ------
    RefusedError
        Where the service does not add.
    LibraryError
        Where the job fails, or somebody else cancels it.
    """
    spaces = [_as_elsewhere(spec) for spec in options["spaces"]]
    stored = [to_stored(absolute(one)) for path in paths for one in expand_names(path)]
    given = {**options, "spaces": spaces, "paths": stored, "anywhere": True}
    id_ = service.ask("POST", "jobs", {"kind": "add", "params": given})["id"]
    try:
        job = _followed(service, id_, out)
    except KeyboardInterrupt:
        service.ask("DELETE", f"jobs/{id_}")
        out.say("stopped: the job is cancelled, what was added is kept; the same command goes on from there")
        raise
    if job["state"] == "failed":
        raise LibraryError(job["reason"])
    if job["state"] == "cancelled":
        raise LibraryError("somebody has cancelled it: what was added is kept; the same command goes on from there")
    return _summary_of(job, out)


def _as_elsewhere(spec: str) -> str:
    """Return the specification of an encoder as it is read in any folder: the service may run in another."""
    model, at, layer = spec.partition("@")
    if Path(spec).expanduser().is_dir():
        model, at, layer = spec, "", ""
    elif not Path(model).expanduser().is_dir():
        return spec
    from sonolux.encoders.registry import ENCODERS

    return spec if model in ENCODERS else absolute(model) + at + layer


def _followed(service: Service, id_: str, out: Output) -> dict[str, Any]:
    """Return a job once it is over, and draw how far it is."""
    with ExitStack() as drawing:
        bars: Bars | None = None
        for job in job_looks(service, id_, out):
            if not out.lively or job["phase"] not in ("adding", "listening"):
                continue
            if bars is None:
                bars = drawing.enter_context(add_bars(job["total"]))
            if job["phase"] == "adding":
                bars.advance(job["done"], job["current"])
            else:
                bars.hear(job["total"], job["done"], job["current"])
    return job


def _summary_of(job: Mapping[str, Any], out: Output) -> dict[str, Any]:
    """Return what came of a job; where more has failed than a job names, that is said."""
    told = job["summary"]
    named = {"failed": job["failed"], "partly": told["partly_read"], "skipped": told["left_out"]}
    for name, files in named.items():
        if len(files) < told[name]:
            out.complain(f"{name}: {told[name]:,} files, of which the service names {len(files):,}")
    lists = {
        name: [{key: path_from_data(one, key) for key in FAILURE if one.get(key) is not None} for one in files]
        for name, files in named.items()
    }
    return {**{name: told[name] for name in COUNTS}, **lists, "seconds": told["seconds"]}

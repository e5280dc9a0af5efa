"""Kinds of jobs: one function each over an open library. A new kind is a function in `KINDS`, and its parameters.

What a kind does can be done again: a job whose process died is begun anew, and what is already there is skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sonolux.annotators.registry import available
from sonolux.errors import LibraryError, QueryError
from sonolux.index import Condition
from sonolux.library import Library
from sonolux.library.copies import group_as_data
from sonolux.library.projection import project_library
from sonolux.media.finding import find
from sonolux.media.objects.urls import is_url
from sonolux.media.paths import from_stored
from sonolux.server.copy_groups import CopyGroups
from sonolux.server.jobs.params import (
    AddParams,
    AnnotateParams,
    CopiesParams,
    FactorsParams,
    MapParams,
    RemoveParams,
    beneath_roots,
)
from sonolux.server.jobs.progress import JobProgress
from sonolux.server.jobs.table import MOST_FAILURES
from sonolux.server.kept_uploads import keep_upload, kept_folder
from sonolux.server.state import ServiceState
from sonolux.types import Failure

COUNTED = 500
"""Files from one look at whether to go on to the next."""

AT_ONCE = 64
"""Files that are removed together."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a kind works with.

    Attributes
    ----------
    library : Library
    params : sonolux.server.jobs.params.JobParams
        Of its kind.
    progress : JobProgress
    roots : sequence of str
        Folders beneath which files may be added.
    copies : CopyGroups
        Where groups of copies are kept.
    state : ServiceState
        Where uploads lie.
    again : bool
        Whether the job was begun before.
    """

    library: Library
    params: Any
    progress: JobProgress
    roots: Sequence[str]
    copies: CopyGroups
    state: ServiceState
    again: bool = False


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """What came of a job: counts and the like, and the files that failed."""

    summary: dict[str, Any] = field(default_factory=dict)
    failed: Sequence[Failure] = ()


def run_add(work: Work) -> JobOutcome:
    """Add files and folders, and uploads, of which copies are kept in a root."""
    params: AddParams = work.params
    paths = [from_stored(path) for path in params.paths] if params.anywhere else beneath_roots(params.paths, work.roots)
    kept, lost = _keep_uploads(work) if params.uploads else ({}, [])
    paths += kept.values()
    if not paths:
        return JobOutcome({}, lost)
    total = 0
    for _ in find(paths, real=True, inside=True):
        total += 1
        if total % COUNTED == 1:
            work.progress("counting", total)
    done = work.library.add(
        *(path if is_url(path) else Path(path) for path in paths),  # braces in a `Path` stand for nothing
        spaces=params.spaces,
        prune=params.prune,
        fingerprints=params.fingerprints,
        labels=params.labels,
        skip_copies=params.skip_copies,
        progress=lambda count, path: work.progress("adding", count, total, path),
        hearing=lambda of, count, path: work.progress("listening", count, of, path),
    )
    summary = asdict(done)
    failed = summary.pop("failed")
    partly, skipped = (summary.pop(name) for name in ("partly", "skipped"))
    summary |= {"partly": len(partly), "skipped": len(skipped), "partly_read": partly[:MOST_FAILURES]}
    summary["left_out"] = skipped[:MOST_FAILURES]
    if kept:
        summary["kept"] = [_kept_as_data(work.library, upload, path) for upload, path in kept.items()]
    return JobOutcome(summary, [*lost, *(Failure(**one) for one in failed)])


def _keep_uploads(work: Work) -> tuple[dict[str, str], list[Failure]]:
    """Return where the uploads of a job lie now, by their ids, and those that could not be kept."""
    ids = list(dict.fromkeys(work.params.uploads))
    folder = kept_folder(work.roots, work.params.into)
    kept, lost = {}, []
    for number, id_ in enumerate(ids):
        work.progress("keeping", number, len(ids))
        try:
            kept[id_] = str(keep_upload(work.state, id_, folder))
        except LibraryError as error:
            lost.append(Failure(id_, str(error)))
    return kept, lost


def _kept_as_data(library: Library, upload: str, path: str) -> dict[str, Any]:
    try:
        item = library.item(path).id
    except QueryError:  # it could not be read, or was left out as a copy of another
        item = None
    return {"upload": upload, "path": path, "id": item}


def run_remove(work: Work) -> JobOutcome:
    """Remove files from the library, given by their ids; those that are not there are named as failed."""
    params: RemoveParams = work.params
    ids = list(dict.fromkeys(params.ids))
    removed, failed = 0, []
    for start in range(0, len(ids), AT_ONCE):
        work.progress("removing", start, len(ids))
        some = ids[start : start + AT_ONCE]
        there = work.library.items([Condition("file", "=", tuple(some)), Condition("kind", "=", "file")])
        found = {item.id for item in there}
        if found:
            removed += work.library.remove(*sorted(found))
        if not work.again:  # else it was removed before the process died
            failed += [Failure(id_, "no file of this library has this id") for id_ in some if id_ not in found]
    return JobOutcome({"removed": removed}, failed)


def run_annotate(work: Work) -> JobOutcome:
    """Have an annotator say what files are."""
    params: AnnotateParams = work.params
    if params.annotator not in available():
        raise QueryError(f"no annotator {params.annotator!r}: there are {', '.join(available())}")
    done = work.library.annotate(
        params.annotator,
        *params.ids,
        where=params.where,
        progress=lambda count, path: work.progress("annotating", count, None, path),
    )
    summary = asdict(done)
    return JobOutcome(summary, [Failure(**one) for one in summary.pop("failed")])


def run_copies(work: Work) -> JobOutcome:
    """Find files that are copies of one another, and keep the groups."""
    params: CopiesParams = work.params
    found = work.library.copies(near=params.near, thorough=params.thorough, progress=work.progress)
    work.copies.replace(map(group_as_data, found.groups))
    kinds = [group.kind for group in found.groups]
    counts: dict[str, Any] = {kind: kinds.count(kind) for kind in sorted(set(kinds))}
    return JobOutcome({"groups": counts, "notes": found.notes}, found.failed)


def run_map(work: Work) -> JobOutcome:
    """Lay a space out on a plane, for a map of the library."""
    params: MapParams = work.params
    made = project_library(work.library, params.space, lambda done, total: work.progress("projecting", done, total))
    return JobOutcome({"files": len(made.ids), "space": made.space})


def run_factors(work: Work) -> JobOutcome:
    """Learn factors of what people play; cancelled, they stay as they were."""
    params: FactorsParams = work.params

    def passes(done: int, total: int) -> None:
        work.progress("learning", done, total)

    if params.update:
        return JobOutcome(asdict(work.library.update_factors(progress=passes)))
    work.progress("learning", 0, params.made().iterations)
    return JobOutcome(asdict(work.library.learn_factors(params.made(), progress=passes)))


def run_optimize(work: Work) -> JobOutcome:
    """Merge the graphs of all additions."""
    work.library.optimize(lambda done, phase: work.progress(phase, done))
    return JobOutcome()


KINDS: dict[str, Callable[[Work], JobOutcome]] = {
    "add": run_add,
    "remove": run_remove,
    "annotate": run_annotate,
    "copies": run_copies,
    "map": run_map,
    "factors": run_factors,
    "optimize": run_optimize,
}
"""What runs a job, by its kind; see `sonolux.server.jobs.params.PARAMS`."""

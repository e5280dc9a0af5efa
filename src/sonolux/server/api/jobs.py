"""Jobs: what takes long is queued, runs in the library process, and is followed by its events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated, Any, Literal
from uuid import UUID

import anyio
from fastapi import APIRouter, Body, Header, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BeforeValidator, Field, JsonValue
from starlette.concurrency import run_in_threadpool

from sonolux.errors import QueryError
from sonolux.server.api.documents import Document, FailureDocument, FileDocument
from sonolux.server.api.library import WritingDep
from sonolux.server.api.questions import StrictBody
from sonolux.server.api.refusals import refusals
from sonolux.server.front import Front, FrontDep
from sonolux.server.jobs.params import OWNERS, beneath_roots, root_called
from sonolux.server.jobs.table import Job
from sonolux.server.problems import ProblemError
from sonolux.server.security.own_socket import came_by

router = APIRouter(prefix="/api/v1", tags=["jobs"])

CHANGING = frozenset({"add", "remove", "annotate", "factors"})
"""Kinds of jobs after which questions may have other answers."""

LOOK_SECONDS = 0.1
"""Between two looks at what has changed."""

LONGEST_STREAM = 3600.0
"""Seconds, after which a stream of events ends; a browser opens the next by itself, where this one ended."""

STALE = 10_000
"""Changes that somebody who comes back is told of, at most."""


class JobBody(StrictBody):
    """What is to be done."""

    kind: Literal["add", "remove", "annotate", "copies", "map", "factors", "optimize"]
    params: Annotated[dict[str, JsonValue], Field(default_factory=dict, max_length=32)]


SUMMARY_LISTS: dict[str, type[FileDocument]] = {
    "partly_read": FailureDocument,
    "left_out": FailureDocument,
    "kept": FileDocument,
}
"""Files that the summary of a job names; of uploads that were kept, where they are and as which item."""


def _shown_summary(summary: dict[str, Any] | None) -> dict[str, Any] | None:
    if summary is None:
        return None
    shown: dict[str, Any] = {
        key: [document.model_validate(one).model_dump(exclude_unset=True) for one in summary[key]]
        for key, document in SUMMARY_LISTS.items()
        if key in summary
    }
    return {**summary, **shown}


class JobDocument(Document):
    """A job: its state, how far it is, and what came of it."""

    id: str
    kind: str
    params: dict[str, Any]
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    created: str
    started: str | None = None
    ended: str | None = None
    phase: str = ""
    done: int
    total: int | None = None
    current: str = ""
    failed: list[FailureDocument]
    summary: Annotated[dict[str, Any] | None, BeforeValidator(_shown_summary)] = None
    reason: str = ""


class JobsDocument(Document):
    """Jobs, the newest first."""

    jobs: list[JobDocument]


JOB_EXAMPLES: dict[str, Any] = {
    "copies": {"summary": "Look for copies", "value": {"kind": "copies", "params": {"near": False}}},
    "optimize": {"summary": "Merge what was added", "value": {"kind": "optimize"}},
}


@router.post("/jobs", status_code=202, responses=refusals("question", "read-only", "outside-roots", "not-found"))
async def start_job(
    front: WritingDep, request: Request, body: Annotated[JobBody, Body(openapi_examples=JOB_EXAMPLES)]
) -> JobDocument:
    """Queue a job: add files below a root, remove, annotate, find copies, draw the map, learn factors, optimize."""
    if body.kind == "add" and not came_by(request.scope, front.configuration.own_socket):
        _check_strangers(body.params)
    if body.kind == "add" and body.params.get("anywhere") is not True:
        _check_paths(front, body.params)
    if body.kind == "add":
        await run_in_threadpool(_check_uploads, front, body.params)
    return _document(await run_in_threadpool(front.jobs.insert, body.kind, body.params))


@router.get("/jobs", responses=refusals())
def list_jobs(front: FrontDep, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> JobsDocument:
    """List the last jobs."""
    return JobsDocument(jobs=[_document(job) for job in front.jobs.jobs(limit)])


@router.get("/jobs/{id}", responses=refusals("not-found"))
def find_job(front: FrontDep, id: UUID) -> JobDocument:
    """Return a job."""
    try:
        return _document(front.jobs.job(str(id)))
    except QueryError as error:
        raise ProblemError("not-found", str(error)) from None


@router.delete("/jobs/{id}", responses=refusals("not-found", "read-only"))
def cancel_job(front: WritingDep, id: UUID) -> JobDocument:
    """Cancel a job: what is done stays done; one that is over stays as it is."""
    try:
        return _document(front.jobs.cancel(str(id)))
    except QueryError as error:
        raise ProblemError("not-found", str(error)) from None


@router.delete("/items/{id}", status_code=202, responses=refusals("not-found", "read-only", "unavailable"))
async def remove_item(front: WritingDep, id: UUID) -> JobDocument:
    """Queue the removal of a file from the library; the file itself stays where it is."""
    item = await front.calls.call("item", id=str(id))
    return _document(await run_in_threadpool(front.jobs.insert, "remove", {"ids": [item["file"]]}))


@router.get("/events", response_class=EventSourceResponse, responses=refusals())
async def follow_events(
    front: FrontDep, last_event_id: Annotated[int | None, Header(ge=0, le=2**62)] = None
) -> AsyncIterator[ServerSentEvent]:
    """Stream changes: an event ``job`` for each change of a job, ``library`` when questions may have other answers."""
    newest = await run_in_threadpool(front.jobs.last_change)
    number = newest if last_event_id is None or newest - last_event_id > STALE else min(last_event_id, newest)
    until = anyio.current_time() + LONGEST_STREAM
    yield ServerSentEvent(comment="follows", id=str(number), retry=2000)
    while anyio.current_time() < until and not front.stopping.is_set():
        for job in await run_in_threadpool(front.jobs.changed_after, number):
            number = job.changed
            yield ServerSentEvent(event="job", id=str(number), data=_document(job).model_dump(mode="json"))
            if job.kind in CHANGING and job.ended:
                yield ServerSentEvent(event="library", id=str(number), data={"kind": job.kind})
        with anyio.move_on_after(LOOK_SECONDS):
            await front.stopping.wait()


def _check_strangers(params: dict[str, Any]) -> None:
    """Raise where somebody asks for what only whoever serves the library may have done."""
    for name in OWNERS:
        if params.get(name):
            detail = f"{name}: only `sonolux add`, run by the user who serves the library, may ask for that"
            raise ProblemError("outside-roots", detail, field=f"params.{name}")


def _check_paths(front: Front, params: dict[str, Any]) -> None:
    """Raise where a path is not below a root; what is no list of texts is refused with the other parameters."""
    paths = params.get("paths")
    if isinstance(paths, list) and all(isinstance(path, str) for path in paths):
        try:
            beneath_roots(paths, [str(root) for root in front.configuration.roots])
        except QueryError as error:
            raise ProblemError("outside-roots", str(error), field="params.paths") from None


def _check_uploads(front: Front, params: dict[str, Any]) -> None:
    """Raise where an upload is not there, or has no root to be kept in; those that are will stay for the job."""
    uploads = params.get("uploads")
    if not uploads or not isinstance(uploads, list):
        return
    if not front.configuration.roots:
        detail = "an upload is kept in a --root, and the service has none"
        raise ProblemError("outside-roots", detail, field="params.uploads")
    into = params.get("into")
    if into and isinstance(into, str):
        try:
            root_called(into, [str(root) for root in front.configuration.roots])
        except QueryError as error:
            raise ProblemError("outside-roots", str(error), field="params.into") from None
    for id_ in uploads:
        with suppress(ValueError):  # what is no id is refused with the other parameters
            front.uploads.use(UUID(str(id_)))


def _document(job: Job) -> JobDocument:
    told = job.as_data()
    return JobDocument.model_validate({key: told[key] for key in JobDocument.model_fields})

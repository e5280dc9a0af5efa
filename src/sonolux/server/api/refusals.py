"""Refusals: every error that a route may meet, as a problem document, and as the API describes it."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from sonolux.errors import ExpiredError, LibraryError, MediaError, SonoluxError
from sonolux.server.api.documents import ProblemDocument
from sonolux.server.calls.protocol import CallError, LibraryUnavailable
from sonolux.server.problems import KINDS, PROBLEM_TYPE, ProblemError, problem_response
from sonolux.server.state import DiskFullError

CALL_KINDS = {
    "query": "question",
    "media": "media",
    "library": "library",
    "expired": "expired",
    "not-found": "not-found",
    "busy": "busy",
}
"""Kinds of problems by the types of the calls' errors; any other is ``internal``."""

STATUS_KINDS = {404: "not-found", 405: "method"}
AGAIN = {"retry-after": "2"}


def refusals(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """Return what a route answers besides what it is for, as FastAPI takes it.

    Parameters
    ----------
    *kinds : str
        Of `KINDS`; what any route may meet is added.
    """
    named = [
        KINDS[kind] for kind in (*kinds, "invalid", "sign-in", "origin", "host", "too-large", "too-many", "internal")
    ]
    found: dict[int | str, dict[str, Any]] = {}
    for kind in named:
        told = found.setdefault(kind.status, {"description": "", "content": {PROBLEM_TYPE: {"schema": SCHEMA}}})
        if kind.title not in told["description"]:
            told["description"] = "; ".join(filter(None, [told["description"], kind.title]))
    return found


SCHEMA = {"$ref": f"#/components/schemas/{ProblemDocument.__name__}"}


def add_refusals(app: FastAPI) -> None:
    """Have an app answer errors with problem documents."""
    app.add_exception_handler(ProblemError, _refuse)
    app.add_exception_handler(RequestValidationError, _refuse)
    app.add_exception_handler(HTTPException, _refuse)
    app.add_exception_handler(CallError, _refuse)
    app.add_exception_handler(LibraryUnavailable, _refuse)
    app.add_exception_handler(SonoluxError, _refuse)


def _refuse(_: Request, error: Exception) -> Response:
    return problem_response(problem_of(error))


def problem_of(error: Exception) -> ProblemError:  # noqa: C901, PLR0911 - one a kind of error
    """Return the problem that an error is."""
    match error:
        case ProblemError():
            return error
        case RequestValidationError():
            wrong = error.errors()[0]
            place = ".".join(str(step) for step in wrong["loc"][1:]) or str(wrong["loc"][0])
            return ProblemError("invalid", f"{place}: {wrong['msg']}", field=place)
        case CallError(type="internal"):
            return ProblemError("internal", error.message)
        case CallError():
            again = AGAIN if error.type == "busy" else None
            return ProblemError(CALL_KINDS[error.type], error.message, field=error.field, headers=again)
        case LibraryUnavailable():
            return ProblemError("unavailable", f"{error}: try again in a moment", headers=AGAIN)
        case ExpiredError():
            return ProblemError("expired", str(error))
        case MediaError():
            return ProblemError("media", str(error))
        case DiskFullError():
            return ProblemError("quota", f"there is no room on the disk of the service: {error}")
        case LibraryError():
            return ProblemError("library", str(error))
        case HTTPException():
            kind = STATUS_KINDS.get(error.status_code, "invalid")
            return ProblemError(kind, str(error.detail), headers=error.headers)
        case _:
            return ProblemError("question", str(error))

"""Problem documents (RFC 9457): every error of the service, one type a kind, each explained in docs/api.md."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import Response

PROBLEM_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """A kind of error: its name in ``type``, its status, and what is said of every one of this kind."""

    name: str
    status: int
    title: str

    @property
    def uri(self) -> str:
        """The ``type`` of the document, relative to the service."""
        return f"/problems/{self.name}"


KINDS = {
    kind.name: kind
    for kind in (
        ProblemKind("invalid", 422, "The request does not have the form that is documented"),
        ProblemKind("question", 422, "This cannot be asked of this library"),
        ProblemKind("media", 422, "The file cannot be decoded"),
        ProblemKind("sign-in", 401, "A token is needed"),
        ProblemKind("origin", 403, "The request comes from another site"),
        ProblemKind("read-only", 403, "The service does not change the library"),
        ProblemKind("outside-roots", 403, "The path is not below a folder that may be added"),
        ProblemKind("unopened", 403, "The file of the item is not opened"),
        ProblemKind("not-found", 404, "There is no such thing"),
        ProblemKind("nothing-to-show", 404, "There is nothing to see or hear of this item"),
        ProblemKind("no-map", 404, "There is no map of this library yet"),
        ProblemKind("method", 405, "This address does not take this method"),
        ProblemKind("slow", 408, "The request came too slowly"),
        ProblemKind("library", 409, "The library is not in a state that allows this"),
        ProblemKind("expired", 410, "What was asked for is no longer kept"),
        ProblemKind("too-large", 413, "The request is larger than its limit"),
        ProblemKind("unknown-medium", 415, "The content is no image, sound, video or text that is known"),
        ProblemKind("range", 416, "The file does not have these bytes"),
        ProblemKind("host", 421, "The service does not go by this name"),
        ProblemKind("too-many", 429, "Too many requests of this client are under way"),
        ProblemKind("internal", 500, "The service has failed"),
        ProblemKind("busy", 503, "Too many requests are under way"),
        ProblemKind("being-made", 503, "What browsers can play is being made"),
        ProblemKind("unavailable", 503, "The library is not being served at this moment"),
        ProblemKind("quota", 507, "There is no room for this"),
    )
}
"""By name."""


class ProblemError(Exception):
    """An error that is answered with a problem document.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    detail : str
        One line on this very error, for people.
    field : str, optional
        Which part of the request it is about.
    headers : mapping, optional
        Of the response.
    """

    def __init__(
        self, kind: str, detail: str, *, field: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.kind = KINDS[kind]
        self.detail = detail
        self.field = field
        self.headers = dict(headers or {})


def problem_response(error: ProblemError) -> Response:
    """Return the response that an error is answered with."""
    document: dict[str, object] = {
        "type": error.kind.uri,
        "title": error.kind.title,
        "status": error.kind.status,
        "detail": error.detail,
    }
    if error.field is not None:
        document["field"] = error.field
    content = json.dumps(document, ensure_ascii=False).encode("utf-8", "backslashreplace")
    headers = {"cache-control": "no-store", **error.headers}
    return Response(content, error.kind.status, headers, PROBLEM_TYPE)

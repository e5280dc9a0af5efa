"""Sessions: a token is traded for a cookie, which a browser sends with images and videos too."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Request, Response
from pydantic import Field

from sonolux.server.api.documents import SessionDocument
from sonolux.server.api.questions import StrictBody
from sonolux.server.api.refusals import refusals
from sonolux.server.front import Front, FrontDep
from sonolux.server.problems import ProblemError
from sonolux.server.security.sign_in import cookie_name
from sonolux.server.security.tokens import SESSION_SECONDS

router = APIRouter(prefix="/api/v1/session", tags=["session"])

EXAMPLES: dict[str, Any] = {"token": {"summary": "The token that was printed", "value": {"token": "TOKEN"}}}


class SignInBody(StrictBody):
    """A token."""

    token: Annotated[str, Field(min_length=1, max_length=200)]


@router.get("", responses=refusals())
def find_session(front: FrontDep, request: Request) -> SessionDocument:
    """Tell whether a token is needed, and whether this client has signed in."""
    signed_in = front.tokens is None or bool(request.scope.get("state", {}).get("session"))
    return SessionDocument(needed=front.tokens is not None, signed_in=signed_in)


@router.post("", status_code=204, responses=refusals())
def sign_in(
    front: FrontDep, request: Request, response: Response, body: Annotated[SignInBody, Body(openapi_examples=EXAMPLES)]
) -> None:
    """Trade the token for a cookie that no script reads and no other site has sent; none where none is needed.

    The session that this browser had before ends.
    """
    if front.tokens is None:
        return
    if not front.tokens.is_token(body.token):
        raise ProblemError("sign-in", "this is not the token of the service", headers={"www-authenticate": "Bearer"})
    if before := request.cookies.get(_cookie(front)):
        front.tokens.end_session(before)
    response.set_cookie(
        _cookie(front),
        front.tokens.open_session(),
        max_age=int(SESSION_SECONDS),
        path="/",
        secure=front.configuration.secure,
        httponly=True,
        samesite="strict",
    )


@router.delete("", status_code=204, responses=refusals())
def sign_out(front: FrontDep, request: Request, response: Response) -> None:
    """End the session of this browser."""
    secret = request.cookies.get(_cookie(front))
    if front.tokens is not None and secret:
        front.tokens.end_session(secret)
    response.delete_cookie(
        _cookie(front), path="/", secure=front.configuration.secure, httponly=True, samesite="strict"
    )


def _cookie(front: Front) -> str:
    return cookie_name(secure=front.configuration.secure)

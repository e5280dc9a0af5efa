"""Saved searches: questions by name."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body
from starlette.responses import Response

from sonolux.server.api.documents import SavedDocument, SavedListDocument
from sonolux.server.api.questions import SAVED_EXAMPLES, SavedBody, ShortName
from sonolux.server.api.refusals import refusals
from sonolux.server.front import FrontDep

router = APIRouter(prefix="/api/v1/saved", tags=["saved searches"])
# A name may hold a slash, which is a slash of the address however it was sent.


@router.get("", responses=refusals())
def list_saved(front: FrontDep) -> SavedListDocument:
    """List all saved searches."""
    return SavedListDocument.model_validate({"saved": front.saved.all()})


@router.get("/{name:path}", responses=refusals("not-found"))
def find_saved(front: FrontDep, name: ShortName) -> SavedDocument:
    """Return a saved search."""
    return SavedDocument.model_validate(front.saved.find(name))


@router.put("/{name:path}", responses=refusals("quota"))
def save_search(
    front: FrontDep, name: ShortName, search: Annotated[SavedBody, Body(openapi_examples=SAVED_EXAMPLES)]
) -> SavedDocument:
    """Save a search, in place of any other of this name."""
    return SavedDocument.model_validate(front.saved.keep(name, search.model_dump(mode="json", exclude_unset=True)))


@router.delete("/{name:path}", status_code=204, response_class=Response, responses=refusals("not-found"))
def remove_saved(front: FrontDep, name: ShortName) -> Response:
    """Remove a saved search."""
    front.saved.remove(name)
    return Response(status_code=204)

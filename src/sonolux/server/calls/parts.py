"""Parts of a question as they cross the seam, into those of a `Query`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sonolux.library.query import CONTENTS
from sonolux.retrieval.filters import parse_conditions
from sonolux.retrieval.query import Part
from sonolux.server.calls.protocol import CallError

MOST_PARTS = 32

ItemId = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")]
"""Of an item."""


class GivenPart(BaseModel):
    """One thing asked with: words, an item of the library, the items of a filter, or a file that was uploaded."""

    model_config = ConfigDict(extra="forbid", strict=True)

    kind: Literal["text", "item", "filter", "upload"]
    text: Annotated[str, Field(max_length=100_000)] = ""
    item: ItemId | None = None
    where: Annotated[list[Annotated[str, Field(max_length=1000)]], Field(max_length=32)] = []
    path: Annotated[str, Field(max_length=4096)] = ""
    modality: Literal["image", "audio", "video", "text"] | None = None
    weight: Annotated[float, Field(gt=0, le=1000)] = 1.0
    minus: bool = False


def query_parts(given: Sequence[GivenPart], uploads: Path) -> dict[str, Any]:
    """Return what parts ask, as fields of a `Query`.

    Parameters
    ----------
    given : sequence of GivenPart
    uploads : path
        The folder in which uploaded files lie; no other file is opened.

    Raises
    ------
    CallError
        For a part that asks nothing, or cannot be asked with.
    """
    for number, part in enumerate(given):
        given_by = {"upload": part.path, "filter": "".join(part.where), "item": part.item, "text": part.text}
        if not (given_by[part.kind] or "").strip():
            raise CallError("query", f"a part of kind {part.kind} is empty", f"parts.{number}")
    items = [part for part in given if part.kind == "item"]
    like, unlike = ([part for part in items if part.minus is minus] for minus in (False, True))
    return {
        "parts": tuple(_part(part, n, uploads) for n, part in enumerate(given) if part.kind != "item"),
        "like": tuple(str(part.item).lower() for part in like),
        "unlike": tuple(str(part.item).lower() for part in unlike),
        # Examples are one part of the question: it weighs what its heaviest example does.
        "like_weight": max((part.weight for part in like), default=1.0),
        "like_weights": _unequal([part.weight for part in like]),
        "unlike_weights": tuple(part.weight for part in unlike),
    }


def _part(part: GivenPart, number: int, uploads: Path) -> Part:
    if part.kind == "text":
        return Part("text", CONTENTS["text"](part.text), part.weight, part.minus)
    if part.kind == "filter":
        return Part("filter", parse_conditions(part.where), part.weight, part.minus)
    if part.modality is None:
        raise CallError("query", "an uploaded file asks as image, audio, video or text", f"parts.{number}.modality")
    path = checked_upload(part.path, uploads, f"parts.{number}.path")
    return Part(part.modality, Path(path) if part.modality == "text" else path, part.weight, part.minus)


def _unequal(weights: list[float]) -> tuple[float, ...]:
    """Return weights; nothing where all are equal."""
    return tuple(weights) if len(set(weights)) > 1 else ()


def checked_upload(path: str, uploads: Path, field: str) -> str:
    """Return the path of an uploaded file.

    Raises
    ------
    CallError
        For a path outside of the folder of uploads.
    """
    folder, real = os.path.realpath(uploads), os.path.realpath(path)
    if not real.startswith(folder + os.sep):
        raise CallError("query", "a file to ask with lies in the folder of uploads", field)
    return real

"""Parts of a question as they cross the seam, into those of a `Query`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from sonolux.library.query import CONTENTS
from sonolux.retrieval.query import Part, PartKind
from sonolux.server.calls.protocol import CallError

MOST_PARTS = 32

ItemId = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")]
"""Of an item."""


class GivenPart(BaseModel):
    """One thing asked with: words, an item of the library, or a file that was uploaded."""

    model_config = ConfigDict(extra="forbid", strict=True)

    kind: Literal["text", "item", "upload"]
    text: Annotated[str, Field(max_length=100_000)] = ""
    item: ItemId | None = None
    path: Annotated[str, Field(max_length=4096)] = ""
    modality: Literal["image", "audio", "video"] | None = None
    weight: Annotated[float, Field(gt=0, le=1000)] = 1.0
    minus: bool = False


class Asked(BaseModel):
    """The parts of one question: what is fused, and examples to resemble and to keep away from."""

    parts: tuple[Part, ...]
    like: tuple[str, ...]
    unlike: tuple[str, ...]
    like_weight: float

    model_config = ConfigDict(arbitrary_types_allowed=True)


def parts_asked(given: Sequence[GivenPart], uploads: Path) -> Asked:
    """Return what parts ask.

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
    parts: list[Part] = []
    for number, part in enumerate(given):
        if not (getattr(part, "path" if part.kind == "upload" else part.kind) or "").strip():
            raise CallError("query", f"a part of kind {part.kind} is empty", f"parts.{number}")
        if part.minus and part.kind != "item":
            raise CallError("query", "only items of the library can be asked to be away from", f"parts.{number}.minus")
        if part.kind == "text":
            parts.append(Part("text", CONTENTS["text"](part.text), part.weight))
        elif part.kind == "upload":
            kind = _modality(part, number)
            parts.append(Part(kind, checked_upload(part.path, uploads, f"parts.{number}.path"), part.weight))
    items = [(part.item.lower(), part) for part in given if part.kind == "item" and part.item]
    weights = {part.weight for _, part in items if not part.minus} or {1.0}
    if len(weights) > 1:
        raise CallError("query", "items to resemble have one weight together", "parts")
    return Asked(
        parts=tuple(parts),
        like=tuple(id_ for id_, part in items if not part.minus),
        unlike=tuple(id_ for id_, part in items if part.minus),
        like_weight=weights.pop(),
    )


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


def _modality(part: GivenPart, number: int) -> PartKind:
    if part.modality is None:
        raise CallError("query", "an uploaded file asks as image, audio or video", f"parts.{number}.modality")
    return part.modality

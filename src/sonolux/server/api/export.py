"""Export of a selection: JSON, a playlist (M3U8), or a zip of the files, each with a bound."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Body
from pydantic import Field, model_validator
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from sonolux.media.inside.names import own_name, split_name
from sonolux.media.objects.urls import is_url
from sonolux.media.paths import printable
from sonolux.server.api.questions import LIMITS, ShortName, StrictBody
from sonolux.server.api.refusals import refusals
from sonolux.server.front import Front, FrontDep, TakesExport
from sonolux.server.media.opening import open_stretch
from sonolux.server.problems import ProblemError

router = APIRouter(prefix="/api/v1/export", tags=["export"])

PAGE = 200
"""Hits of a ranking that are asked for at once."""

CHUNK = 2**20
OLDEST = (1980, 1, 1, 0, 0, 0)
"""Zip files know no time before."""

EXAMPLES: dict[str, Any] = {
    "playlist": {
        "summary": "A playlist of two items",
        "value": {
            "ids": ["00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"],
            "format": "m3u8",
        },
    }
}


class ExportBody(StrictBody):
    """What to export: a ranking that is kept, or items."""

    ranking: ShortName | None = None
    ids: Annotated[list[UUID], Field(default_factory=list, max_length=1000)]
    format: Literal["json", "m3u8", "zip"] = "json"

    @model_validator(mode="after")
    def check_selection(self) -> ExportBody:
        """Raise unless one of both is given."""
        if (self.ranking is None) == (not self.ids):
            raise ValueError("a selection is a ranking or ids")
        return self


@router.post(
    "",
    dependencies=[TakesExport],
    response_class=Response,
    responses={
        **refusals("question", "not-found", "unopened", "expired", "busy", "unavailable"),
        200: {
            "description": "A file",
            "content": {"application/json": {}, "audio/x-mpegurl": {}, "application/zip": {}},
        },
    },
)
async def export(front: FrontDep, body: Annotated[ExportBody, Body(openapi_examples=EXAMPLES)]) -> Response:
    """Export a selection: what is known of it, a playlist for this machine's players, or the files themselves."""
    chosen = await _selected(front, body)
    if body.format == "json":
        content = json.dumps({"items": _printable(chosen)}, ensure_ascii=False).encode("utf-8", "backslashreplace")
        return _file(Response(content, media_type="application/json"), "selection.json")
    if body.format == "m3u8":
        return _file(Response(playlist(chosen), media_type="audio/x-mpegurl"), "selection.m3u8")
    files = list(dict.fromkeys(one["path"] for one in chosen))
    size = await run_in_threadpool(_size_of, front, files)
    if size > front.configuration.limits.export:
        raise ProblemError("too-large", f"a zip holds at most {front.configuration.limits.export:,} bytes of files")
    return _file(StreamingResponse(_zipped(front, files), media_type="application/zip"), "selection.zip")


async def _selected(front: Front, body: ExportBody) -> list[dict[str, Any]]:
    """Return the items or hits that are selected."""
    if body.ranking is None:
        return [await front.calls.call("item", id=str(id_)) for id_ in body.ids]
    hits: list[dict[str, Any]] = []
    while len(hits) < LIMITS.export_items:
        page = await front.calls.call("window", ranking=body.ranking, offset=len(hits), limit=PAGE)
        hits += page["hits"]
        if not page["hits"] or len(hits) >= page["total"]:
            break
    return hits[: LIMITS.export_items]


def playlist(chosen: list[dict[str, Any]]) -> bytes:
    """Return the sounds and videos of a selection as a playlist; files are named by URI, so no name breaks a line.

    What lies in a shard or a bucket is left out, and a comment says how many: no player opens it.
    """
    heard = [one for one in chosen if one["modality"] in ("audio", "video")]
    chosen = [one for one in heard if not is_url(one["path"]) and split_name(one["path"]) is None]
    left_out = len(heard) - len(chosen)
    comment = [f"# {left_out:,} left out: players do not open what lies in shards or buckets"] if left_out else []
    lines = ["#EXTM3U", *comment]
    for one in chosen:
        title = one.get("title") or one.get("metadata", {}).get("title") or Path(one["path"]).name
        seconds = one.get("metadata", {}).get("duration")
        lines += [
            f"#EXTINF:{-1 if seconds is None else round(seconds)},{printable(title)}",
            Path(one["path"]).as_uri(),
        ]
    return ("\n".join(lines) + "\n").encode("utf-8", "backslashreplace")


def _printable(chosen: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**one, "path": printable(one["path"])} for one in chosen]


def _file(response: Response, name: str) -> Response:
    response.headers["content-disposition"] = f'attachment; filename="{name}"'
    return response


def _size_of(front: Front, files: list[str]) -> int:
    """Return the bytes of all files, each opened as it will be when it is sent."""
    total = 0
    for path in files:
        stretch = open_stretch(path, front.configuration.roots)
        total += stretch.size
        stretch.close()
    return total


async def _zipped(front: Front, files: list[str]) -> AsyncIterator[bytes]:
    """Yield a zip of files, uncompressed, piece by piece; a client that takes nothing is let go of."""
    out = _Pipe()
    names: set[str] = set()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for path in files:
            stretch = await run_in_threadpool(open_stretch, path, front.configuration.roots)
            with closing(stretch):
                place = 0
                entry = zipfile.ZipInfo(_entry_name(path, names), OLDEST)
                with archive.open(entry, "w", force_zip64=stretch.size >= 2**31) as target:
                    # No more than what was counted, should the file grow meanwhile.
                    while chunk := await run_in_threadpool(stretch.read_at, place, CHUNK):
                        place += len(chunk)
                        await asyncio.to_thread(target.write, chunk)
                        yield out.taken()
    yield out.taken()


def _entry_name(path: str, taken: set[str]) -> str:
    """Return the name of a file in the archive, one that no other has, and that leads nowhere."""
    name = printable(own_name(path)).replace("\\", "_").encode("utf-8", "replace").decode()
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{Path(name).stem} ({number}){Path(name).suffix}"
    taken.add(found)
    return found


class _Pipe(io.RawIOBase):
    """What was written and not yet taken; it cannot be sought in."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        self._written += content
        return len(content)

    def taken(self) -> bytes:
        taken = bytes(self._written)
        self._written.clear()
        return taken

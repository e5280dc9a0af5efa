"""Payload of a stored item: its keys, and which of them have an index of their own.

===========  ==========================================================================================
key          value
===========  ==========================================================================================
kind         "file", or the kind of span: "shot", "window", "passage", "page"; or "region"
file         UUID of the file's item (its own id, for a file)
path         path as stored text (see `sonolux.media.paths`)
folders      every folder above the file, as stored text
modality     of the file: "image", "audio", "video", "text"
start,end    of a span, in its unit; absent for a file; of a region, those of its shot
unit         of a span: "seconds", "characters", "pages"; absent where an earlier version wrote it: see `span_of`
region       of a region: a dict of its box, the time of its frame, its mask; see `region_as_stored`
text         what a passage says; of other kinds, and of an image, the lines that were read in it; absent for none
words        more words that find a file: lyrics, comments; absent for none
title        title of the file; absent where it has none
date         RFC 3339: when it was taken or published; absent where the file does not say
clock        RFC 3339: what the clock showed that ``date`` was read from, as if it went by UTC; absent where it did
meta         dict of everything else that the file says of itself; artist, genre and keywords are lists of str, in
             libraries that an earlier version wrote a str each
size         bytes, of a file
mtime        nanoseconds since 1970, of a file
hash         BLAKE2b-128 of the content, hexadecimal
volume       of a file: the file system that it lies on, see `sonolux.library.ingest.volumes`
sidecars     stamp of the files beside it that describe it (see `sonolux.media.sidecars`); absent for none
encoded      names of the spaces for which the file has been encoded
annotations  list of dicts: annotator, label, probability, kind but for a label, start and end of a place, box,
             time and mask of a region, item (id of the region's own); all of a file, of a span or region its
             own; absent for none
heard        true where fingerprints were taken of the file, or it has none; absent else
annotated    names, each with a digest, of the annotators that have seen the file; absent for none
===========  ==========================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from sonolux.errors import LibraryError
from sonolux.types import Mask, Region, Span, Unit

IndexType = Literal["keyword", "integer", "float", "datetime", "text"]

INDEXED: dict[str, IndexType] = {
    "kind": "keyword",
    "file": "keyword",
    "path": "keyword",
    "folders": "keyword",
    "modality": "keyword",
    "date": "datetime",
    "clock": "datetime",
    "hash": "keyword",
    "annotations[].label": "keyword",
    "annotated": "keyword",
    "title": "keyword",
    "text": "text",
    "meta.artist": "keyword",
    "meta.album": "keyword",
    "meta.genre": "keyword",
    "meta.keywords": "keyword",
    "meta.composer": "keyword",
    "meta.camera": "keyword",
    "meta.duration": "float",
}

UNIQUE = ("file", "path", "hash")
"""Keys of which nearly every file has a value of its own: their indexes would be large in memory."""

UNSTORABLE = "a payload holds JSON values alone, finite numbers, valid Unicode"

MAX_DEPTH = 64
"""Dicts and lists within each other; the engine stores more than 127, and then cannot read any point."""


def checked_payload(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return a payload as a dict; raise LibraryError where it nests too deep to be read again."""
    stored = dict(payload)
    level: list[Any] = [stored]
    for _ in range(MAX_DEPTH):
        nesting = [value for value in level if isinstance(value, (dict, list, tuple))]
        level = [child for value in nesting for child in (value.values() if isinstance(value, dict) else value)]
        if not level:
            return stored
    raise LibraryError(f"a payload nests at most {MAX_DEPTH} dicts and lists within each other")


SPAN_KEYS = ("start", "end", "unit", "modality", "meta.format")
"""What `span_of` looks at."""


def span_as_stored(span: Span) -> dict[str, Any]:
    """Return a span as plain data, to be merged into a payload."""
    return {"start": span.start, "end": span.end, "unit": span.unit}


def span_of(stored: Mapping[str, Any]) -> Span | None:
    """Return the span in a payload, None for a whole file.

    The first versions did not store the unit: characters of texts, but for subtitles, and seconds of all else.
    """
    start = stored.get("start")
    if start is None:
        return None
    unit: Unit | None = stored.get("unit")
    if unit is None:
        timed = stored["modality"] != "text" or stored.get("meta", {}).get("format") in ("srt", "vtt")
        unit = "seconds" if timed else "characters"
    return Span(start, stored["end"], unit)


def region_as_stored(region: Region) -> dict[str, Any]:
    """Return a region as plain data: ``box``, and ``time`` and ``mask`` where it has them."""
    stored: dict[str, Any] = {"box": list(region.box)}
    if region.time is not None:
        stored["time"] = region.time
    if region.mask is not None:
        stored["mask"] = {"size": [region.mask.height, region.mask.width], "runs": list(region.mask.runs)}
    return stored


def region_of(stored: Mapping[str, Any]) -> Region | None:
    """Return the region in plain data, None for none.

    The first versions took any four numbers for a box, of whatever unit; what cannot be shares of an image is left out.
    """
    if "box" not in stored:
        return None
    mask = None
    if "mask" in stored:
        height, width = stored["mask"]["size"]
        mask = Mask(height, width, tuple(stored["mask"]["runs"]))
    x0, y0, x1, y1 = stored["box"]
    try:
        return Region(x0, y0, x1, y1, stored.get("time"), mask)
    except ValueError:
        return None

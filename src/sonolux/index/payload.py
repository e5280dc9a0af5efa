"""The keys of a stored item's payload, and which of them have an index of their own.

===========  ==========================================================================================
key          value
===========  ==========================================================================================
kind         "file", or the kind of span: "shot", "window", "passage"
file         UUID of the file's item (its own id, for a file)
path         path as stored text (see `sonolux.media.paths`)
folders      every folder above the file, as stored text
modality     of the file: "image", "audio", "video", "text"
start,end    of a span, seconds or characters; absent for a file
text         what a passage says; absent for other kinds
title        title of the file; absent where it has none
date         RFC 3339: when it was taken or published; absent where the file does not say
meta         dict of everything else that the file says of itself
size         bytes, of a file
mtime        nanoseconds since 1970, of a file
hash         BLAKE2b-128 of the content, hexadecimal
encoded      names of the spaces for which the file has been encoded
annotations  list of dicts: annotator, label, probability, start and end of a place, box; all of a file, of a
             span its own; absent for none
heard        true where fingerprints were taken of the file, or it has none; absent else
annotated    names, each with a digest, of the annotators that have seen the file; absent for none
===========  ==========================================================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from sonolux.errors import LibraryError

IndexType = Literal["keyword", "integer", "float", "datetime", "text"]

INDEXED: dict[str, IndexType] = {
    "kind": "keyword",
    "file": "keyword",
    "path": "keyword",
    "folders": "keyword",
    "modality": "keyword",
    "date": "datetime",
    "hash": "keyword",
    "annotations[].label": "keyword",
    "annotated": "keyword",
    "title": "keyword",
    "text": "text",
    "meta.artist": "keyword",
    "meta.album": "keyword",
    "meta.genre": "keyword",
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
        level = [child for value in level for child in _children(value)]
        if not level:
            return stored
    raise LibraryError(f"a payload nests at most {MAX_DEPTH} dicts and lists within each other")


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, (list, tuple)) else ()

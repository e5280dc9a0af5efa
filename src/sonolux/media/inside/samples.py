"""Descriptions of a sample: its caption, metadata and class beside its media, as WebDataset writes them.

``.txt`` is a caption: a title where it is short and nothing else is one, else the description. ``.json`` is an object
whose keys are those that data sets use; other texts in it are words that find the item. ``.cls`` is a class, a number
or a name: a keyword.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sonolux.media.metadata import LISTS, clean_words, cleaned
from sonolux.media.segment import Probe

LONGEST_TITLE = 120
"""Characters of a caption that is a title as well."""

MOST_WORDS = 100
"""Texts of an object that become words."""

KEYS = {
    "title": ("title", "name"),
    "description": ("caption", "description", "text", "alt", "prompt"),
    "keywords": ("keywords", "tags", "label", "labels", "class", "class_name", "category", "cls"),
    "artist": ("artist", "author", "creator"),
    "genre": ("genre", "genres"),
    "album": ("album",),
    "composer": ("composer",),
    "place": ("place", "location"),
    "camera": ("camera",),
    "language": ("language", "lang"),
    "date": ("date", "created", "datetime", "timestamp"),
    "rating": ("rating",),
    "latitude": ("latitude", "lat"),
    "longitude": ("longitude", "lon", "lng"),
}
"""Keys of metadata, and how data sets call them, the best first."""


def with_descriptions(probe: Probe, descriptions: Mapping[str, bytes]) -> Probe:
    """Return a probe with what a sample says of its media, which counts before what a file says of itself."""
    said, words = sample_metadata(descriptions)
    lists = {key: list(dict.fromkeys([*said[key], *probe.metadata.get(key, [])])) for key in LISTS if key in said}
    told = probe.metadata | said | lists
    return replace(probe, metadata=told, words=clean_words([*words, *probe.words.split("\n")]))


def sample_metadata(descriptions: Mapping[str, bytes]) -> tuple[dict[str, Any], list[str]]:
    """Return the metadata and the further words in the descriptions of a sample; a damaged one says nothing.

    Parameters
    ----------
    descriptions : mapping
        Bytes by ending: ``txt``, ``json``, ``cls``.
    """
    raw, words = table_metadata(_object(descriptions.get("json", b"")))
    caption = descriptions.get("txt", b"").decode("utf-8", "replace").strip()
    if caption:
        words.append(caption)
        key = "title" if len(caption) <= LONGEST_TITLE and "title" not in raw else "description"
        raw[key] = caption
    label = descriptions.get("cls", b"").decode("utf-8", "replace").strip()
    if label:
        raw["keywords"] = [label, *raw.get("keywords", [])]
    return cleaned(raw), words


def table_metadata(row: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return what the columns of a row, or the keys of an object, say: metadata as yet uncleaned, and further words."""
    lower = {key.lower(): value for key, value in row.items() if isinstance(key, str)}
    raw: dict[str, Any] = {}
    for key, spellings in KEYS.items():
        values = [value for name in spellings if (value := _plain(lower.pop(name, None))) is not None]
        if key in LISTS:
            every = [text for value in values for text in (value if isinstance(value, list) else [value])]
            if every:
                raw[key] = [str(value) for value in every]
        elif values:
            raw[key] = values[0]
    words = [value for value in lower.values() if isinstance(value, str) and value.strip()]
    return raw, words[:MOST_WORDS]


def _plain(value: Any) -> Any:
    """Return a text, a number, or a list of these; None for all else."""
    if isinstance(value, list):
        return [one for one in value if isinstance(one, str | int) and not isinstance(one, bool)] or None
    return value if isinstance(value, str | int | float) and not isinstance(value, bool) and value != "" else None


def _object(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content) if content else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}

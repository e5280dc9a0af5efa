"""Filters: what people write, into conditions on payload keys.

``{"artist": "Quesabe", "date": ">=2020", "folder": "~/Pictures", "modality": ["image", "video"]}``, or the same as
``KEY=VALUE`` lines: ``artist=Quesabe``, ``date>=2020``, ``duration<60``, ``genre!=rock``, ``modality=image,video``.
``text~harbour street`` asks for texts, and for what was read in images, that hold all these words.

Of what a file can have several (artist, genre, keywords), one that is as asked is enough.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import isfinite, nan
from typing import Any, cast, get_args
from unicodedata import normalize

from sonolux.errors import QueryError
from sonolux.index import Condition
from sonolux.index.base import Operator
from sonolux.media.paths import stored_paths
from sonolux.types import Modality, SegmentKind

PLAIN_KEYS = ("kind", "file", "path", "modality", "title", "date", "size", "hash", "start", "end")
META_KEYS = (
    "artist", "album", "composer", "genre", "keywords", "place", "description", "rating", "camera", "latitude",
    "longitude", "width", "height", "frames", "duration", "rate", "channels", "language",
)  # fmt: skip
ANNOTATION_KEYS = ("label", "mood")
"""What annotators say of items; a mood is a label, as a model of moods gives it."""
WORDED_KEYS = ("text",)
"""Keys that are asked for words alone, by ``~``."""
NUMBERS = frozenset({
    "size", "start", "end", "rating", "latitude", "longitude", "width", "height", "frames", "duration", "rate",
    "channels",
})  # fmt: skip

CLOSED: dict[str, tuple[str, ...]] = {
    "modality": tuple(str(modality) for modality in Modality),
    "kind": ("file", *(kind for kind in get_args(SegmentKind) if kind not in ("image", "cover")), "region"),
}
"""Keys that have no other values than these."""

SHAPES = {
    "file": (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "the id of a file, as `list --json` says it"),
    "hash": (re.compile(r"[0-9a-f]{32}"), "32 hexadecimal digits"),
}
"""Keys whose values are all of one form, in small letters, and what it is called."""

_ASSIGNMENT = re.compile(r"\s*([A-Za-z_]+)\s*(!=|<=|>=|==|=|<|>|~)(.*)", re.DOTALL)
_PREFIX = re.compile(r"\s*(!=|<=|>=|==|<|>|~)(.*)", re.DOTALL)
_DATE = re.compile(r"(\d{4})(?:[-/.](\d\d?)(?:[-/.](\d\d?)(?:[T ](\d\d):(\d\d)(?::(\d\d))?)?)?)?")


def parse_conditions(lines: Sequence[str]) -> tuple[Condition, ...]:
    """Parse ``KEY=VALUE`` lines, as on the command line; a comma separates alternatives.

    Raises
    ------
    QueryError
        For a line without an operator, an unknown key, or a value that does not fit its key.
    """
    conditions: list[Condition] = []
    for line in lines:
        match = _ASSIGNMENT.fullmatch(line)
        if match is None:
            raise QueryError(f"a filter reads KEY=VALUE (or !=, <, <=, >, >=, ~), not {line!r}")
        key, op, value = match.groups()
        op = "=" if op == "==" else op
        values = value.split(",") if op in ("=", "!=") and key.lower() not in ("folder", "path") else [value]
        if ", " in value and len(values) > 1 and key.lower() not in {*CLOSED, *SHAPES, *NUMBERS, "date"}:
            values.append(value)  # Earth, Wind & Fire
        conditions += _conditions(key, cast("Operator", op), values)
    return tuple(conditions)


def build_conditions(where: Mapping[str, Any]) -> tuple[Condition, ...]:
    """Turn a mapping from keys to values into conditions; see the module for the forms a value takes.

    Raises
    ------
    QueryError
        For an unknown key, or a value that does not fit its key.
    """
    found: list[Condition] = []
    for key, value in where.items():
        match = _PREFIX.fullmatch(value) if isinstance(value, str) else None
        if match:
            found += _conditions(key, cast("Operator", "=" if match[1] == "==" else match[1]), [match[2]])
        else:
            values = list(value) if isinstance(value, (list, tuple, set, frozenset)) else [value]
            found += _conditions(key, "=", values)
    return tuple(found)


def is_findable(key: str, value: str | float) -> bool:
    """Tell whether ``{key: [value]}`` finds what has just this value stored; none finds a name with a wildcard."""
    try:
        conditions = build_conditions({key: [value]})
    except QueryError:
        return False
    if key in NUMBERS:
        return not isinstance(value, str)
    return any(
        value == asked or (isinstance(asked, tuple) and value in asked) for asked in (c.value for c in conditions)
    )


def _conditions(key: str, op: Operator, values: list[Any]) -> list[Condition]:
    key = str(key).lower()
    if any(value is None or (isinstance(value, str) and not value.strip()) for value in values):
        raise QueryError(f"a filter on {key} wants a value: {key}{op}VALUE")
    if key == "folder":
        if op not in ("=", "!="):
            raise QueryError(f"a folder is equal or not: folder=PATH, not folder{op}")
        return [Condition("folders", op, _one_or_any([path for value in values for path in _stored_paths(value)]))]
    if key in WORDED_KEYS:
        return [_words_condition(key, op, values)]
    stored = stored_key(key)
    if op == "~":
        raise QueryError(f"{key} is compared as a whole: only {' and '.join(WORDED_KEYS)} is asked for words by ~")
    if key == "date":
        return _date_conditions(op, values)
    if key in NUMBERS:
        return _number_conditions(stored, op, values)
    if op not in ("=", "!="):
        raise QueryError(f"{key} is text: it has = and !=, not {op}")
    return [Condition(stored, op, _one_or_any([text for value in values for text in _texts(key, value)]))]


def _words_condition(key: str, op: Operator, values: list[Any]) -> Condition:
    if op != "~":
        raise QueryError(f"{key} holds words or not: {key}~WORDS, not {key}{op}")
    words = " ".join(str(value) for value in values)
    if not any(map(str.isalnum, words)):
        raise QueryError(f"a filter on {key} wants words: {key}~WORDS, not {words[:50]!r}")
    return Condition(key, op, words)


def _stored_paths(value: Any) -> list[str]:
    return [path for spelling in _spellings(str(value)) for path in stored_paths(spelling)]


def _spellings(text: str) -> list[str]:
    """Return a text as it is, and with letters and their marks put together and taken apart."""
    return list(dict.fromkeys((text, normalize("NFC", text), normalize("NFD", text))))


def _texts(key: str, value: Any) -> list[str]:
    """Return the ways in which a text that is asked for may be stored.

    Raises
    ------
    QueryError
        For a value that no item can have.
    """
    if key == "path":
        return _stored_paths(value)
    # White space as in cleaned metadata; letters as a file, or a library of an older version, has them.
    text = " ".join(str(value).split())
    if key in CLOSED:
        if text.lower() not in CLOSED[key]:
            raise QueryError(f"no {key} {text!r}: there are {', '.join(CLOSED[key])}")
        return [text.lower()]
    if key in SHAPES:
        form, name = SHAPES[key]
        if not form.fullmatch(text.lower()):
            raise QueryError(f"{key} takes {name}, not {text!r}")
        return [text.lower()]
    if text.startswith("*"):
        raise QueryError(f"a filter on {key} compares all of it, without wildcards: ask with words to find parts of it")
    return _spellings(text)


def stored_key(key: str) -> str:
    """Return the payload key that a key of a filter stands for; raise QueryError, with those there are, for none."""
    if key == "folder":
        return "folders"
    if key in ANNOTATION_KEYS:
        return "annotations[].label"
    if key in META_KEYS:
        return f"meta.{key}"
    if key not in PLAIN_KEYS:
        there = ", ".join((*PLAIN_KEYS, *META_KEYS, *ANNOTATION_KEYS, *WORDED_KEYS))
        raise QueryError(f"no filter on {key!r}: there are folder, {there}")
    return key


def _one_or_any(values: Sequence[str]) -> str | tuple[str, ...]:
    return values[0] if len(values) == 1 else tuple(values)


def _number_conditions(key: str, op: Operator, values: list[Any]) -> list[Condition]:
    name = key.removeprefix("meta.")
    if len(values) != 1:
        raise QueryError(f"{name} takes one number, not {len(values)}")
    try:
        number = nan if isinstance(values[0], bool) else float(values[0])
    except (TypeError, ValueError, OverflowError):
        number = nan
    if not isfinite(number):
        raise QueryError(f"{name} takes a number, not {str(values[0])[:50]!r}")
    if op == "=":
        return [Condition(key, ">=", number), Condition(key, "<=", number)]
    if op == "!=":
        raise QueryError(f"{name} has =, <, <=, > and >=, not !=")
    return [Condition(key, op, number)]


def _date_conditions(op: Operator, values: list[Any]) -> list[Condition]:
    """Conditions on a date, where ``2020`` or ``2020-05`` names the whole year or month.

    It is the date that the clock showed: a photo taken at half past eleven at night was taken on that day, wherever.
    """
    if len(values) != 1 or op == "!=":
        raise QueryError("date takes one value with =, <, <=, > or >=")
    start, end = _period(str(values[0]).strip())
    bounds: dict[str, list[tuple[Operator, str]]] = {
        "=": [(">=", start), ("<", end)],
        ">=": [(">=", start)],
        ">": [(">=", end)],
        "<": [("<", start)],
        "<=": [("<", end)],
    }
    return [Condition("date", bound, moment, instead="clock") for bound, moment in bounds[op]]


def _period(text: str) -> tuple[str, str]:
    """Return the first moment of a year, month, day, minute or second, and the first after it, as RFC 3339."""
    match = _DATE.fullmatch(text)
    if match is None:
        raise QueryError(f"a date is YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DD HH:MM, not {text[:50]!r}")
    year, month, day, hour, minute, second = (int(group) if group else None for group in match.groups())
    try:
        start = datetime(year or 0, 1 if month is None else month, 1 if day is None else day, tzinfo=UTC)
        start = start.replace(hour=hour or 0, minute=minute or 0, second=second or 0)
        if day is not None:
            end = start + timedelta(**{"days" if hour is None else "minutes" if second is None else "seconds": 1})
        elif month is not None:
            end = datetime(start.year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
        else:
            end = datetime(start.year + 1, 1, 1, tzinfo=UTC)
    except (ValueError, OverflowError):
        raise QueryError(f"there is no date {text!r}") from None
    return start.isoformat(), end.isoformat()

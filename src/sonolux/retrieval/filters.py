"""Filters: what people write, into conditions on payload keys.

``{"artist": "Quesabe", "date": ">=2020", "folder": "~/Pictures", "modality": ["image", "video"]}``, or the same as
``KEY=VALUE`` lines: ``artist=Quesabe``, ``date>=2020``, ``duration<60``, ``genre!=rock``, ``modality=image,video``.

Of what a file can have several (artist, genre, keywords), one that is as asked is enough.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from sonolux.errors import QueryError
from sonolux.index import Condition
from sonolux.index.base import Operator
from sonolux.media.paths import to_stored

PLAIN_KEYS = ("kind", "file", "path", "modality", "title", "date", "size", "hash", "start", "end")
META_KEYS = (
    "artist", "album", "composer", "genre", "keywords", "place", "description", "rating", "camera", "latitude",
    "longitude", "width", "height", "frames", "duration", "rate", "channels", "language",
)  # fmt: skip
ANNOTATION_KEYS = ("label",)
NUMBERS = frozenset({
    "size", "start", "end", "rating", "latitude", "longitude", "width", "height", "frames", "duration", "rate",
    "channels",
})  # fmt: skip
_ASSIGNMENT = re.compile(r"\s*([A-Za-z_]+)\s*(!=|<=|>=|=|<|>)(.*)", re.DOTALL)
_PREFIX = re.compile(r"(!=|<=|>=|<|>)(.*)", re.DOTALL)


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
            raise QueryError(f"a filter reads KEY=VALUE (or !=, <, <=, >, >=), not {line!r}")
        key, op, value = match.groups()
        values = value.split(",") if op in ("=", "!=") and key not in ("folder", "path") else [value]
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
            found += _conditions(key, cast("Operator", match[1]), [match[2]])
        else:
            values = list(value) if isinstance(value, (list, tuple, set, frozenset)) else [value]
            found += _conditions(key, "=", values)
    return tuple(found)


def _conditions(key: str, op: Operator, values: list[Any]) -> list[Condition]:
    if key == "folder":
        if op not in ("=", "!="):
            raise QueryError(f"a folder is equal or not: folder=PATH, not folder{op}")
        folders = [to_stored(str(Path(value).expanduser().absolute())) for value in values]
        return [Condition("folders", op, _one_or_any(folders))]
    stored = _stored_key(key)
    if key == "date":
        return _date_conditions(op, values)
    if key in NUMBERS:
        return _number_conditions(stored, op, values)
    if op not in ("=", "!="):
        raise QueryError(f"{key} is text: it has = and !=, not {op}")
    texts = [str(Path(v).expanduser().absolute()) if key == "path" else str(v) for v in values]
    return [Condition(stored, op, _one_or_any([to_stored(t) if key == "path" else t for t in texts]))]


def _stored_key(key: str) -> str:
    if key in ANNOTATION_KEYS:
        return f"annotations[].{key}"
    if key in META_KEYS:
        return f"meta.{key}"
    if key not in PLAIN_KEYS:
        there = ", ".join((*PLAIN_KEYS, *META_KEYS, *ANNOTATION_KEYS))
        raise QueryError(f"no filter on {key!r}: there are folder, {there}")
    return key


def _one_or_any(values: Sequence[str]) -> str | tuple[str, ...]:
    return values[0] if len(values) == 1 else tuple(values)


def _number_conditions(key: str, op: Operator, values: list[Any]) -> list[Condition]:
    if len(values) != 1:
        raise QueryError(f"{key.removeprefix('meta.')} takes one number, not {len(values)}")
    try:
        number = float(values[0])
    except (TypeError, ValueError):
        raise QueryError(f"{key.removeprefix('meta.')} takes a number, not {values[0]!r}") from None
    if op == "=":
        return [Condition(key, ">=", number), Condition(key, "<=", number)]
    if op == "!=":
        raise QueryError(f"{key.removeprefix('meta.')} has =, <, <=, > and >=, not !=")
    return [Condition(key, op, number)]


def _date_conditions(op: Operator, values: list[Any]) -> list[Condition]:
    """Conditions on a date, where ``2020`` or ``2020-05`` names the whole year or month."""
    if len(values) != 1 or op == "!=":
        raise QueryError("date takes one value with =, <, <=, > or >=")
    start, end = _period(str(values[0]).strip())
    return {
        "=": [Condition("date", ">=", start), Condition("date", "<", end)],
        ">=": [Condition("date", ">=", start)],
        ">": [Condition("date", ">=", end)],
        "<": [Condition("date", "<", start)],
        "<=": [Condition("date", "<", end)],
    }[op]


def _period(text: str) -> tuple[str, str]:
    """Return the first moment of a year, month or day, and the first moment after it, as RFC 3339."""
    match = re.fullmatch(r"(\d{4})(?:-(\d\d?))?(?:-(\d\d?))?", text)
    if match is None:
        raise QueryError(f"a date is YYYY, YYYY-MM or YYYY-MM-DD, not {text!r}")
    year, month, day = (int(group) if group else 0 for group in match.groups())
    try:
        start = datetime(year, month or 1, day or 1, tzinfo=UTC)
        if day:
            end = datetime.fromtimestamp(start.timestamp() + 86_400, UTC)
        elif month:
            end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
        else:
            end = datetime(year + 1, 1, 1, tzinfo=UTC)
    except (ValueError, OverflowError):
        raise QueryError(f"there is no date {text!r}") from None
    return start.isoformat(), end.isoformat()

"""Conditions on payload keys to the engine's filters, the same way for both engines.

The embedded engine and the cluster's client say the same things with different classes: a `Vocabulary`
holds an engine's words, this module the grammar.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol

from sonolux.errors import QueryError
from sonolux.index.base import Condition, Where
from sonolux.index.payload import INDEXED

BOUNDS = {"<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}
EXACT_FLOAT = 2**53
"""Integers up to here are exact as floats, which is what the engine compares ranges in."""

FIRST_DATE = "0001-01-01T00:00:00"
"""Whatever is a date is not before."""

PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+(\[\])?")
"""A name that needs no quotes; with brackets, each element of the list that it names."""


class Vocabulary(Protocol):
    """An engine's words for the parts of a filter."""

    def equals(self, key: str, value: str | int | bool) -> Any:
        """Value, or an element of the list, is exactly this."""

    def one_of(self, key: str, values: list[str]) -> Any:
        """Value, or an element of the list, is one of these strings."""

    def number(self, key: str, bounds: Mapping[str, float]) -> Any:
        """Value is a number within bounds named lt, lte, gt, gte."""

    def date(self, key: str, bounds: Mapping[str, str]) -> Any:
        """Value is a date within bounds named lt, lte, gt, gte."""

    def holds_words(self, key: str, words: str) -> Any:
        """Value is a text that holds all of these words."""

    def has_id(self, ids: Sequence[str]) -> Any:
        """Point is one of these."""

    def has_space(self, name: str) -> Any:
        """Point has a descriptor in the engine's named vector."""

    def compound(self, must: list[Any], must_not: list[Any], should: list[Any]) -> Any:
        """All of `must`, none of `must_not`, and where `should` is not empty, one of it."""


def build_filter(
    words: Vocabulary, where: Where, *, without: Sequence[str] = (), space: str | None = None
) -> Any | None:
    """Return the engine's filter for a conjunction of conditions, None where it asks nothing.

    Parameters
    ----------
    words
        The engine's vocabulary.
    where
        Conditions, all of which hold.
    without
        Ids of points to leave out.
    space
        Engine's name of a vector that points must have.
    """
    must = [_holds(words, c) for c in where if c.op != "!="]
    must_not = [_equals(words, c) for c in where if c.op == "!="]
    if without:
        must_not.append(words.has_id(without))
    if space is not None:
        must.append(words.has_space(space))
    return words.compound(must, must_not, []) if must or must_not else None


@lru_cache(maxsize=4096)
def quoted(name: str) -> str:
    """Return one name of a JSON path, in quotes where it needs them."""
    if PLAIN_KEY.fullmatch(name):
        return name
    if not name or '"' in name or "\\" in name:
        raise QueryError(f"no payload key can be named {name!r}")
    return f'"{name}"'


def selection(keys: Sequence[str] | None) -> bool | list[str]:
    """Return which payload keys to bring: all for None, none for an empty sequence."""
    return True if keys is None else [".".join(map(quoted, key.split("."))) for key in keys] or False


def _holds(words: Vocabulary, condition: Condition) -> Any:
    if condition.op == "=":
        return _equals(words, condition)
    value, key = condition.value, ".".join(map(quoted, condition.key.split(".")))
    if condition.op == "~":
        return _holds_words(words, condition)
    if condition.op not in BOUNDS:
        raise QueryError(f"there is no operator {condition.op!r}")
    bound = BOUNDS[condition.op]
    if isinstance(value, str):
        asked = {bound: _date(condition.key, value)}
        if not condition.instead:
            return words.date(key, asked)
        there = words.date(condition.instead, {"gte": FIRST_DATE})
        other = words.compound([words.date(key, asked)], [there], [])
        return words.compound([], [], [words.date(condition.instead, asked), other])
    if isinstance(value, bool | tuple):
        raise QueryError(f"{condition.key} {condition.op} {value!r}: only numbers and dates have order")
    return words.number(key, {bound: _finite(condition.key, value)})


def _holds_words(words: Vocabulary, condition: Condition) -> Any:
    key, value = condition.key, condition.value
    if INDEXED.get(key) != "text":
        raise QueryError(f"{key} ~ {value!r}: only texts hold words")
    if not isinstance(value, str) or not any(map(str.isalnum, value)):
        raise QueryError(f"{key} ~ {value!r}: there are no words to look for")
    return words.holds_words(key, value)


def _equals(words: Vocabulary, condition: Condition) -> Any:
    key = ".".join(map(quoted, condition.key.split(".")))
    if not isinstance(condition.value, tuple):
        return _equals_one(words, key, condition.value)
    texts = [value for value in condition.value if isinstance(value, str)]
    options = [_equals_one(words, key, v) for v in condition.value if not isinstance(v, str)]
    return words.compound([], [], [words.one_of(key, texts), *options])


def _equals_one(words: Vocabulary, key: str, value: str | int | float | bool) -> Any:
    if isinstance(value, str | bool):
        return words.equals(key, value)
    if isinstance(value, int) and EXACT_FLOAT < abs(value) < 2**63:
        return words.equals(key, value)
    # A range holds for 3 and 3.0 alike; the engine's match of an integer holds for 3 alone.
    number = _finite(key, value)
    return words.number(key, {"gte": number, "lte": number})


def _finite(key: str, value: float) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise QueryError(f"{key}: {value} cannot be compared")
    return number


def _date(key: str, value: str) -> str:
    try:
        return datetime.fromisoformat(value).isoformat()
    except ValueError:
        raise QueryError(f"{key}: {value!r} is not a date: write 2024-05-31 or 2024-05-31T18:00:00Z") from None

"""Checked dataclass fields: each with the values that it allows, in words and as a test.

A dataclass of such fields calls `check_fields` in ``__post_init__``: a value of the wrong type or range is refused with
one line that names field, value and what is allowed; lists become tuples and mappings the dataclass that a field is of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from math import isfinite
from numbers import Integral, Real
from typing import Any

from sonolux.errors import TrainingError

MOST = 2**63 - 1
"""Largest whole number of a field that has no bound of its own: what fits into 64 bits."""


LONGEST_SHOWN = 200
"""Characters of a value in a message."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a field allows.

    Attributes
    ----------
    allowed : str
        In words: ``"a whole number from 1"``.
    read : callable
        Takes a value and returns it as it is kept; ValueError or TypeError for what is not allowed.
    """

    allowed: str
    read: Callable[[Any], Any]


def whole_number(default: int | None, least: int = 1, multiple: int = 1, most: int = MOST) -> Any:
    """Return a field of an int from `least` to `most`; of None as well where that is the default."""

    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, Integral) or not least <= int(value) <= most:
            raise ValueError
        if int(value) % multiple:
            raise ValueError
        return int(value)

    kind = "whole number" if multiple == 1 else f"multiple of {multiple}"
    limit = "" if most == MOST else f" to {most:,}"
    return _field(default, Rule(f"a {kind} from {least}{limit}", read))


def number(default: float | None, low: float = 0.0, high: float = float("inf"), *, above: bool = False) -> Any:
    """Return a field of a finite float from `low` to `high`; with `above`, neither of them is allowed itself."""

    def take(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, Real) or not isfinite(float(value)):
            raise ValueError
        read = float(value)
        if not (low < read < high if above else low <= read <= high):
            raise ValueError
        return read

    if high == float("inf"):
        allowed = "a positive number" if above and low == 0 else f"a number from {low:g}"
    else:
        allowed = f"a number between {low:g} and {high:g}" if above else f"a number from {low:g} to {high:g}"
    return _field(default, Rule(allowed, take))


def flag(default: bool | None) -> Any:
    """Return a field of a bool."""

    def read(value: Any) -> bool:
        if not isinstance(value, bool):
            raise TypeError
        return value

    return _field(default, Rule("true or false", read))


def text(default: str) -> Any:
    """Return a field of a str."""

    def read(value: Any) -> str:
        if not isinstance(value, str):
            raise TypeError
        return value

    return _field(default, Rule("text", read))


def choice(default: str | None, *values: str) -> Any:
    """Return a field of one of these strings."""

    def read(value: Any) -> str:
        if value not in values:
            raise ValueError
        return str(value)

    return _field(default, Rule(" or ".join(values) if len(values) < 3 else f"one of {', '.join(values)}", read))


def names(*default: str, example: str) -> Any:
    """Return a field of a tuple of names, at least one."""

    def read(value: Any) -> tuple[str, ...]:
        if not isinstance(value, list | tuple) or not value or not all(isinstance(name, str) for name in value):
            raise TypeError
        return tuple(value)

    return _field(default, Rule(f"a list of names, like {example}", read))


def mapping(**default: Any) -> Any:
    """Return a field of a mapping of str to anything."""

    def read(value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
            raise TypeError
        return dict(value)

    return field(default_factory=lambda: default, metadata={"rule": Rule("a mapping of names to values", read)})


def part(default: Any) -> Any:
    """Return a field of a dataclass of checked fields; a mapping changes fields of the default."""

    def read(value: Any) -> Any:
        if isinstance(value, Mapping):
            for name in value:
                check_name(name, default, "")
            return replace(default, **value)
        if not isinstance(value, type(default)):
            raise TypeError
        return value

    known = ", ".join(one.name for one in fields(default))
    return _field(default, Rule(f"a mapping of some of {known}", read))


def check_fields(record: Any) -> None:
    """Check every field of a frozen dataclass, and put what its rule reads in its place.

    Raises
    ------
    TrainingError
        For a value that is not allowed.
    """
    for one in fields(record):
        value = getattr(record, one.name)
        rule: Rule = one.metadata["rule"]
        if value is None and one.default is None:
            continue
        try:
            read = rule.read(value)
        except (ValueError, TypeError, OverflowError):
            raise TrainingError(f"{one.name} is {rule.allowed}, not {_short(value)}") from None
        object.__setattr__(record, one.name, read)


def check_name(name: str, record: Any, owner: str) -> None:
    """Raise TrainingError, with the nearest name, where a dataclass has no such field.

    Parameters
    ----------
    name : str
    record : dataclass or instance of one
    owner : str
        Whose options its fields are, for the message; empty for nobody's in particular.
    """
    from difflib import get_close_matches

    known = [one.name for one in fields(record)]
    if name in known:
        return
    near = get_close_matches(name, known, n=1)
    instead = (
        f"did you mean {near[0]}?" if near else f"{owner or 'there'} {'has' if owner else 'are'} {', '.join(known)}"
    )
    raise TrainingError(f"no option {name}: {instead}")


def _short(value: object) -> str:
    """Return a value as it is written, cut where it is long: numbers of thousands of digits are not written at all."""
    try:
        text = repr(value)
    except ValueError:  # Python writes no integer of more than 4,300 digits
        return "so long a number"
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."


def _field(default: Any, rule: Rule) -> Any:
    return field(default=default, metadata={"rule": rule})

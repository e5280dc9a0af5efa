"""Wire format of the calls: newline-delimited JSON, one answer a call, in order, on each connection.

========  =====================================================================================
call      ``{"call": name, "params": {...}}``
answer    ``{"result": ...}``, or ``{"error": {"type": ..., "message": ..., "field": ... or null}}``
========  =====================================================================================

A line is ASCII: names that are not valid Unicode cross as escaped lone surrogates. There is no NaN and no infinity.
"""

from __future__ import annotations

import json
from typing import Any, Literal, NoReturn, get_args

CALL_BYTES = 2**20
"""The longest line of a call."""

ANSWER_BYTES = 64 * 2**20
"""The longest line of an answer."""

ErrorType = Literal["query", "media", "library", "expired", "not-found", "busy", "internal"]
"""Whose fault it was: the question's, the file's that it asks with, the library's state; or the answer is no longer
kept, what is named is not there, too much is asked at once, or there is a bug, which the process's log tells of."""


class CallError(Exception):
    """A call that was refused.

    Attributes
    ----------
    type : ErrorType
    message : str
        One line for the person who asked.
    field : str or None
        The parameter that was wrong, such as ``parts.0.text``.
    """

    def __init__(self, type_: ErrorType, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.type: ErrorType = type_
        self.message = message
        self.field = field


class LibraryUnavailable(Exception):  # noqa: N818 - it is a state of the service, which passes
    """The library process is not there: it starts, or has died and is started again."""


def encode_line(message: dict[str, Any]) -> bytes:
    """Return a message as a line.

    Raises
    ------
    ValueError
        For a number that JSON does not have.
    """
    return json.dumps(message, allow_nan=False, separators=(",", ":")).encode("ascii") + b"\n"


def decode_call(line: bytes) -> tuple[str, dict[str, Any]]:
    """Return the name and the parameters of a call.

    Raises
    ------
    CallError
        For what is none.
    """
    message = _object(line)
    name, params = message.pop("call", None), message.pop("params", {})
    if not isinstance(name, str) or not isinstance(params, dict) or message:
        raise CallError("query", 'a call is {"call": name, "params": {...}}')
    return name, params


def decode_answer(line: bytes) -> Any:
    """Return the result that an answer brings.

    Raises
    ------
    CallError
        The error that it brings instead, or for what is no answer.
    """
    message = _object(line)
    if "result" in message:
        return message["result"]
    error = message.get("error")
    if isinstance(error, dict) and error.get("type") in get_args(ErrorType):
        raise CallError(error["type"], str(error.get("message", "")), error.get("field"))
    raise CallError("internal", "the library process gave no answer")


def _object(line: bytes) -> dict[str, Any]:
    try:
        message = json.loads(line, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:  # what is nested too deep
        raise CallError("query", f"no JSON: {type(error).__name__}") from error
    if not isinstance(message, dict):
        raise CallError("query", "no JSON object")
    return message


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"JSON has no {name}")

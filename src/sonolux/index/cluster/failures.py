"""Failures of a cluster: those that pass, and one line for those that do not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx
from pydantic import ValidationError
from qdrant_client.common.client_exceptions import QdrantException
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from sonolux.errors import LibraryError, SonoluxError

REASON = 300
"""Characters of a server's own words, at most."""

BUSY = (408, 429)
"""Status codes below 500 after which the same request may do."""


STRANGE = " answers in a form that is not known here: is it a Qdrant, and one of version 1.18 or later?"


class SilentClusterError(LibraryError):
    """No address of a cluster answers, or none as it should, however often it is asked."""


def is_passing(error: Exception) -> bool:
    """Tell whether the same request may do at another address, or a little later."""
    if isinstance(error, UnexpectedResponse):
        status = error.status_code or 500
        return status >= 500 or status in BUSY
    if isinstance(error, ResponseHandlingException):
        return isinstance(error.source, httpx.TransportError | OSError)
    return isinstance(error, QdrantException | TimeoutError)


def unanswered(location: str, silent: Mapping[str, Exception]) -> SilentClusterError:
    """Return what to say where no address has answered; ``silent`` has the last failure by address."""
    answered = [error for error in silent.values() if isinstance(error, UnexpectedResponse)]
    if len(silent) == 1:
        [error] = silent.values()
        if answered:
            return SilentClusterError(f"{location} answers {answered[0].status_code}: {reason_of(error)}")
        return SilentClusterError(f"no Qdrant answers at {location}: {reason_of(error)}")
    told = "; ".join(f"{urlsplit(url).netloc}: {_with_status(error)}" for url, error in silent.items())
    if answered:
        way = "bring back the node that is missing, `sonolux info` tells which"
        return SilentClusterError(f"{location} cannot answer ({told}): {way}")
    return SilentClusterError(f"no Qdrant answers at {location} ({told}): start one of them, or name one that runs")


def is_missing(error: Exception) -> bool:
    """Tell whether a collection is not there; the client's in-process mode says so in words."""
    if isinstance(error, UnexpectedResponse):
        return error.status_code == 404
    return isinstance(error, ValueError) and str(error).endswith(" not found")


@contextmanager
def client_errors(location: str) -> Iterator[None]:
    """Turn what the client raises into one line; the client's in-process mode raises Python's own errors."""
    try:
        yield
    except SonoluxError:
        raise
    except ResponseHandlingException as error:
        strange = isinstance(error.source, ValidationError)
        raise LibraryError(f"{location}{STRANGE}" if strange else f"{location}: {reason_of(error)}") from error
    except AssertionError as error:  # the client's own, where an answer lacks what it looks for
        raise LibraryError(f"{location}{STRANGE}") from error
    except UnexpectedResponse as error:
        raise LibraryError(_refusal(location, error)) from error
    except (ValueError, KeyError, TypeError, RuntimeError) as error:
        told = f"there is no library at {location}" if is_missing(error) else f"{location}: {reason_of(error)}"
        raise LibraryError(told) from error


def reason_of(error: Exception) -> str:
    """Return why, on one line: of a server's answer its own sentence, never the form that it comes in."""
    if isinstance(error, UnexpectedResponse):
        return _said(error) or error.reason_phrase or "no reason given"
    return (str(error).strip() or type(error).__name__).split("\n")[0]


def _said(error: UnexpectedResponse) -> str:
    text = error.content.decode(errors="replace").strip()
    try:
        status = json.loads(text)["status"]
        text = str(status["error"] if isinstance(status, dict) else status)
    except (ValueError, KeyError, TypeError):
        if text.startswith(("{", "[", "<")):  # some other form, or a page for a browser
            return ""
    return text.split("\n")[0][:REASON]


def _with_status(error: Exception) -> str:
    status = f"{error.status_code} " if isinstance(error, UnexpectedResponse) else ""
    return f"{status}{reason_of(error)}"


def _refusal(location: str, error: UnexpectedResponse) -> str:
    if error.status_code in (401, 403):
        return f"{location} wants another key: set SONOLUX_QDRANT_API_KEY"
    if error.status_code == 404:
        return f"there is no library at {location}"
    return f"{location} answers {error.status_code}: {reason_of(error)}"

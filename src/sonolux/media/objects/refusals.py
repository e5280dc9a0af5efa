"""Refusals of object stores, each as one line: what happened and what to do.

The library's own messages name addresses, keys and headers; nothing of them is passed on but a status and a code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sonolux.errors import MediaError

STATUS = re.compile(r"status code: (\d{3})")
CODE = re.compile(r"<Code>(\w{1,60})</Code>")

NOT_PARTIAL = re.compile(r"^ *source: NotPartial,$", re.MULTILINE)
MISSING = re.compile(r"^ *source: Missing\w+,$", re.MULTILINE)
TIMED_OUT = re.compile(r"^ *(kind: Timeout|source: TimedOut),$", re.MULTILINE)
UNOPENED = re.compile(r"^ *source: (OpenCredentials|DecodeCredentials) \{$", re.MULTILINE)
UNDECODED = re.compile(r"^ *source: InvalidAccessKey \{$", re.MULTILINE)
CUT_OFF = re.compile(r"^ *(kind: Interrupted|error: IncompleteBody),$", re.MULTILINE)
"""Lines of the library's messages in which no name of a bucket or key can be."""

MACHINES = " http://169.254.169.254/"
"""Where clouds tell their machines keys; asked last, where there are none."""

BUCKETLESS = ("NoSuchBucket", "ContainerNotFound")
WRONG_KEYS = {
    "InvalidAccessKeyId": "the store does not know the access key",
    "SignatureDoesNotMatch": "the secret key is not that of the access key",
    "ExpiredToken": "the credentials have expired",
    "InvalidToken": "the session token is not valid",
    "RequestTimeTooSkewed": "the clock of this machine is wrong",
}
REGION = ("PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException")


REDIRECTED = "Received redirect without LOCATION"
REPLACED = "was replaced while it was read: try again"
UNREADABLE = "has a key that cannot be asked for: one of its parts is empty, . or .., or has control characters"


class GoneError(MediaError):
    """An object, or its bucket, is not there."""


class UnreadableKeyError(MediaError):
    """A key cannot be asked for by the store's library."""


class WithoutRangesError(MediaError):
    """A store sends objects whole, whatever part is asked for."""


class CredentialsError(MediaError):
    """A store does not take the credentials that there are, or there are none."""


@contextmanager
def told_in_a_line() -> Iterator[None]:
    """Turn whatever the store's library raises into a `MediaError`; what it said is not kept, for it may hold keys."""
    try:
        yield
    except (MediaError, MemoryError):
        raise
    except Exception as error:
        if not isinstance(error, OSError | ValueError) and not type(error).__module__.startswith("obstore"):
            raise
        told = _refusal(error)
    else:
        return
    raise told from None


@dataclass(frozen=True, slots=True)
class _Told:
    """What the store's library says: the name of the error, its text, and the status and code of the answer."""

    kind: str
    text: str
    status: str
    code: str


def _refusal(error: Exception) -> MediaError:
    text = str(error)
    code, status = (found[1] if (found := pattern.search(text)) else "" for pattern in (CODE, STATUS))
    told = _Told(type(error).__name__, text, status, code)
    for applies, refusal in REFUSALS:
        if applies(told):
            return refusal(told)
    return MediaError(
        "cannot be read: the store does not answer: is its address right"
        " (AWS_ENDPOINT_URL, AZURE_ENDPOINT, GOOGLE_BASE_URL)?"
    )


NO_CREDENTIALS = (
    "cannot be read: there are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
    " (AWS_SKIP_SIGNATURE=true for a public bucket); GOOGLE_APPLICATION_CREDENTIALS; or AZURE_STORAGE_ACCOUNT_NAME"
    " and _KEY"
)

REFUSALS: tuple[tuple[Callable[[_Told], object], Callable[[_Told], MediaError]], ...] = (
    (lambda told: told.code in BUCKETLESS, lambda _: GoneError("is in a bucket that is not there")),
    (
        lambda told: MACHINES in told.text or MISSING.search(told.text),
        lambda _: CredentialsError(NO_CREDENTIALS),
    ),
    (
        lambda told: UNOPENED.search(told.text),
        lambda _: CredentialsError(
            "cannot be read: GOOGLE_APPLICATION_CREDENTIALS, or GOOGLE_SERVICE_ACCOUNT, names no file of credentials"
        ),
    ),
    (
        lambda told: UNDECODED.search(told.text),
        lambda _: CredentialsError(
            "cannot be read: AZURE_STORAGE_ACCOUNT_KEY is no key: it is base64, as Azure gives it"
        ),
    ),
    (
        lambda told: told.kind == "FileNotFoundError" or told.status == "404",
        lambda _: GoneError("is not there: the bucket has no such object (any more)"),
    ),
    (
        lambda told: told.kind == "InvalidPathError" or told.text.startswith("Could not parse path"),
        lambda _: UnreadableKeyError(UNREADABLE),
    ),
    (
        lambda told: NOT_PARTIAL.search(told.text),
        lambda _: WithoutRangesError("is in a store that sends no parts of objects"),
    ),
    (
        lambda told: told.kind == "PreconditionError" or told.status == "412",
        lambda _: MediaError(REPLACED),
    ),
    (
        lambda told: told.code in REGION or told.status in ("301", "307") or REDIRECTED in told.text,
        lambda _: MediaError("is in a bucket of another region or address: set AWS_REGION, or AWS_ENDPOINT_URL"),
    ),
    (
        lambda told: told.code in WRONG_KEYS,
        lambda told: CredentialsError(f"cannot be read: {WRONG_KEYS[told.code]}"),
    ),
    (
        lambda told: told.kind in ("PermissionDeniedError", "UnauthenticatedError") or told.status in ("401", "403"),
        lambda told: CredentialsError(
            f"cannot be read: access denied ({told.status or 403}): are the credentials for this bucket?"
        ),
    ),
    (
        lambda told: told.status,
        lambda told: MediaError(
            f"cannot be read: the store answers {' '.join(filter(None, (told.status, told.code)))}: try again later"
        ),
    ),
    (
        lambda told: TIMED_OUT.search(told.text),
        lambda _: MediaError("cannot be read: the store does not go on sending: try again later"),
    ),
    (
        lambda told: CUT_OFF.search(told.text),
        lambda _: MediaError("cannot be read: the store cuts it off again and again: try again later"),
    ),
)
"""What an error means, and what is raised of it; the first that applies."""

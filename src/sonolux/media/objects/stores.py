"""Stores: the buckets that this process reads, each opened once, as the environment says.

Whatever a store needs to know (keys, region, address) comes from the variables that its own tools read, and from
profiles of AWS. A request that fails is made again, later each time, until `settings().storage_seconds` have passed.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sonolux.errors import MediaError
from sonolux.extras import extras_named
from sonolux.media.objects.profiles import KEYS, profile_options
from sonolux.media.objects.refusals import NO_CREDENTIALS, CredentialsError, told_in_a_line
from sonolux.settings import settings

HEARD = ("AWS_", "GOOGLE_", "AZURE_", "AZURITE_")
"""What variables of stores begin with."""

VARIABLES = {
    "access_key_id": ("AWS_ACCESS_KEY_ID",),
    "secret_access_key": ("AWS_SECRET_ACCESS_KEY",),
    "session_token": ("AWS_SESSION_TOKEN", "AWS_TOKEN"),
    "region": ("AWS_REGION", "AWS_DEFAULT_REGION"),
    "endpoint": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"),
}
"""Of S3, and what they are called here; the first that is set counts."""

ASKED_FOR_KEYS = (
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)

MOST_TRIES = 20
CONNECT_SECONDS = 5.0

_stores: dict[tuple[Any, ...], Any] = {}
_lock = threading.Lock()


@contextmanager
def opened_store(bucket: str) -> Iterator[Any]:
    """Have the store of a bucket for as long as a block lasts; whatever it raises is one line.

    Raises
    ------
    MediaError
        Where it cannot be asked, or refuses.
    """
    with told_in_a_line():
        try:
            yield _store_of(bucket)
        except Exception as error:
            if type(error).__name__ in ("PermissionDeniedError", "UnauthenticatedError"):
                forget_stores()  # the next request reads anew what may have been renewed
            raise


def forget_stores() -> None:
    """Open all buckets anew from now on."""
    with _lock:
        _stores.clear()


def _store_of(bucket: str) -> Any:
    heard = tuple(sorted((name, value) for name, value in os.environ.items() if name.startswith(HEARD)))
    key = (bucket, settings().storage_seconds, heard)
    with _lock:
        if key not in _stores:
            _stores[key] = _opened(bucket)
        return _stores[key]


def _opened(bucket: str) -> Any:
    with extras_named("object storage", MediaError):
        from obstore.store import from_url
    options = aws_options() if bucket.startswith("s3://") else {}
    seconds = settings().storage_seconds
    client = {
        "connect_timeout": timedelta(seconds=min(CONNECT_SECONDS, seconds)),
        "read_timeout": timedelta(seconds=seconds / 3),
        "timeout": timedelta(hours=12),  # of an object as a whole: one that keeps coming is waited for
        "allow_http": _asked_in_clear(options),
    }
    if bucket.startswith("s3://") and (authorities := os.environ.get("AWS_CA_BUNDLE")):
        client["root_certificate"] = _certificates(authorities)
    retry = {
        "max_retries": MOST_TRIES,
        "retry_timeout": timedelta(seconds=seconds),
        "backoff": {
            "init_backoff": timedelta(seconds=min(0.1, seconds / 20)),
            "max_backoff": timedelta(seconds=min(5.0, seconds / 3)),
            "base": 2,
        },
    }
    return from_url(bucket, client_options=client, retry_config=retry, **options)  # type: ignore[call-overload]


def aws_options() -> dict[str, Any]:
    """Return keys, region and address of S3, from the environment or else a profile.

    Raises
    ------
    MediaError
        Where a profile is not there, or it is certain that there are no keys.
    """
    options: dict[str, Any] = profile_options()
    of_profile = "access_key_id" in options
    for name, variables in VARIABLES.items():
        if of_profile and name in KEYS:  # a token of the environment is not that of a profile's keys
            continue
        if value := next(filter(None, map(os.environ.get, variables)), None):
            options[name] = value
    if _is_set("AWS_EC2_METADATA_DISABLED") and not _has_keys(options):
        raise CredentialsError(NO_CREDENTIALS)
    return options


def _has_keys(options: dict[str, Any]) -> bool:
    """Tell whether there are keys, or somebody other than the machine's cloud to ask for them."""
    unsigned = _is_set("AWS_SKIP_SIGNATURE")
    return "access_key_id" in options or unsigned or any(os.environ.get(name) for name in ASKED_FOR_KEYS)


def _is_set(name: str) -> bool:
    return os.environ.get(name, "").lower() in ("1", "true", "yes")


def _asked_in_clear(options: dict[str, Any]) -> bool:
    """Tell whether somebody has set an address that begins with ``http://``."""
    addresses = (options.get("endpoint"), os.environ.get("AZURE_ENDPOINT"), os.environ.get("GOOGLE_BASE_URL"))
    asked = any(address.lower().startswith("http://") for address in addresses if address)
    return asked or _is_set("AWS_ALLOW_HTTP")


def _certificates(path: str) -> str:
    try:
        return Path(path).expanduser().read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        raise MediaError("cannot be read: AWS_CA_BUNDLE names no file of certificates") from None

"""Object URLs: ``s3://bucket/photos/cat.jpg`` is the object ``photos/cat.jpg`` of a bucket.

Keys stand in them as they are, as on the command lines of the stores: nothing is percent-encoded, ``#`` and ``%`` are
characters like others. A URL says where an object is and never who may read it: credentials come from the environment.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from sonolux.errors import QueryError

SCHEMES = ("s3", "gs", "az")
STARTS = tuple(f"{scheme}://" for scheme in SCHEMES)

GIVEN = re.compile(r"(s3|gs|az)://", re.IGNORECASE)
COLLAPSED = re.compile(r"(s3|gs|az):/(?!/)", re.IGNORECASE)
"""What `pathlib` makes of a URL."""

BUCKET = re.compile(r"[A-Za-z0-9$][A-Za-z0-9._-]{0,254}")
SIGNED = re.compile(
    r"[?&](x-amz-[a-z-]+|x-goog-[a-z-]+|awsaccesskeyid|googleaccessid|signature|sig|\w*secret\w*|\w*token\w*)=",
    re.IGNORECASE,
)
"""Parts of a query string that let whoever has them read an object."""

LONGEST_KEY = 1024
"""Bytes of a key, as stores have it."""


@dataclass(frozen=True, slots=True)
class ObjectName:
    """A bucket, as a URL without a key, and the key of an object in it; "" for the bucket itself."""

    bucket: str
    key: str


def is_url(path: str) -> bool:
    """Tell whether a path is the URL of an object or of what lies beneath a prefix."""
    return path.startswith(STARTS)


def split_object_url(url: str) -> ObjectName:
    """Return the bucket and the key of a URL."""
    scheme, _, rest = url.partition("://")
    bucket, _, key = rest.partition("/")
    return ObjectName(f"{scheme}://{bucket}", key)


def join_url(bucket: str, key: str) -> str:
    """Return the URL of an object."""
    return f"{bucket}/{key}"


def looks_like_url(path: str) -> bool:
    """Tell whether somebody means a URL by what was given."""
    return GIVEN.match(path) is not None


def refuse_collapsed(path: os.PathLike[str]) -> None:
    """Raise QueryError for a `Path` that was made of a URL, which has lost one of its slashes."""
    text = os.fspath(path)
    if COLLAPSED.match(text) and not os.path.lexists(text):
        raise QueryError(f"{text} was a URL before it became a Path, which takes a slash from it: give it as text")


def checked_url(url: str) -> str:
    """Return a URL as items have it: the scheme in lower case, no slash at the end.

    Raises
    ------
    QueryError
        For one that holds a user, a password or a signature, which are not repeated; or that names no bucket.
    """
    scheme, _, rest = url.partition("://")
    scheme = scheme.lower()
    bucket, _, key = rest.partition("/")
    if "@" in bucket or ":" in bucket:
        raise QueryError(f"a {scheme}:// URL names no user and no password: credentials come from the environment")
    if SIGNED.search(rest):
        raise QueryError(f"a {scheme}:// URL with a signature is refused: name the object without what follows the ?")
    if not BUCKET.fullmatch(bucket):
        raise QueryError(f"{scheme}://{bucket[:80]!r} names no bucket: {scheme}://BUCKET or {scheme}://BUCKET/PREFIX")
    key = key.rstrip("/")
    try:
        length = len(key.encode())
    except UnicodeEncodeError:
        raise QueryError(f"keys in {scheme}://{bucket} are UTF-8, which {key[:80]!r} is not") from None
    if length > LONGEST_KEY:
        raise QueryError(f"a key has at most {LONGEST_KEY:,} bytes, this one {length:,}")
    return f"{scheme}://{bucket}/{key}" if key else f"{scheme}://{bucket}"


def folders_of(url: str) -> list[str]:
    """Return what is above an object: its bucket, then each prefix that ends at a slash.

    Examples
    --------
    >>> folders_of("s3://bucket/2019/trips/dog.jpg")
    ['s3://bucket', 's3://bucket/2019', 's3://bucket/2019/trips']
    """
    name = split_object_url(url)
    parts = name.key.split("/")[:-1]
    return [name.bucket, *("/".join((name.bucket, *parts[: count + 1])) for count in range(len(parts)))]


def lies_beneath(url: str, root: str) -> bool:
    """Tell whether a URL is another, or lies beneath it."""
    return url == root or url.startswith(f"{root}/")

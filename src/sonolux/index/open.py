"""Opening an index: a folder, or a collection on a Qdrant cluster, by the form of its name."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from sonolux.errors import LibraryError
from sonolux.extras import extras_named
from sonolux.index.base import Index


def open_index(location: str) -> Index:
    """Return the index at a location, not opened yet.

    Parameters
    ----------
    location
        A folder, or ``http://host:6333/name`` for the collection ``name`` of a Qdrant cluster
        (``https`` too; a path before the name is the cluster's prefix).

    Raises
    ------
    LibraryError
        Where a URL names no host or no collection, or carries a password.
    """
    if not location.strip():
        raise LibraryError("the name of a library is empty: give a folder or a URL")
    if "://" not in location:
        from sonolux.index.embedded import EmbeddedIndex

        return EmbeddedIndex(location)
    url, collection = split_url(location)
    with extras_named("a library on a cluster", LibraryError):
        from sonolux.index.remote import RemoteIndex
    return RemoteIndex(url, collection)


def split_url(location: str) -> tuple[str, str]:
    """Split ``http://host:6333/name`` into the cluster's URL and the collection's name."""
    example = "write http://host:6333/name"
    try:
        parts = urlsplit(location)
        port = parts.port
    except ValueError as error:
        raise LibraryError(f"{location} is no URL ({error}): {example}") from None
    if parts.scheme not in ("http", "https"):
        raise LibraryError(f"libraries are folders, http or https, not {parts.scheme}: {example}")
    if parts.username is not None or parts.password is not None:
        raise LibraryError("a URL is no place for a key: set SONOLUX_QDRANT_API_KEY")
    if not parts.hostname or parts.query or parts.fragment:
        raise LibraryError(f"{location} names no collection on a host: {example}")
    prefix, _, name = parts.path.strip("/").rpartition("/")
    if not name:
        raise LibraryError(f"{location} names no collection: {example}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    default = {"http": 6333, "https": 443}[parts.scheme]
    url = f"{parts.scheme}://{host}:{port or default}"
    return (f"{url}/{prefix}" if prefix else url), unquote(name)

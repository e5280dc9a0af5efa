"""Opening an index: a folder, or a collection on a Qdrant cluster, by the form of its name."""

from __future__ import annotations

from sonolux.errors import LibraryError
from sonolux.extras import extras_named
from sonolux.index.base import Index
from sonolux.index.names import split_url


def open_index(location: str, beside: str = "") -> Index:
    """Return the index at a location, not opened yet.

    Parameters
    ----------
    location
        A folder, or ``http://host:6333/name`` for the collection ``name`` of a Qdrant cluster, with several addresses
        of it ``http://a:6333,b:6333/name`` (``https`` too; a path before the name is the cluster's prefix).
    beside : str, optional
        On a cluster, what comes after the name of the collection, to open another of the same library: one that is
        made with as many copies.

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
    named = split_url(location)
    with extras_named("a library on a cluster", LibraryError):
        from sonolux.index.cluster.connection import ClusterConnection
        from sonolux.index.cluster.remote import RemoteIndex
    connection = ClusterConnection(named.urls)
    if not beside:
        return RemoteIndex(connection, named.collection, named.location)
    name, where = f"{named.collection}{beside}", f"{named.location}{beside}"
    # What lies beside a library has no keywords: how rare a hash of a sound is, each shard tells well enough.
    return RemoteIndex(connection, name, where, named.collection, exact_idf=False)

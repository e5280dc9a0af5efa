"""Names of libraries: a folder, or a collection on a cluster at one or several addresses.

``http://a:6333,b:6333/name`` is the collection ``name`` of a cluster that answers at both addresses; a path before the
name is the cluster's prefix.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from sonolux.errors import LibraryError

LOG = ".manifest"
"""After the name of a collection, that of the log of its manifest; see `sonolux.index.cluster.manifest_log`."""

LOG_NAME = re.compile(r"(?P<collection>.+)\.manifest(-[0-9a-f]{8})?")

EXAMPLE = "write http://host:6333/name"

PORTS = {"http": 6333, "https": 443}
"""Where a URL names none."""


class ClusterName(NamedTuple):
    """A collection on a cluster.

    Attributes
    ----------
    urls : tuple of str
        Of the cluster, one an address, with their ports and prefix.
    collection : str
    """

    urls: tuple[str, ...]
    collection: str

    @property
    def location(self) -> str:
        """The name as one URL."""
        first = urlsplit(self.urls[0])
        hosts = ",".join(urlsplit(url).netloc for url in self.urls)
        return f"{first.scheme}://{hosts}{first.path}/{quote(self.collection)}"


def split_url(location: str) -> ClusterName:
    """Return which collection of which cluster a URL names.

    Raises
    ------
    LibraryError
        Where it names no host or no collection, carries a password, or is where a library keeps its manifest.
    """
    scheme, _, rest = location.partition("://")
    hosts, _, path = rest.partition("/")
    bases, prefix, name = [], "", ""
    for host in hosts.split(","):
        base, prefix, name = _split_single(f"{scheme}://{host}/{path}", location)
        bases.append(base)
    named = ClusterName(tuple(f"{base}/{prefix}" if prefix else base for base in dict.fromkeys(bases)), name)
    if log := LOG_NAME.fullmatch(name):
        raise LibraryError(f"{name} is where the library {log['collection']} keeps its manifest: open that")
    return named


def _split_single(url: str, location: str) -> tuple[str, str, str]:
    """Return base, prefix and name of a URL with one address."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise LibraryError(f"{location} is no URL ({error}): {EXAMPLE}") from None
    if parts.scheme not in PORTS:
        raise LibraryError(f"libraries are folders, http or https, not {parts.scheme}: {EXAMPLE}")
    if parts.username is not None or parts.password is not None:
        raise LibraryError("a URL is no place for a key: set SONOLUX_QDRANT_API_KEY")
    if not parts.hostname or parts.query or parts.fragment:
        raise LibraryError(f"{location} names no collection on a host: {EXAMPLE}")
    prefix, _, name = parts.path.strip("/").rpartition("/")
    if not name:
        raise LibraryError(f"{location} names no collection: {EXAMPLE}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}:{port or PORTS[parts.scheme]}", prefix, unquote(name)

"""Node of a cluster: one address, the client that asks it, and the version that it must have."""

from __future__ import annotations

import ipaddress
import logging
import os
import re
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TypeAlias
from urllib.parse import urlsplit

from qdrant_client import QdrantClient
from qdrant_client.http.exceptions import ApiException, ResponseHandlingException, UnexpectedResponse

from sonolux.errors import LibraryError
from sonolux.index.cluster.failures import is_passing

logger = logging.getLogger(__name__)

KEY = "SONOLUX_QDRANT_API_KEY"

TIMEOUT = 60
"""Seconds that a request may take."""

PROBE = 2
"""Seconds in which a node says that it is there."""

OLDEST = (1, 18)
"""Version of Qdrant from which on all is there that is used here; another major version is not known."""

ClientMaker: TypeAlias = Callable[[str, int], QdrantClient]
"""Makes a client of an address whose requests may take so many seconds."""


def make_client(url: str, timeout: int) -> QdrantClient:
    """Return a client with the key of the environment; say so where the key can be read on its way."""
    key = os.environ.get(KEY) or None
    if key is not None and not _is_private(url):
        _warn_of_clear_key(url)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of the key, which is said above, and not of loopback
        return QdrantClient(url=url, api_key=key, timeout=timeout, check_compatibility=False)


class ClusterNode:
    """An address that is first asked when a call needs it.

    Parameters
    ----------
    url : str
    make : callable, optional
        As `make_client`.
    given : QdrantClient, optional
        A client that is there already, and the caller's to close.
    """

    def __init__(self, url: str, make: ClientMaker | None = None, given: QdrantClient | None = None) -> None:
        self.url = url
        self._make = make or make_client
        self._given = given
        self._opened: QdrantClient | None = None
        self._opening = threading.Lock()

    @property
    def met(self) -> bool:
        """Whether the node has said that it will do: what fails now may pass."""
        return self._given is not None or self._opened is not None

    def client(self) -> QdrantClient:
        """Return the client; the first time, see who answers.

        Raises
        ------
        LibraryError
            Where it is no Qdrant, or one of a version that will not do.
        """
        if self._given is not None:
            return self._given
        with self._opening:
            if self._opened is None:
                with self._probe() as probe:
                    _check_server(self.url, probe)
                self._opened = self._make(self.url, TIMEOUT)
            return self._opened

    def answers(self) -> bool:
        """Tell whether the node says within `PROBE` seconds that it is there."""
        try:
            with self._probe() as probe:
                probe.info()
        except UnexpectedResponse:
            return True
        except ApiException:
            return False
        return True

    def close(self) -> None:
        """Let go of the connection; a later call opens again."""
        client, self._opened = self._opened, None
        if client is not None:
            client.close()

    @contextmanager
    def _probe(self) -> Iterator[QdrantClient]:
        if self._given is not None:
            yield self._given
            return
        probe = self._make(self.url, PROBE)
        try:
            yield probe
        finally:
            probe.close()


def _check_server(url: str, client: QdrantClient) -> None:
    """Raise LibraryError for a server that is known not to do; where something stands before it, nothing is known."""
    try:
        told = client.info().version
    except UnexpectedResponse as error:
        if error.status_code == 404:
            return
        raise
    except (ResponseHandlingException, ValueError) as error:
        if is_passing(error):
            raise
        raise LibraryError(f"{url} is no Qdrant: it does not say its version") from error
    numbers = re.match(r"(\d+)\.(\d+)", told)
    if numbers is None:
        raise LibraryError(f"{url} is no Qdrant: it says that its version is {told!r}")
    version = (int(numbers[1]), int(numbers[2]))
    wanted = f"Sonolux wants {OLDEST[0]}.{OLDEST[1]} or a later {OLDEST[0]}"
    if version[0] != OLDEST[0]:
        raise LibraryError(f"{url} runs Qdrant {told}, another major version: {wanted}")
    if version < OLDEST:
        raise LibraryError(f"{url} runs Qdrant {told}, which is too old: {wanted}, so upgrade the cluster")


def _is_private(url: str) -> bool:
    """Tell whether what is sent there is encrypted, or never leaves this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https" or host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@lru_cache(maxsize=256)
def _warn_of_clear_key(url: str) -> None:
    """Say it once for each address."""
    logger.warning("%s: whoever listens can read %s, for it is sent unencrypted: use https", url, KEY)

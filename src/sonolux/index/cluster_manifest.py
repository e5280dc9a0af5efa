"""The manifest of an index on a cluster, which several processes change: read, changed, written, and read back.

It is one JSON text under the key ``sonolux`` of the collection's metadata: the cluster merges metadata key by key, so
that one key is replaced whole, and it has no compare-and-set. So each write leaves its name in the manifest, with those
of the writes before it that it has seen, and looks whether it is still there once others have had time to write. If
not, one of them had read before and written after it, and the change is made again upon what that one wrote. A read
waits until it sees what this process wrote last: a cluster shows metadata some milliseconds after the call that wrote
it has returned.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

from qdrant_client import QdrantClient

from sonolux.errors import LibraryError
from sonolux.index.manifest import IndexManifest

KEY = "sonolux"

REMEMBERED = 32
"""Names of writes that a manifest carries."""

VISIBLE = 2.0
"""Seconds until a write is seen by whoever wrote it, at most."""

SETTLED = 0.05
"""Seconds after which whoever had read before a write has written what becomes of it."""

PAUSE = 0.005
"""Seconds between two looks."""

TRIES = 10


class ClusterManifest:
    """The manifest in a collection's metadata.

    Parameters
    ----------
    location : str
        Of the library, for messages.
    collection : str
    connected : callable
        Gives the client within a block, and turns what it raises there into `LibraryError`.
    """

    def __init__(
        self, location: str, collection: str, connected: Callable[[], AbstractContextManager[QdrantClient]]
    ) -> None:
        self._location = location
        self._collection = collection
        self._connected = connected
        self._updating = threading.Lock()
        self._own = ""

    def read(self) -> IndexManifest:
        """Return the manifest, with what this process wrote last unless others have replaced it since.

        Raises
        ------
        LibraryError
            Where the collection is not there, is no library, or its manifest is damaged.
        """
        own = self._own
        end = time.monotonic() + VISIBLE
        while True:
            manifest = self._look()
            if not own or own in manifest.revisions or time.monotonic() > end:
                break
            time.sleep(PAUSE)
        if own == self._own and own not in manifest.revisions:
            self._own = ""  # forgotten among later writes, or lost: no read waits for it again
        return manifest

    def update(self, change: Callable[[IndexManifest], IndexManifest]) -> IndexManifest:
        """Change the manifest upon what is stored now; return what is stored then.

        Parameters
        ----------
        change : callable
            Without other effects: it is called again where another process wrote meanwhile.

        Raises
        ------
        LibraryError
            Where others write all the time.
        """
        names: set[str] = set()
        with self._updating:
            for _ in range(TRIES):
                before = self.read()
                if not names.isdisjoint(before.revisions):
                    return before
                wanted = change(before)
                if wanted == before:
                    return before
                name = uuid.uuid4().hex[:12]
                names.add(name)
                written = replace(wanted, revisions=(*before.revisions, name)[-REMEMBERED:])
                self._write(written)
                if self._stands(name):
                    return written
        raise LibraryError(f"{self._location} is written by others all the time: try again")

    def _stands(self, name: str) -> bool:
        """Tell whether a write is there, and still is after others that had read before it have written."""
        self._own = name
        end = time.monotonic() + VISIBLE
        while name not in self._look().revisions:
            if time.monotonic() > end:
                return False
            time.sleep(PAUSE)
        time.sleep(SETTLED)
        return name in self._look().revisions

    def _look(self) -> IndexManifest:
        with self._connected() as client:
            metadata = client.get_collection(self._collection).config.metadata or {}
        text = metadata.get(KEY)
        if not isinstance(text, str):
            raise LibraryError(f"the collection {self._location} is no library of Sonolux")
        try:
            return IndexManifest.from_json(text)
        except ValueError as error:
            raise LibraryError(f"the manifest of {self._location} is damaged ({error})") from error

    def _write(self, manifest: IndexManifest) -> None:
        with self._connected() as client:
            client.update_collection(self._collection, metadata={KEY: manifest.to_json()})

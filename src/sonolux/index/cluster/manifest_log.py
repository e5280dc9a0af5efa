"""Manifest of an index on a cluster: a log of its versions, which several processes append to by compare-and-set.

The log is a small collection beside the index's: one shard, with a copy on every node. A version is a point whose id
is the number of the version, and it is written only where there is none of that number (insert-only), by way of the one
node that leads (ordering medium), then read back from most nodes (quorum). Whoever finds another's version in that
place applies its change again upon that. A version carries the names of the last writes it stands upon, so a writer
sees whether its own is among them, whatever was asked twice or answered late. Old versions are removed.

Formats
-------
1. The manifest was one JSON text under the key ``sonolux`` of the collection's metadata, read, changed and written
   whole. Metadata is seen late, so of two changes one could be lost.
2. What is under that key names the log, and holds the manifest with which it began. An index of format 1 becomes one
   of format 2 when it is first written to; what reads format 1 alone refuses it from then on.
3. Spaces may be counted: their points hold their terms in their payload too, see `sonolux.index.cluster.rarity`. What
   reads format 2 alone would write points without, so it refuses an index from its first counted space on. An index
   that has none stays of format 2, with its sparse spaces as they are.
"""

from __future__ import annotations

import json
import random
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import ApiException

from sonolux.errors import LibraryError
from sonolux.index.cluster.connection import READING, WRITING, ClusterConnection
from sonolux.index.cluster.failures import SilentClusterError, is_missing
from sonolux.index.cluster.state import count_nodes
from sonolux.index.manifest import IndexManifest
from sonolux.index.names import LOG, LOG_NAME

KEY = "sonolux"

FORMAT = 3

UNCOUNTED = 2
"""Format of an index without a counted space."""

KEPT = 16
"""Versions of a manifest that are kept."""

REMEMBERED = 64
"""Names of writes that a version carries: more than versions are kept, so that nobody counts a lost one as written."""

VISIBLE = 2.0
"""Seconds until the metadata of a new collection is seen, at most."""

PAUSE = 0.005
"""Seconds between two looks, and between two tries to write, up to that many times the number of tries."""

QUORUM_SECONDS = 2.0
"""Seconds for which most nodes are asked, before any will do for a reader."""

WITHOUT_QUORUM = 30.0
"""Seconds for which any node will do after most of them did not answer."""


@dataclass(frozen=True, slots=True)
class LogBeginning:
    """What the metadata of a collection says of its log.

    Attributes
    ----------
    log : str
        Name of the collection that holds the log.
    manifest : IndexManifest
        With which it begins.
    former : bool
        Whether the metadata is of format 1: the log is to be begun.
    """

    log: str
    manifest: IndexManifest
    former: bool = False

    def to_json(self) -> str:
        """Return it as the text that metadata holds."""
        manifest = json.loads(self.manifest.to_json())
        return json.dumps({"format": format_of(self.manifest), "log": self.log, "manifest": manifest}, indent=1)

    @classmethod
    def from_json(cls, text: str, collection: str) -> LogBeginning:
        """Read what metadata holds, of this format or the one before; raise ValueError with the reason where it fails.

        Raises
        ------
        LibraryError
            Where it is of a newer format.
        """
        data = json.loads(text)
        if not isinstance(data, dict):
            raise ValueError("not a manifest of an index")
        version = int(data.get("format", 1))
        if version > FORMAT:
            raise LibraryError(f"{collection} was written by a newer Sonolux (format {version}): upgrade to open it")
        for number in range(version, FORMAT):
            data = MIGRATIONS[number](data, collection)
        if not isinstance(data.get("log"), str):
            raise ValueError("it names no log")
        return cls(data["log"], IndexManifest.from_json(json.dumps(data.get("manifest"))), version == 1)


def begin_log(data: dict[str, Any], collection: str) -> dict[str, Any]:
    """Turn format 1 into 2: the log begins with what is there, under a name on which all who begin it agree."""
    return {"format": 2, "log": f"{collection}{LOG}", "manifest": data}


def count_nothing(data: dict[str, Any], _: str) -> dict[str, Any]:
    """Turn format 2 into 3: no space that is there is counted, for its points do not hold their terms."""
    return {**data, "format": 3}


def format_of(manifest: IndexManifest) -> int:
    """Return the format of an index, the lowest that says all of it."""
    return FORMAT if manifest.counted else UNCOUNTED


MIGRATIONS: dict[int, Callable[[dict[str, Any], str], dict[str, Any]]] = {1: begin_log, 2: count_nothing}
"""By format, what turns metadata of it into metadata of the next."""


class ManifestLog:
    """The manifest of one collection.

    Parameters
    ----------
    location : str
        Of the library, for messages.
    collection : str
    connection : ClusterConnection
    """

    def __init__(self, location: str, collection: str, connection: ClusterConnection) -> None:
        self._location = location
        self._collection = collection
        self._connection = connection
        self._updating = threading.Lock()
        self._log = ""
        self._any_node_until = 0.0

    def new_beginning(self, manifest: IndexManifest) -> LogBeginning:
        """Return the beginning of a new log, of a name that no library had before: a former one's may be left."""
        return LogBeginning(f"{self._collection}{LOG}-{uuid.uuid4().hex[:8]}", manifest)

    def start(self, log: str) -> None:
        """Make the log of a collection that was just made, and remove what former ones of its name have left."""
        self._log = log
        self.create(log)
        for name in self._ask(lambda client: [held.name for held in client.get_collections().collections]):
            left = LOG_NAME.fullmatch(name)
            if left and left["collection"] == self._collection and name != log:
                self._ask(lambda client, name=name: client.delete_collection(name), WRITING)

    def create(self, log: str) -> None:
        """Make the collection of a log, where nobody has made it meanwhile."""
        nodes = self._ask(count_nodes)

        def make(client: QdrantClient) -> None:
            if not client.collection_exists(log):
                client.create_collection(log, vectors_config={}, shard_number=1, replication_factor=nodes)

        try:
            self._ask(make, WRITING)
        except SilentClusterError:
            raise
        except LibraryError:
            if not self._ask(lambda client: client.collection_exists(log)):
                raise

    def beginning(self) -> LogBeginning:
        """Return what the metadata says, once it is to be seen.

        Raises
        ------
        LibraryError
            Where the collection is not there, is no library, or its metadata is damaged or newer.
        """
        end = time.monotonic() + VISIBLE
        while True:
            metadata = self._ask(lambda client: client.get_collection(self._collection).config.metadata) or {}
            text = metadata.get(KEY)
            if isinstance(text, str):
                break
            if time.monotonic() > end:
                raise LibraryError(f"the collection {self._location} is no library of Sonolux")
            time.sleep(PAUSE)
        try:
            return LogBeginning.from_json(text, self._collection)
        except (ValueError, TypeError) as error:
            raise LibraryError(f"the manifest of {self._location} is damaged ({error})") from error

    def read(self) -> IndexManifest:
        """Return the manifest: its newest version, or where most nodes are away, what those that are there know.

        Raises
        ------
        LibraryError
            Where the collection is not there, is no library, or its manifest is damaged.
        """
        if time.monotonic() > self._any_node_until:
            try:
                return self._state(models.ReadConsistencyType.QUORUM, QUORUM_SECONDS)[1]
            except SilentClusterError:
                self._any_node_until = time.monotonic() + WITHOUT_QUORUM
        return self._state(None, READING)[1]

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
        own: set[str] = set()
        with self._updating:
            end = time.monotonic() + WRITING
            while time.monotonic() < end:
                ids, before = self._state(models.ReadConsistencyType.QUORUM, WRITING)
                if not own.isdisjoint(before.revisions):
                    return before
                wanted = change(before)
                if wanted == before:
                    return before
                name = uuid.uuid4().hex[:12]
                time.sleep(random.uniform(0, PAUSE * len(own)))
                own.add(name)
                self._append(ids, replace(wanted, revisions=(*before.revisions, name)[-REMEMBERED:]))
        raise LibraryError(f"{self._location} is written by others all the time: try again")

    def _state(self, consistency: models.ReadConsistencyType | None, seconds: float) -> tuple[list[int], IndexManifest]:
        """Return the numbers of the versions there are, and the manifest; none where the log is to be begun."""
        while True:
            ids = self._numbers(self._log, consistency, seconds) if self._log else []
            if not ids:
                start = self.beginning()
                self._log = start.log
                ids = self._numbers(start.log, consistency, seconds)
                if not ids:
                    return [], start.manifest
            manifest = self._version(max(ids), consistency, seconds)
            if manifest is not None:
                return ids, manifest

    def _numbers(self, log: str, consistency: models.ReadConsistencyType | None, seconds: float) -> list[int]:
        """Return the numbers of the versions in a log, none where there is no such log."""

        def ids(client: QdrantClient) -> list[int]:
            try:
                page, _ = client.scroll(log, limit=1000, with_payload=False, consistency=consistency)
            except (ApiException, ValueError) as error:
                if is_missing(error):
                    return []
                raise
            return [int(found.id) for found in page]

        found: list[int] = self._ask(ids, seconds)
        return found

    def _version(
        self, number: int, consistency: models.ReadConsistencyType | None, seconds: float
    ) -> IndexManifest | None:
        """Return a version, None where it was removed meanwhile, for so many came after it."""
        log = self._log
        found = self._ask(lambda client: client.retrieve(log, [number], consistency=consistency), seconds)
        if not found:
            return None
        payload = found[0].payload or {}
        if int(payload.get("format", FORMAT)) > FORMAT:
            raise LibraryError(f"{self._location} was written by a newer Sonolux: upgrade to open it")
        try:
            return IndexManifest.from_json(payload.get("manifest") or "")
        except ValueError as error:
            raise LibraryError(f"the manifest of {self._location} is damaged ({error})") from error

    def _append(self, ids: list[int], manifest: IndexManifest) -> None:
        """Write the version after those there are, unless somebody else has; begin the log where there is none."""
        log, number = self._log, max(ids, default=0) + 1
        old = [former for former in ids if former <= number - KEPT]
        if not ids:
            self._begin()
        if old:
            # Before the write: what fails after it would tell of a failure where there is none.
            gone = models.PointIdsList(points=[*old])
            self._ask(lambda client: client.delete(log, gone, ordering=models.WriteOrdering.MEDIUM), WRITING)
        row = models.PointStruct(
            id=number, vector={}, payload={"format": format_of(manifest), "manifest": manifest.to_json()}
        )
        self._ask(
            lambda client: client.upsert(
                log,
                [row],
                ordering=models.WriteOrdering.MEDIUM,
                update_mode=models.UpdateMode.INSERT_ONLY,
            ),
            WRITING,
        )

    def _begin(self) -> None:
        """Make the log, which its beginning names; have metadata of format 1 name it too, for all to see."""
        start = self.beginning()
        self.create(start.log)
        if start.former:
            said = {KEY: start.to_json()}
            self._ask(lambda client: client.update_collection(self._collection, metadata=said), WRITING)

    def _ask(self, question: Callable[..., Any], seconds: float = READING) -> Any:
        return self._connection.ask(question, self._location, seconds)

"""The folder of an embedded library: made, opened by one process at a time, kept from filling its disk.

===============  ===================================================================================
shard/           the engine's files, its write-ahead log among them; there is a library where this is
sonolux.json     see `sonolux.index.manifest`; absent until the library is first opened
feedback.sqlite  see `sonolux.index.feedback`; absent until something is judged
fingerprints/    see `sonolux.fingerprints.catalog`; absent until a recording is indexed
holder.json      see `sonolux.index.lock_note`
creating-*/      a shard being made, or left by a creation that was cut short
===============  ===================================================================================
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import qdrant_edge as qe

from sonolux.errors import LibraryBusyError, LibraryError
from sonolux.index.lock_note import read_note, write_note
from sonolux.index.manifest import IndexManifest, write_atomically
from sonolux.index.qdrant_edge import configure, engine, forget_vectors, make_shard
from sonolux.index.segments import SEGMENTS
from sonolux.settings import settings


class LibraryFolder:
    """Files of an embedded library; see the module for their names."""

    def __init__(self, location: str) -> None:
        self.location = location
        self._folder = Path(location).expanduser()
        self._shard = self._folder / "shard"
        self._record = self._folder / "sonolux.json"
        self._holder = self._folder / "holder.json"

    def exists(self) -> bool:
        """Tell whether there is a library in the folder."""
        return self._shard.is_dir()

    def create(self) -> None:
        """Make an empty shard; the folder must be absent or empty."""
        self._refuse_occupied()
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self.refuse_full_disk()
            # Made aside and renamed: a crash leaves no half of a shard, and of two creators one wins.
            aside = Path(tempfile.mkdtemp(prefix="creating-", dir=self._folder))
            with engine(self.location, "cannot be made"):
                make_shard(aside)
            aside.rename(self._shard)
        except OSError as error:
            raise LibraryError(f"cannot make a library at {self.location}: {error}") from error

    def load(self, segments: int = SEGMENTS) -> tuple[qe.EdgeShard, IndexManifest]:
        """Open the shard and read the record; this process holds the library from here on.

        Parameters
        ----------
        segments : int
            How many segments are to be kept, where there are more.
        """
        if not self.exists():
            raise LibraryError(f"{self.location} {self._what_is_there()}")
        with engine(self.location, "cannot be opened"):
            configure(self._shard, segments)
            shard = self._locked_shard()
            try:
                record = self._read_record(empty=shard.info().points_count == 0)
            except BaseException:
                shard.close()
                raise
        for leftover in self._folder.glob("creating-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        write_note(self._holder)
        return shard, record

    def release(self, shard: qe.EdgeShard) -> None:
        """Write everything to the disk and let another process have the library."""
        self._holder.unlink(missing_ok=True)
        with engine(self.location, "cannot be closed"):
            shard.close()

    def write_record(self, record: IndexManifest) -> None:
        """Replace ``sonolux.json`` atomically."""
        text = record.to_json()
        self.refuse_full_disk()
        try:
            write_atomically(self._record, text)
        except OSError as error:
            raise LibraryError(f"cannot write {self._record}: {error}") from error

    def size(self) -> int:
        """Return the bytes that the shard takes on the disk (files have holes)."""
        return sum(512 * file.stat().st_blocks for file in self._shard.rglob("*"))

    def refuse_full_disk(self, spare: int = 0) -> None:
        """Leave room: the engine maps its files into memory, and a full disk would kill it by SIGBUS."""
        free, wanted = self._free(), settings().min_free + spare
        if free < wanted:
            raise LibraryError(
                f"the disk of {self.location} is nearly full: {free // 2**20} MiB are free,"
                f" {wanted // 2**20} MiB must be"
            )

    def has_room_for_a_copy(self) -> bool:
        """Tell whether the disk takes all files of the shard once more."""
        return self._free() >= settings().min_free + self.size()

    def _free(self) -> int:
        return shutil.disk_usage(self._folder).free

    def _locked_shard(self) -> qe.EdgeShard:
        try:
            return qe.EdgeShard.load(str(self._shard))
        except Exception as error:
            if "WouldBlock" in str(error):
                raise LibraryBusyError(
                    f"{self.location} is in use by {read_note(self._holder)}: wait until it ends, or end it"
                ) from error
            if "incompatible with existing segments" not in str(error):
                raise
        # Killed between the segments and the configuration, while a space came or went.
        forget_vectors(self._shard)
        return qe.EdgeShard.load(str(self._shard))

    def _read_record(self, empty: bool) -> IndexManifest:
        try:
            return IndexManifest.from_json(self._record.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            if empty:  # It is new: from now on a record that is missing has been lost.
                self.write_record(IndexManifest())
                return IndexManifest()
            reason: Exception = error
        except (OSError, ValueError) as error:
            reason = error
        raise LibraryError(
            f"{self._record} is lost or damaged ({reason}): bring it back from a copy,"
            " or add the files to a new library"
        ) from reason

    def _what_is_there(self) -> str:
        if not self._folder.exists():
            return "does not exist"
        if not self._folder.is_dir():
            return "is a file: a library is a folder"
        if self._record.exists():
            return "has lost its shard folder: bring it back from a copy, or make a new library"
        return "is a folder, but no library"

    def _refuse_occupied(self) -> None:
        if self.exists():
            raise LibraryError(f"there is a library at {self.location} already")
        if not self._folder.exists():
            return
        if not self._folder.is_dir() or self._record.exists():
            raise LibraryError(f"{self.location} {self._what_is_there()}")
        if any(not entry.name.startswith("creating-") for entry in self._folder.iterdir()):
            raise LibraryError(f"{self.location} holds other files: a library wants its own folder")

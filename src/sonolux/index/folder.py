"""The folder of an embedded library: made, opened by one process at a time, kept from filling its disk.

===============  ===================================================================================
shard/           the engine's files, its write-ahead log among them; there is a library where this is
sonolux.json     see `sonolux.index.manifest`; absent until the library is first opened
feedback.sqlite  see `sonolux.index.feedback`; absent until something is judged
fingerprints/    see `sonolux.fingerprints.catalog`; absent until a recording is indexed
lock             locked by the process that has the library open
holder.json      who that is, see `sonolux.index.holder_note`
creating-*/      a shard being made, or left by a creation that was cut short
===============  ===================================================================================

The engine locks its shard too, but lets go of it whenever the shard is opened afresh; our own lock is held meanwhile,
so that no other process comes in between.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import qdrant_edge as qe

from sonolux.errors import LibraryBusyError, LibraryError
from sonolux.index.files import ProcessLock, write_atomically
from sonolux.index.holder_note import read_note, write_note
from sonolux.index.manifest import IndexManifest
from sonolux.index.qdrant_edge import configure, engine, forget_vectors, make_shard
from sonolux.index.segments import SEGMENTS
from sonolux.settings import settings


class LibraryFolder:
    """Files of an embedded library; see the module for their names."""

    def __init__(self, location: str) -> None:
        self.location = location
        self._folder = Path(location).expanduser()
        self._shard = self._folder / "shard"
        self._manifest = self._folder / "sonolux.json"
        self._holder = self._folder / "holder.json"
        self._lock = ProcessLock(self._folder / "lock")

    def exists(self) -> bool:
        """Tell whether there is a library in the folder."""
        return self._shard.is_dir()

    def create(self) -> None:
        """Make an empty shard; the folder must be absent or empty."""
        self._refuse_occupied()
        aside = None
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self.refuse_full_disk()
            # Made aside and renamed: a crash leaves no half of a shard, and of two creators one wins.
            aside = Path(tempfile.mkdtemp(prefix="creating-", dir=self._folder))
            with engine(self.location, "cannot be made"):
                make_shard(aside)
            aside.rename(self._shard)
        except (OSError, LibraryError) as error:
            if self.exists():  # another creator was faster, and may have swept this one's shard away
                if aside is not None:
                    shutil.rmtree(aside, ignore_errors=True)
                raise LibraryError(f"there is a library at {self.location} already") from error
            if isinstance(error, LibraryError):
                raise
            raise LibraryError(f"cannot make a library at {self.location}: {error}") from error

    def take(self) -> None:
        """Hold the library, so that no other process opens it until `let_go`.

        Raises
        ------
        LibraryBusyError
            Where another process has it, or another object of this one.
        LibraryError
            Where there is no library.
        """
        if not self.exists():
            raise LibraryError(f"{self.location} {self._what_is_there()}")
        try:
            taken = self._lock.take()
        except OSError as error:
            raise LibraryError(f"{self.location} cannot be opened: {error}") from error
        if not taken:
            raise self._busy()

    def let_go(self) -> None:
        """Let another process have the library."""
        self._lock.let_go()

    def load(self, segments: int = SEGMENTS) -> tuple[qe.EdgeShard, IndexManifest]:
        """Open the shard and read the manifest, once the library is held.

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
                manifest = self._read_or_begin(empty=shard.info().points_count == 0)
            except BaseException:
                shard.close()
                raise
        for leftover in self._folder.glob("creating-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        write_note(self._holder)
        return shard, manifest

    def release(self, shard: qe.EdgeShard) -> None:
        """Write everything to the disk and close the shard."""
        self._holder.unlink(missing_ok=True)
        with engine(self.location, "cannot be closed"):
            shard.close()

    def read_manifest(self) -> IndexManifest:
        """Read ``sonolux.json``."""
        try:
            return IndexManifest.from_json(self._manifest.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise self._lost_manifest(error) from error

    def write_manifest(self, manifest: IndexManifest) -> None:
        """Replace ``sonolux.json`` atomically."""
        text = manifest.to_json()
        self.refuse_full_disk()
        try:
            write_atomically(self._manifest, text)
        except OSError as error:
            raise LibraryError(f"cannot write {self._manifest}: {error}") from error

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
            if "WouldBlock" in str(error):  # an older Sonolux, which knows the engine's lock alone
                raise self._busy() from error
            if "incompatible with existing segments" not in str(error):
                raise
        # Killed between the segments and the configuration, while a space came or went.
        forget_vectors(self._shard)
        return qe.EdgeShard.load(str(self._shard))

    def _busy(self) -> LibraryBusyError:
        return LibraryBusyError(
            f"{self.location} is in use by {read_note(self._holder)}: wait until it ends, or end it"
        )

    def _read_or_begin(self, empty: bool) -> IndexManifest:
        """Read the manifest; write that of a new library: from then on one that is missing has been lost."""
        if self._manifest.exists() or not empty:
            return self.read_manifest()
        self.write_manifest(IndexManifest())
        return IndexManifest()

    def _lost_manifest(self, reason: Exception) -> LibraryError:
        return LibraryError(
            f"{self._manifest} is lost or damaged ({reason}): bring it back from a copy,"
            " or add the files to a new library"
        )

    def _what_is_there(self) -> str:
        if not self._folder.exists():
            return "does not exist"
        if not self._folder.is_dir():
            return "is a file: a library is a folder"
        if self._manifest.exists():
            return "has lost its shard folder: bring it back from a copy, or make a new library"
        return "is a folder, but no library"

    def _refuse_occupied(self) -> None:
        if self.exists():
            raise LibraryError(f"there is a library at {self.location} already")
        if not self._folder.exists():
            return
        if not self._folder.is_dir() or self._manifest.exists():
            raise LibraryError(f"{self.location} {self._what_is_there()}")
        if any(not entry.name.startswith("creating-") for entry in self._folder.iterdir()):
            raise LibraryError(f"{self.location} holds other files: a library wants its own folder")

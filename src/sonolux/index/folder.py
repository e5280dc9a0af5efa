"""The folder of an embedded library: made, opened by one process at a time, kept from filling its disk.

===============  ===================================================================================
shard/           the engine's files, its write-ahead log among them; there is a library where this is
sonolux.json     see `sonolux.index.manifest`; absent until the library is first opened
feedback.sqlite  see `sonolux.index.feedback`; absent until something is judged
fingerprints/    see `sonolux.fingerprints.catalog`; absent until a recording is indexed
lock             locked by the process that has the library open
holder.json      who that is, see `sonolux.holder_note`
service/         see `sonolux.server.state`; absent until the library is first served
creating-*/      a shard being made, or left by a creation that was cut short
===============  ===================================================================================

The engine locks its shard too, but lets go of it whenever the shard is opened afresh; our own lock is held meanwhile,
so that no other process comes in between. A folder that cannot be written is opened by any number of processes, to be
read as it is at that moment (`sonolux.index.read_only`).
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import qdrant_edge as qe

from sonolux.errors import LibraryBusyError, LibraryError
from sonolux.holder_note import FILE as HOLDER
from sonolux.holder_note import read_note, write_note
from sonolux.index.files import write_atomically
from sonolux.index.manifest import IndexManifest
from sonolux.index.qdrant_edge import configure, engine, forget_vectors, make_shard
from sonolux.index.read_only import UNWRITABLE, held_shared, shadow
from sonolux.index.segments import SEGMENTS
from sonolux.settings import settings

if TYPE_CHECKING:
    from tempfile import TemporaryDirectory

    from filelock import BaseFileLock


class LibraryFolder:
    """Files of an embedded library; see the module for their names."""

    def __init__(self, location: str) -> None:
        self.location = location
        self._folder = Path(location).expanduser()
        self.shard = self._folder / "shard"
        self._manifest = self._folder / "sonolux.json"
        self._holder = self._folder / HOLDER
        self._lock: BaseFileLock | None = None
        """Held while the library is open; it is let go when its process ends, however it ends."""
        self._shadow: TemporaryDirectory[str] | None = None
        """What is open in place of a shard that cannot be written."""

    def create(self) -> None:
        """Make an empty shard; the folder must be absent or empty."""
        self._refuse_occupied()
        aside = None
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self.refuse_writing()
            # Made aside and renamed: a crash leaves no half of a shard, and of two creators one wins.
            aside = Path(tempfile.mkdtemp(prefix="creating-", dir=self._folder))
            with engine(self.location, "cannot be made"):
                make_shard(aside)
            aside.rename(self.shard)
        except (OSError, LibraryError) as error:
            if self.shard.is_dir():  # another creator was faster, and may have swept this one's shard away
                if aside is not None:
                    shutil.rmtree(aside, ignore_errors=True)
                raise LibraryError(f"there is a library at {self.location} already") from error
            if isinstance(error, LibraryError):
                raise
            raise LibraryError(f"cannot make a library at {self.location}: {error}") from error

    def hold(self) -> None:
        """Have no other process open the library until `let_go`.

        Raises
        ------
        LibraryBusyError
            Where another process has it, or another object of this one.
        LibraryError
            Where there is no library.
        """
        if not self.shard.is_dir():
            raise LibraryError(f"{self.location} {self._what_is_there()}")
        if self._lock is not None or self._shadow is not None:
            return
        from filelock import FileLock, Timeout

        lock = FileLock(self._folder / "lock", timeout=0, thread_local=False)
        try:
            lock.acquire()
        except Timeout:
            raise self._busy() from None
        except OSError as error:
            if error.errno not in UNWRITABLE:
                raise LibraryError(f"{self.location} cannot be opened: {error}") from error
            self._shadow = self._copied_aside()
        else:
            self._lock = lock

    def let_go(self) -> None:
        """Let another process have the library."""
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.release()
        aside, self._shadow = self._shadow, None
        if aside is not None:
            aside.cleanup()

    def load(self, segments: int = SEGMENTS) -> tuple[qe.EdgeShard, IndexManifest]:
        """Hold the library, open the shard and read the manifest; let go of it again where that fails.

        Parameters
        ----------
        segments : int
            How many segments are to be kept, where there are more.
        """
        self.hold()
        try:
            with engine(self.location, "cannot be opened"):
                configure(self._opened, segments)
                shard = self._locked_shard()
            try:
                # Written at once for a new library: from then on one that is missing has been lost.
                begun = self._manifest.exists() or shard.info().points_count > 0
                manifest = self.read_manifest() if begun else self.write_manifest(IndexManifest(rewritten=False))
            except BaseException:
                shard.close()
                raise
            if self._shadow is None:
                for leftover in self._folder.glob("creating-*"):
                    shutil.rmtree(leftover, ignore_errors=True)
                write_note(self._holder)
        except BaseException:
            self.let_go()
            raise
        return shard, manifest

    def release(self, shard: qe.EdgeShard) -> None:
        """Write everything to the disk and close the shard; the library is still held.

        The note goes last: closing takes seconds, in which somebody who waits reads that the holder is about to end.
        """
        with engine(self.location, "cannot be closed"):
            shard.close()
        if self._shadow is None:
            self._holder.unlink(missing_ok=True)

    def read_manifest(self) -> IndexManifest:
        """Read ``sonolux.json``."""
        try:
            return IndexManifest.from_json(self._manifest.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise self._lost_manifest(error) from error

    def write_manifest(self, manifest: IndexManifest) -> IndexManifest:
        """Replace ``sonolux.json`` atomically; return what it says now."""
        text = manifest.to_json()
        self.refuse_writing()
        try:
            write_atomically(self._manifest, text)
        except OSError as error:
            raise LibraryError(f"cannot write {self._manifest}: {error}") from error
        return manifest

    def size(self) -> int:
        """Return the bytes that the shard takes on the disk (files have holes)."""
        return sum(512 * file.stat().st_blocks for file in self.shard.rglob("*"))

    def refuse_writing(self, spare: int = 0) -> None:
        """Raise `LibraryError` where the library is read-only, or its disk nearly full.

        The engine maps its files into memory: a full disk would kill it by SIGBUS.
        """
        if self._shadow is not None:
            raise LibraryError(
                f"{self.location} can be searched, but not written: its disk or folder is read-only for this user"
            )
        free, wanted = shutil.disk_usage(self._folder).free, settings().min_free + spare
        if free < wanted:
            raise LibraryError(
                f"the disk of {self.location} is nearly full: {free // 2**20} MiB are free,"
                f" {wanted // 2**20} MiB must be"
            )

    @property
    def read_only(self) -> bool:
        """Whether the library takes no writes, for its disk or folder takes none."""
        return self._shadow is not None

    def has_room_for_a_copy(self) -> bool:
        """Tell whether the disk takes all files of the shard once more."""
        return shutil.disk_usage(self._folder).free >= settings().min_free + self.size()

    @property
    def _opened(self) -> Path:
        """What the engine opens."""
        return self.shard if self._shadow is None else Path(self._shadow.name)

    def _copied_aside(self) -> TemporaryDirectory[str]:
        try:
            with held_shared(self._folder / "lock"):
                return shadow(self.shard, self.location)
        except BlockingIOError:
            raise self._busy() from None

    def _locked_shard(self) -> qe.EdgeShard:
        try:
            return qe.EdgeShard.load(str(self._opened))
        except Exception as error:
            if "WouldBlock" in str(error):  # an older Sonolux, which knows the engine's lock alone
                raise self._busy() from error
            if "incompatible with existing segments" not in str(error):
                raise
        # Killed between the segments and the configuration, while a space came or went.
        forget_vectors(self._opened)
        return qe.EdgeShard.load(str(self._opened))

    def _busy(self) -> LibraryBusyError:
        return LibraryBusyError(
            f"{self.location} is in use by {read_note(self._holder)}: wait until it ends, or end it"
        )

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
        if self.shard.is_dir():
            raise LibraryError(f"there is a library at {self.location} already")
        if not self._folder.exists():
            return
        if not self._folder.is_dir() or self._manifest.exists():
            raise LibraryError(f"{self.location} {self._what_is_there()}")
        if any(not entry.name.startswith("creating-") for entry in self._folder.iterdir()):
            raise LibraryError(f"{self.location} holds other files: a library wants its own folder")

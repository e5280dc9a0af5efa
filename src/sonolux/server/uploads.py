"""Uploads: raw bodies streamed to disk, counted as they come, typed by what they hold, kept for a while.

An upload is answered once it is on the disk under its id, and found again by any page until it expires. What was cut
off leaves nothing behind.
"""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import asdict, astuple, dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from anyio import CapacityLimiter, to_thread
from starlette.concurrency import run_in_threadpool

from sonolux.errors import MediaError
from sonolux.index.files import sync_folder
from sonolux.media.images.thumbnail import read_views
from sonolux.media.options import ReadOptions
from sonolux.media.segment import Probe
from sonolux.media.workers.isolated import IsolatedDecoder
from sonolux.server.configuration import Limits
from sonolux.server.media.types import HEAD, media_type_of
from sonolux.server.problems import ProblemError
from sonolux.server.state import ServiceState
from sonolux.settings import settings

PART = ".part"
"""Ending of what is still coming."""

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""Of a disk, a quota of the system, a limit on files: whatever it is, nothing more can be written."""

STEPS = (
    "CREATE TABLE uploads (id TEXT PRIMARY KEY, name TEXT NOT NULL, modality TEXT NOT NULL, type TEXT NOT NULL,"
    " bytes INTEGER NOT NULL, created REAL NOT NULL, used REAL NOT NULL) WITHOUT ROWID",
)
"""That make the table."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One upload.

    Attributes
    ----------
    id : str
        UUID, chosen by the client.
    name : str
        What the client calls it; no path is ever made of it.
    modality, type : str
        What it holds, and its media type, by its content.
    bytes : int
    created, used : float
        Seconds since 1970.
    """

    id: str
    name: str
    modality: str
    type: str
    bytes: int
    created: float
    used: float


class UploadFolder:
    """The uploads of a service.

    Parameters
    ----------
    state : ServiceState
        In whose folder of uploads each is a file that is named by its id.
    limits : Limits
    decoders : CapacityLimiter, optional
        For threads that wait for decoding processes, so that others stay free; by default those of all work.
    """

    def __init__(self, state: ServiceState, limits: Limits, decoders: CapacityLimiter | None = None) -> None:
        self.state = state
        self.decoders = decoders
        self.folder = state.uploads
        self.limits = limits
        self._coming: dict[str, int] = {}
        for left in self.folder.glob(f"*{PART}"):
            left.unlink()
        state.prepare("uploads", STEPS)
        self.remove_expired()

    # -- writing ------------------------------------------------------------------------------------------------

    async def receive(self, id_: UUID, name: str, length: int | None, body: AsyncIterator[bytes]) -> Upload:
        """Stream a body to disk, and keep it.

        Parameters
        ----------
        id_ : UUID
        name : str
        length : int or None
            What the client says; what comes is counted all the same.
        body : iterator of bytes

        Raises
        ------
        ProblemError
            ``too-large``, ``quota``, ``slow``, ``unknown-medium``.
        """
        key = str(id_)
        if key in self._coming:
            raise ProblemError("library", "this upload is coming already")
        await run_in_threadpool(self.remove_expired)
        self._check_room(key, length or 0)
        coming = self.folder / f"{key}{PART}"
        self._coming[key] = 0
        try:
            await self._write(key, coming, body)
            return await to_thread.run_sync(self._keep, key, name, coming, limiter=self.decoders)
        except OSError as error:
            if error.errno not in FULL:
                raise
            raise ProblemError("quota", "the disk of the service is full: remove uploads, or make room") from error
        finally:
            del self._coming[key]
            coming.unlink(missing_ok=True)

    def remove(self, id_: UUID) -> None:
        """Remove an upload; ``not-found`` where there is none."""
        self.find(id_)
        self._remove(str(id_))

    def remove_expired(self) -> None:
        """Remove what nobody has used for too long, and files that no row tells of."""
        now = time.time()
        before = now - self.limits.upload_seconds
        with self.state.reading() as database:
            kept = {row["id"]: row["used"] for row in database.execute("SELECT id, used FROM uploads")}
        if any(used > now for used in kept.values()):  # the clock was turned back: they would be kept until it is there
            with self.state.writing() as database:
                database.execute("UPDATE uploads SET used = ? WHERE used > ?", (now, now))
        for key in [key for key, used in kept.items() if used < before]:
            self._remove(key)
            del kept[key]
        for file in self.folder.iterdir():
            if file.name not in kept and file.suffix != PART and abs(now - file.stat().st_mtime) > 60:
                file.unlink(missing_ok=True)

    # -- looking ------------------------------------------------------------------------------------------------

    def find(self, id_: UUID) -> Upload:
        """Return an upload; ``not-found`` where there is none, or none any longer."""
        before = time.time() - self.limits.upload_seconds
        with self.state.reading() as database:
            row = database.execute("SELECT * FROM uploads WHERE id = ? AND used >= ?", (str(id_), before)).fetchone()
        if row is None or not self.path_of(id_).is_file():
            raise ProblemError("not-found", "there is no such upload: it has expired, or never came")
        return Upload(*row)

    def use(self, id_: UUID) -> tuple[Upload, Path]:
        """Return an upload and its file, and keep it for longer."""
        upload = self.find(id_)
        with self.state.writing() as database:
            database.execute("UPDATE uploads SET used = ? WHERE id = ?", (time.time(), upload.id))
        return upload, self.path_of(id_)

    def all(self) -> list[Upload]:
        """Return what is kept, the oldest first."""
        before = time.time() - self.limits.upload_seconds
        with self.state.reading() as database:
            rows = database.execute("SELECT * FROM uploads WHERE used >= ? ORDER BY created", (before,)).fetchall()
        return [Upload(*row) for row in rows]

    def path_of(self, id_: UUID) -> Path:
        """Return where an upload lies."""
        return self.folder / str(id_)

    def as_data(self, upload: Upload) -> dict[str, Any]:
        """Return an upload as JSON data, with the time at which it expires."""
        return {**asdict(upload), "expires": upload.used + self.limits.upload_seconds}

    # -- inside -------------------------------------------------------------------------------------------------

    def _check_room(self, key: str, length: int) -> None:
        """Raise where so many bytes are too many: of one upload, of all, or of the disk."""
        limits = self.limits
        if length > limits.upload:
            raise ProblemError("too-large", f"an upload has at most {limits.upload:,} bytes")
        kept = [upload for upload in self.all() if upload.id != key]
        others = sum(size for other, size in self._coming.items() if other != key)
        if len(kept) + len(self._coming) > limits.upload_count:
            raise ProblemError("quota", f"at most {limits.upload_count:,} uploads are kept: remove some")
        if sum(upload.bytes for upload in kept) + others + length > limits.uploads:
            raise ProblemError("quota", f"uploads have at most {limits.uploads:,} bytes together: remove some")
        if shutil.disk_usage(self.folder).free - length < settings().min_free:
            raise ProblemError("quota", "the disk of the service is full")

    async def _write(self, key: str, coming: Path, body: AsyncIterator[bytes]) -> None:
        """Write a body as it comes, not more and not more slowly than the limits say."""
        checked, started = 0, time.monotonic()
        descriptor = os.open(coming, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            async for chunk in body:
                self._coming[key] += len(chunk)
                if self._coming[key] - checked > 2**23 or self._coming[key] > self.limits.upload:
                    checked = self._coming[key]
                    await run_in_threadpool(self._check_room, key, checked)
                seconds = time.monotonic() - started
                if seconds > self.limits.body_seconds and self._coming[key] < self.limits.least_rate * seconds:
                    raise ProblemError("slow", f"an upload brings {self.limits.least_rate:,} bytes a second at least")
                await run_in_threadpool(file.write, chunk)
            await run_in_threadpool(_flush, file.fileno(), file)
        await run_in_threadpool(self._check_room, key, self._coming[key])

    def _keep(self, key: str, name: str, coming: Path) -> Upload:
        with coming.open("rb") as file:
            found = media_type_of(file.read(HEAD))
        modality = _modality_of(coming)
        now = time.time()
        upload = Upload(key, name[:255], modality, found.name, coming.stat().st_size, now, now)
        with self._replaced(self.folder / key, coming), self.state.writing() as database:
            database.execute("INSERT OR REPLACE INTO uploads VALUES (?, ?, ?, ?, ?, ?, ?)", astuple(upload))
        return upload

    @contextmanager
    def _replaced(self, kept: Path, coming: Path) -> Iterator[None]:
        """Put a file in its place for good, unless a block fails: then what was there before is there again."""
        before = kept.with_name(f"{kept.name}.before{PART}")
        if kept.exists():
            before.unlink(missing_ok=True)
            before.hardlink_to(kept)
        try:
            coming.replace(kept)
            sync_folder(self.folder)
            yield
        except BaseException:
            if before.exists():
                before.replace(kept)
            else:
                kept.unlink(missing_ok=True)
            raise
        finally:
            before.unlink(missing_ok=True)

    def _remove(self, key: str) -> None:
        with self.state.writing() as database:
            database.execute("DELETE FROM uploads WHERE id = ?", (key,))
        (self.folder / key).unlink(missing_ok=True)


def _flush(descriptor: int, file: Any) -> None:
    file.flush()
    os.fsync(descriptor)


def _modality_of(path: Path) -> str:
    """Return the modality of a file, found by a decoding process."""
    reader = partial(read_views, wanted=())
    try:
        for event in IsolatedDecoder().read(str(path), ReadOptions.from_settings(), reader):
            if isinstance(event, Probe):
                return str(event.modality)
    except MediaError as error:
        reason = str(error).removeprefix(f"{path}: ")
        raise ProblemError("unknown-medium", f"the upload: {reason}") from error
    raise ProblemError("unknown-medium", "the upload is no image, sound, video or text")

"""Change detection: for each file found, nothing to do, a note that it moved, or decoding.

A file is unchanged when size and modification time are those stored (of an object in a bucket, size and entity tag),
or else when its content hash is. A file that is new at its path but whose content the library holds under a path that
is gone has moved, and keeps its item. So has one that the library holds by the name of a link to it.
"""

from __future__ import annotations

import os
import stat
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from sonolux.errors import MediaError
from sonolux.index import Condition, Index, Point
from sonolux.library.annotation_payload import annotations_of
from sonolux.library.ingest.fetching import AheadReader
from sonolux.library.ingest.volumes import volume_of
from sonolux.media.inside.members import MediumStatus, is_lost, is_there, stamp_of, status_of
from sonolux.media.inside.names import holder_of, split_name
from sonolux.media.objects.beside import beside_stamp, listed_beside
from sonolux.media.objects.listing import ListedObject
from sonolux.media.objects.statuses import listed_status
from sonolux.media.objects.urls import is_url
from sonolux.media.paths import from_stored, to_stored
from sonolux.media.sidecars import sidecars_stamp
from sonolux.types import Annotation, Failure, Modality

NAMESPACE = uuid.UUID("8f1d6c5e-0b0e-4c1b-9d53-6a2f9d2f7c11")
"""Of all item ids: they follow from content and path, so work repeated after a crash repeats the ids."""

TaskState = Literal["unchanged", "touched", "moved", "new", "changed", "incomplete", "redescribed"]


@dataclass(frozen=True, slots=True)
class Known:
    """A file as the library holds it; ``path`` as stored text, ``mtime`` in nanoseconds."""

    id: str
    path: str
    size: int
    mtime: int
    hash: str
    encoded: frozenset[str]
    modality: Modality
    annotations: tuple[Annotation, ...]
    etag: str = ""

    def has(self, status: MediumStatus) -> bool:
        """Tell whether a status says that the content is what it was."""
        if status.etag or self.etag:
            return (self.size, self.etag) == (status.size, status.etag)
        return (self.size, self.mtime) == (status.size, status.mtime_ns)


@dataclass(frozen=True, slots=True)
class Task:
    """A file and what is to be done with it.

    ``spaces`` are those to encode it for: all of them for a new or changed file, the missing ones for one that is
    incomplete. ``annotations`` are those that the file keeps, of content that is as it was, or has got on its way in,
    with the ``marks`` of the annotators that have seen it. ``volume`` is where the file lies, see
    `sonolux.library.ingest.volumes`.
    """

    path: str
    state: TaskState
    id: str
    size: int
    mtime: int
    hash: str
    spaces: frozenset[str] = field(default=frozenset())
    annotations: tuple[Annotation, ...] = ()
    volume: str = ""
    sidecars: str = ""
    """Stamp of the files that describe it (`sonolux.media.sidecars`), or of what does so in a shard; "" for none."""
    redescribed: bool = False
    """Whether the library holds what other sidecars said, though the content may be as it was."""
    marks: tuple[str, ...] = ()
    etag: str = ""
    """Of an object in a bucket."""
    beside: tuple[ListedObject, ...] = ()
    """Sidecars of an object."""


class ChangeDetector:
    """Compares files with what a library holds.

    Parameters
    ----------
    index : Index
    spaces : mapping
        Names of the spaces for which files are to be encoded, with the modalities of files that each can hold
        something of.
    """

    def __init__(self, index: Index, spaces: Mapping[str, frozenset[Modality]]) -> None:
        self.index = index
        self.spaces = spaces
        self._claimed: set[str] = set()
        self._volumes: dict[int, str] = {}
        self._stamps: dict[str, str] = {}
        self._ahead = AheadReader()

    def close(self) -> None:
        """Stop reading ahead."""
        self._ahead.close()

    def look_ahead(self, paths: Sequence[str]) -> None:
        """Begin to read the contents of those of a batch of objects that `tasks` will have to know."""
        urls = [path for path in paths if is_url(path) and split_name(path) is None]
        known = {file.path: file for file in self._known("path", [to_stored(url) for url in urls])}
        for url in urls:
            status, file = listed_status(url), known.get(to_stored(url))
            if status is not None and (file is None or not file.has(MediumStatus(status.size, 0, etag=status.etag))):
                self._ahead.begin(url)

    def tasks(self, paths: Sequence[str]) -> Iterator[Task | Failure]:
        """Yield what is to be done with each of a batch of files; files that cannot be read are failures."""
        for task in self._tasks(paths):
            if isinstance(task, Task):
                former = self._stamps.pop(task.id, "")
                beside = self._beside(task.path)
                # Of an object of which no listing tells what lies beside it, the library knows what did.
                stamp = former if beside is None else beside_stamp(beside) or _stamp_of(task.path)
                described = replace(task, sidecars=stamp, redescribed=stamp != former)
                yield replace(described, beside=tuple(beside or ()))
            else:
                yield task

    @staticmethod
    def _beside(path: str) -> tuple[ListedObject, ...] | None:
        """Return the sidecars of an object; none of all else, whose reader sees them."""
        return listed_beside(path) if is_url(path) and split_name(path) is None else ()

    def _tasks(self, paths: Sequence[str]) -> Iterator[Task | Failure]:
        known = self._known("path", [to_stored(path) for path in paths])
        by_path = {file.path: file for file in known}
        strangers: list[Task] = []
        for path in paths:
            try:
                task = self._compare(path, by_path.get(to_stored(path)))
            except OSError as error:
                yield Failure(path, error.strerror or str(error))
            except MediaError as error:
                yield Failure(path, str(error))
            else:
                if task.state == "new":
                    strangers.append(task)
                else:
                    yield task
        yield from self._new_or_moved(strangers)

    def _known(self, key: str, values: Sequence[str]) -> list[Known]:
        if not values:
            return []
        where = [Condition("kind", "=", "file"), Condition(key, "=", tuple(values))]
        keys = ("path", "size", "mtime", "etag", "hash", "encoded", "modality", "annotations", "sidecars")
        points = list(self.index.scroll(where, keys=keys))
        self._stamps |= {point.id: point.payload["sidecars"] for point in points if "sidecars" in point.payload}
        return [_known_file(point) for point in points]

    def _new_or_moved(self, strangers: list[Task]) -> Iterator[Task]:
        same: dict[str, list[Known]] = {}
        for file in self._known("hash", sorted({task.hash for task in strangers})):
            same.setdefault(file.hash, []).append(file)
        new: list[Task] = []
        for task in strangers:
            former = next((file for file in same.get(task.hash, []) if self._has_moved(file, task.path)), None)
            if former is None:
                new.append(task)
            elif Path(task.path).is_symlink() and not is_gone(from_stored(former.path)):
                self._stamps[former.id] = sidecars_stamp(task.path)  # what lies beside a link is not beside the file
                yield replace(task, state="unchanged", id=former.id)
            else:
                self._claimed.add(former.id)
                missing = self._missing(former)
                yield replace(task, state="moved", id=former.id, spaces=missing, annotations=former.annotations)
        yield from self._with_ids(new)

    def _compare(self, path: str, known: Known | None) -> Task:
        status = status_of(path)
        volume = "" if is_url(path) else self._volume_of(path, status.device)
        every = frozenset(self.spaces)
        if known is None:
            digest = self._ahead.hash_of(path)
            task = Task(path, "new", "", status.size, status.mtime_ns, digest, every, volume=volume)
            return replace(task, etag=status.etag)
        same = known.has(status)
        digest = known.hash if same else self._ahead.hash_of(path)
        task = Task(path, "changed", known.id, status.size, status.mtime_ns, digest, every, volume=volume)
        task = replace(task, etag=status.etag)
        if digest != known.hash:
            return task
        missing = self._missing(known)
        state: TaskState = "incomplete" if missing else "unchanged" if same else "touched"
        return replace(task, state=state, spaces=missing, annotations=known.annotations)

    def _volume_of(self, path: str, device: int) -> str:
        """Return the volume of a file, asked once for each device."""
        if device not in self._volumes:
            self._volumes[device] = volume_of(holder_of(path))
        return self._volumes[device]

    def _missing(self, known: Known) -> frozenset[str]:
        """Return the spaces that could hold something of a file and for which it has not been encoded."""
        able = (name for name, modalities in self.spaces.items() if known.modality in modalities)
        return frozenset(able) - known.encoded

    def _has_moved(self, file: Known, path: str) -> bool:
        """Tell whether a file that the library holds is the one at this path now, whose content is the same."""
        former = from_stored(file.path)
        return file.id not in self._claimed and (is_gone(former) or _are_one(former, path))

    def _with_ids(self, tasks: list[Task], attempt: int = 0) -> Iterator[Task]:
        """Yield tasks with ids that follow from content and path; others where files that moved still have them."""
        if not tasks:
            return
        ids = [str(uuid.uuid5(NAMESPACE, f"{task.hash} {attempt} {to_stored(task.path)}")) for task in tasks]
        taken = {point.id for point in self.index.fetch(ids, keys=())}
        yield from (replace(task, id=id_) for task, id_ in zip(tasks, ids, strict=True) if id_ not in taken)
        again = [task for task, id_ in zip(tasks, ids, strict=True) if id_ in taken]
        yield from self._with_ids(again, attempt + 1)


def is_gone(path: str) -> bool:
    """Tell whether a file that the library holds is no longer there; one that cannot be looked at still counts.

    A folder by its name is another thing.
    """
    name = split_name(path)
    if name is not None:
        return is_lost(name)
    if is_url(path):
        return not is_there(path)
    try:
        return stat.S_ISDIR(Path(path).lstat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False


def _stamp_of(path: str) -> str:
    return stamp_of(path) or ("" if is_url(path) else sidecars_stamp(path))


def _are_one(path: str, other: str) -> bool:
    """Tell whether two paths lead to one file through links; two hard links of a file are two."""
    try:
        return Path(path).samefile(other) and os.path.realpath(path) == os.path.realpath(other)
    except OSError:
        return False


def span_id(file: str, content: str, number: int) -> str:
    """Return the id of a file's span: it follows from the file's id and content hash, and the span's number."""
    return str(uuid.uuid5(uuid.UUID(file), f"{content} {number}"))


def _known_file(point: Point) -> Known:
    stored = point.payload
    encoded, modality = frozenset(stored["encoded"]), Modality(stored["modality"])
    annotations = annotations_of(stored)
    return Known(
        point.id, stored["path"], stored["size"], stored["mtime"], stored["hash"], encoded, modality, annotations,
        stored.get("etag", ""),
    )  # fmt: skip

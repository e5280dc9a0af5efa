"""Kept background models: what was learned of a library, kept with it, so that whoever opens it says the same at once.

A library in a folder keeps a file a model in its folder ``background``; one on a cluster a point a model in a
collection of its own, ``NAME-background``, where all processes that share the library share them. They can be made
again: what cannot be read is no model, and what cannot be written serves one process alone.

On a cluster the manifest of the collection says which point holds the model that counts. It is changed by
compare-and-set: of processes that learn the same at once, one is first, and the others go on with what that one has
learned. A model is a file of numpy's, as text; its digest is in the manifest. Points that no manifest names (of a
process that was stopped, or of a model that was replaced) are removed an hour later, and no more than `MOST` models are
kept.
"""

from __future__ import annotations

import base64
import hashlib
import io
import logging
import os
import shutil
import time
import uuid
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias
from zipfile import BadZipFile, ZipFile

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import LibraryError
from sonolux.index import Index, Point

logger = logging.getLogger(__name__)

FORMER_FOLDER = "nulls"
"""What the folder of the models was called; it is removed once this one is written."""

BESIDE = "-background"
"""After the name of a library on a cluster, that of the collection with its models."""

MOST = 64
"""Models that a cluster keeps of a library, the latest: one a space, and one for each choice of spaces asked."""

MOST_BYTES = 20 * 2**20
"""Of a model on a cluster, which takes requests of 32 MiB, and text takes a third more."""

UNNAMED_SECONDS = 3600.0
"""Until a point that no manifest names is removed: whoever has just written it is about to name it."""

LOOK_SECONDS = 60.0
"""After which a process that stays looks again what others have learned."""

UNREADABLE = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    EOFError,
    BadZipFile,
    NotImplementedError,
    RuntimeError,
    MemoryError,
    zlib.error,
)
"""What is raised where the file of a model is not what it should be."""

Arrays: TypeAlias = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class KeptModel:
    """A model as arrays, and how much the library had changed and how many points there were when it was learned."""

    changes: int
    count: int
    arrays: Arrays


WillDo: TypeAlias = Callable[[int, int], bool]
"""Tell whether a model will do that was learned after so many changes, from so many points."""


class KeptModels(ABC):
    """Models of one library by name."""

    @abstractmethod
    def load(self, name: str, will_do: WillDo) -> KeptModel | None:
        """Return the model that is kept, None where there is none that can be read and will do."""

    @abstractmethod
    def save(self, name: str, learned: KeptModel, will_do: WillDo) -> KeptModel:
        """Keep a model; return the one that counts now: another one where somebody was first, and it will do."""

    @abstractmethod
    def refuse(self, name: str) -> None:
        """Count the model that was loaded last as one that cannot be read."""

    def changed(self) -> bool:
        """Tell whether another process is known to have put others in the place of some since they were loaded."""
        return False


class FolderModels(KeptModels):
    """Models as files.

    Parameters
    ----------
    folder : Path
        Made by the first of them.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, name: str, will_do: WillDo) -> KeptModel | None:
        """Return the model in a file."""
        try:
            kept = _from_file(self._path(name).read_bytes())
        except UNREADABLE:
            return None
        return kept if will_do(kept.changes, kept.count) else None

    def save(self, name: str, learned: KeptModel, will_do: WillDo) -> KeptModel:
        """Write a file anew."""
        path = self._path(name)
        # Named after its process: several may share this folder.
        unfinished = path.with_suffix(f".{os.getpid()}.partial.npz")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            unfinished.write_bytes(_to_file(learned))
            unfinished.replace(path)
            shutil.rmtree(self.folder.with_name(FORMER_FOLDER), ignore_errors=True)
        except OSError as error:
            logger.info("%s is not kept: %s", path, error)
        return learned

    def refuse(self, name: str) -> None:
        """Do nothing: the next one is written in its place."""

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.npz"


@dataclass(frozen=True, slots=True)
class _Entry:
    """What the manifest says of a model: which point holds it, its digest, and when it was learned."""

    point: str
    digest: str
    changes: int
    count: int


class ClusterModels(KeptModels):
    """Models as points, without descriptors, of an index of their own.

    Parameters
    ----------
    index : Index
        Made by the first model.
    """

    def __init__(self, index: Index) -> None:
        self.index = index
        self._known: dict[str, _Entry] = {}
        self._refused: set[str] = set()
        self._looked = time.monotonic()

    def load(self, name: str, will_do: WillDo) -> KeptModel | None:
        """Return the model that the manifest names; it is asked again where what was known before will not do."""
        try:
            entry = self._chosen(name, will_do)
            if entry is None:
                self._known, self._looked = self._entries(), time.monotonic()
                entry = self._chosen(name, will_do)
            return None if entry is None else self._fetch(entry)
        except LibraryError as error:
            logger.info("the background models of %s are not read: %s", self.index.location, error)
            return None

    def save(self, name: str, learned: KeptModel, will_do: WillDo) -> KeptModel:
        """Write a point, then name it in the manifest, unless there is one by now that will do."""
        try:
            content = _to_file(learned)
            if len(content) > MOST_BYTES:
                raise LibraryError(f"a model of {len(content):,} bytes is more than {MOST_BYTES:,}")
            self._prepare()
            own = _Entry(str(uuid.uuid4()), _digest(content), learned.changes, learned.count)
            text = base64.b64encode(content).decode()
            self.index.upsert([Point(own.point, payload={"model": text, "made": time.time()})])
            self._known = _entries_of(self.index.update_meta(lambda meta: self._named(meta, name, own, will_do)))
            self._sweep()
            entry = self._known.get(name, own)
            if entry != own and (first := self._fetch(entry)) is not None:
                return first
        except LibraryError as error:
            logger.info("a background model of %s is not kept: %s", self.index.location, error)
        return learned

    def refuse(self, name: str) -> None:
        """Count the point that was read as unreadable."""
        if name in self._known:
            self._refused.add(self._known[name].point)

    def changed(self) -> bool:
        """Look, once in `LOOK_SECONDS`, whether the manifest names other points."""
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return False
        self._looked = time.monotonic()
        try:
            before, self._known = self._known, self._entries()
        except LibraryError as error:
            logger.info("the background models of %s are not read: %s", self.index.location, error)
            return False
        return before != self._known

    def close(self) -> None:
        """Let go of the connection; a later call opens it again."""
        self._known = {}
        self.index.close()

    def _chosen(self, name: str, will_do: WillDo) -> _Entry | None:
        entry = self._known.get(name)
        usable = entry is not None and entry.point not in self._refused and will_do(entry.changes, entry.count)
        return entry if usable else None

    def _entries(self) -> dict[str, _Entry]:
        return _entries_of(self.index.read_meta()) if self.index.exists() else {}

    def _named(self, meta: Mapping[str, Any], name: str, own: _Entry, will_do: WillDo) -> dict[str, Any]:
        """Return the manifest with a model in it, the latest last."""
        entries = _entries_of(meta)
        there = entries.pop(name, own)
        first = there.point not in self._refused and will_do(there.changes, there.count)
        entries[name] = there if first else own
        latest = list(entries.items())[-MOST:]
        return {**meta, "models": {one: asdict(entry) for one, entry in latest}}

    def _fetch(self, entry: _Entry) -> KeptModel | None:
        """Return the model in a point; where it is not what the manifest says, remember that."""
        try:
            [point] = self.index.fetch([entry.point], keys=("model",))
            content = base64.b64decode(point.payload["model"], validate=True)
            if _digest(content) != entry.digest:
                raise ValueError("its digest is another")
            return _from_file(content)
        except UNREADABLE as error:
            logger.info("a background model of %s cannot be read: %s", self.index.location, error)
            self._refused.add(entry.point)
            return None

    def _sweep(self) -> None:
        """Remove points that have been without a name for long."""
        named = {entry.point for entry in self._known.values()}
        old = time.time() - UNNAMED_SECONDS
        points = self.index.scroll(keys=("made",))
        left = [one.id for one in points if one.id not in named and _number(one.payload.get("made")) < old]
        if left:
            self.index.delete(left)

    def _prepare(self) -> None:
        if not self.index.exists():
            try:
                self.index.create()
            except LibraryError:  # somebody else was first at the same moment
                if not self.index.exists():
                    raise


def _entries_of(meta: Mapping[str, Any]) -> dict[str, _Entry]:
    """Return what a manifest says of models; what cannot be understood is none."""
    models = meta.get("models")
    entries = {}
    for name, said in models.items() if isinstance(models, dict) else ():
        try:
            entry = _Entry(str(said["point"]), str(said["digest"]), int(said["changes"]), int(said["count"]))
        except (KeyError, TypeError, ValueError):
            continue
        entries[name] = entry
    return entries


def _to_file(model: KeptModel) -> bytes:
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, changes=model.changes, count=model.count, **model.arrays)
    return file.getvalue()


def _from_file(content: bytes) -> KeptModel:
    """Return what a file holds; raise one of `UNREADABLE` where it is no model, or unpacks to more than is bearable."""
    with ZipFile(io.BytesIO(content)) as archive:
        if sum(member.file_size for member in archive.infolist()) > max(len(content), MOST_BYTES):
            raise ValueError("it unpacks to more than a model")
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    changes, count = int(arrays.pop("changes")), int(arrays.pop("count"))
    return KeptModel(changes, count, arrays)


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def _number(said: Any) -> float:
    return float(said) if isinstance(said, int | float) else 0.0

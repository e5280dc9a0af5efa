"""Calibration of a library: the background model of each space, and how spaces depend on one another; kept up to date.

Background models are kept beside the library, each with the library's count of changes at the time it was fitted. Once
more than a tenth of a space has come or gone since, the next query fits it again, so p-values stay true as items come
and go. What is kept is a cache: a file that cannot be read is made again, one that cannot be written serves this
process alone.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeAlias, TypeVar
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from sonolux.index import Index
from sonolux.retrieval.background import REFERENCES
from sonolux.retrieval.borrowed import BorrowedBackground, borrow_background
from sonolux.retrieval.dense_background import DenseBackground, fit_dense_background
from sonolux.retrieval.dependence import Dependence, measure_dependence
from sonolux.retrieval.evidence import evidence_of
from sonolux.retrieval.keywords import KeywordBackground
from sonolux.retrieval.similarity import similarities
from sonolux.types import Space

logger = logging.getLogger(__name__)

Background: TypeAlias = DenseBackground | KeywordBackground

STALE = 0.1
"""Share of a space that may change before its background model is fitted again."""

VERSION = 4
"""Of the files that keep background models; one of another version is not found, and made again."""

FORMER_FOLDER = "nulls"
"""What the folder beside this one was called; it is removed once this one is written."""

EXPECTED = 0.05
"""A hit is confident when fewer than so many random items of its space would score as high."""


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fitted(Generic[T]):
    """What was learned, and how much the library had changed and how many points the spaces held when it was."""

    changes: int
    count: int
    learned: T

    def stale(self, changes: int, count: int) -> bool:
        """Return whether too much has come or gone since; counts show changes that a crash left unwritten."""
        return max(changes - self.changes, abs(count - self.count)) > STALE * count


class Calibration:
    """Background models of the spaces of one library, and the dependence between them.

    Parameters
    ----------
    index : Index
        Where references are cached.
    folder : Path
        Where what was learned is kept.
    digests : mapping
        Of the encoders that write into each space, by its name: what comes with Sonolux serves no others.
    """

    def __init__(self, index: Index, folder: Path, digests: Mapping[str, Collection[str]]) -> None:
        self.index = index
        self.folder = folder
        self.digests = digests
        self._fitting = threading.RLock()
        self._backgrounds: dict[str, Fitted[Background]] = {}
        self._dependences: dict[tuple[str, ...], Fitted[Dependence]] = {}
        self._counts: dict[str, tuple[int, int]] = {}

    def count(self, space: str, changes: int) -> int:
        """Return how many points a space holds, asked once for each state of the library."""
        known = self._counts.get(space)
        if known is None or known[0] != changes:
            known = (changes, self.index.count(space=space))
            self._counts[space] = known
        return known[1]

    def background(self, space: Space, changes: int) -> Background:
        """Return the background model of a space.

        Parameters
        ----------
        changes : int
            How many points the library has written or removed so far.
        """
        count = self.count(space.name, changes)
        cached = self._backgrounds.get(space.name)
        if cached is None or cached.stale(changes, count):
            with self._fitting:
                # What another thread has made meanwhile, or what is kept, or else a new one.
                cached = self._backgrounds.get(space.name) or self._load(space)
                if cached is None or cached.stale(changes, count):
                    cached = Fitted(changes, count, self._fit(space))
                    self._save(self._path(space), cached, _to_arrays(cached.learned))
                self._backgrounds[space.name] = cached
        return cached.learned

    def dependence(self, spaces: Sequence[Space], changes: int) -> Dependence:
        """Return how much the evidence of some spaces repeats that of others.

        Parameters
        ----------
        spaces : sequence of Space
        changes : int
            How many points the library has written or removed so far.
        """
        key = tuple(space.name for space in spaces)
        count = sum(self.count(name, changes) for name in key)
        cached = self._dependences.get(key)
        if cached is None or cached.stale(changes, count):
            with self._fitting:
                cached = self._dependences.get(key) or self._load_dependence(spaces)
                if cached is None or cached.stale(changes, count):
                    measured = measure_dependence(self.index, spaces, partial(self._assess, changes))
                    cached = Fitted(changes, count, measured)
                    self._save(self._path(*spaces, what="dependence"), cached, measured.to_arrays())
                self._dependences[key] = cached
        return cached.learned

    def _assess(self, changes: int, space: Space, question: Any, rows: Sequence[Any]) -> list[float]:
        """Return the evidence of some descriptors of a space for a question to it."""
        background = self.background(space, changes)
        if isinstance(background, KeywordBackground):
            chances = background.chance(question, vstack(rows, format="csr"))[0]
        else:
            chances = background.chance(question, similarities(space, question[None], np.stack(rows))[0].tolist())
        return evidence_of(chances)

    def _fit(self, space: Space) -> Background:
        points = self.index.sample(space.name, REFERENCES)
        if space.kind == "sparse":
            rows = [point.vectors[space.name] for point in points]
            return KeywordBackground(vstack(rows, format="csr") if rows else csr_array((0, space.dim)))
        # In an order that is as good as random but follows from the descriptors: of a space that fits into one sample,
        # the same files get the same p-values each time, in whatever folder they are.
        points.sort(
            key=lambda point: (
                hashlib.blake2b(point.vectors[space.name].tobytes(), digest_size=8).digest(),
                point.id,
            )
        )
        files = np.array([point.payload["file"] for point in points], dtype=str)
        descriptors = [point.vectors[space.name] for point in points]
        stacked = np.stack(descriptors) if descriptors else np.empty((0, space.dim), np.float32)
        return fit_dense_background(space, stacked, files, self._borrowed(space))

    def _borrowed(self, space: Space) -> BorrowedBackground | None:
        return borrow_background(space, self.digests.get(space.name, ()))

    def _path(self, *spaces: Space, what: str = "") -> Path:
        known = "\0".join(f"{space}\0{sorted(self.digests.get(space.name, ()))}" for space in spaces)
        name = hashlib.blake2b(f"{VERSION}\0{what}{known}".encode(), digest_size=8).hexdigest()
        return self.folder / f"{name}.npz"

    def _save(self, path: Path, cached: Fitted[Any], arrays: Mapping[str, Any]) -> None:
        # Named after its process: several may share a library on a cluster, and this folder.
        unfinished = path.with_suffix(f".{os.getpid()}.partial.npz")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            np.savez(unfinished, changes=cached.changes, count=cached.count, **arrays)
            unfinished.replace(path)
            shutil.rmtree(self.folder.with_name(FORMER_FOLDER), ignore_errors=True)
        except OSError as error:
            logger.info("%s is not kept: %s", path, error)

    def _load(self, space: Space) -> Fitted[Background] | None:
        return _read(self._path(space), lambda arrays: _from_arrays(space, arrays, self._borrowed(space)))

    def _load_dependence(self, spaces: Sequence[Space]) -> Fitted[Dependence] | None:
        return _read(self._path(*spaces, what="dependence"), Dependence.from_arrays)


def _read(path: Path, make: Callable[[Mapping[str, NDArray[Any]]], T]) -> Fitted[T] | None:
    """Return what is kept in a file, None where there is none that can be read."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return Fitted(int(arrays["changes"]), int(arrays["count"]), make(arrays))
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None


def _to_arrays(background: Background) -> dict[str, Any]:
    if isinstance(background, DenseBackground):
        return background.to_arrays()
    rows = background.references
    return {"data": rows.data, "indices": rows.indices, "indptr": rows.indptr}


def _from_arrays(space: Space, arrays: Mapping[str, NDArray[Any]], borrowed: BorrowedBackground | None) -> Background:
    if space.kind != "sparse":
        return DenseBackground.from_arrays(space, arrays, borrowed)
    indptr = arrays["indptr"]
    rows = (arrays["data"], arrays["indices"], indptr)
    return KeywordBackground(csr_array(rows, shape=(len(indptr) - 1, space.dim)))

"""Calibration of a library: the background model of each space, and when it is fitted again.

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
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from sonolux.index import Index
from sonolux.retrieval.background import REFERENCES
from sonolux.retrieval.borrowed import BorrowedBackground, borrow_background
from sonolux.retrieval.dense_background import DenseBackground, fit_dense_background
from sonolux.retrieval.keywords import KeywordBackground
from sonolux.types import Space

logger = logging.getLogger(__name__)

Background: TypeAlias = DenseBackground | KeywordBackground

STALE = 0.1
"""Share of a space that may change before its background model is fitted again."""

VERSION = 3
"""Of the files that keep background models; one of another version is not found, and made again."""

FORMER_FOLDER = "nulls"
"""What the folder beside this one was called; it is removed once this one is written."""

EXPECTED = 0.05
"""A hit is confident when fewer than so many random items of its space would score as high."""


@dataclass(frozen=True, slots=True)
class CachedBackground:
    """A background model, and how much the library had changed and how many points the space held when fitted."""

    changes: int
    count: int
    background: Background

    def stale(self, changes: int, count: int) -> bool:
        """Return whether too much has come or gone since; counts show changes that a crash left unwritten."""
        return max(changes - self.changes, abs(count - self.count)) > STALE * count


class Calibration:
    """Background models of the spaces of one library.

    Parameters
    ----------
    index : Index
        Where references are cached.
    folder : Path
        Where background models are kept.
    digests : mapping
        Of the encoders that write into each space, by its name: what comes with Sonolux serves no others.
    """

    def __init__(self, index: Index, folder: Path, digests: Mapping[str, Collection[str]]) -> None:
        self.index = index
        self.folder = folder
        self.digests = digests
        self._fitting = threading.Lock()
        self._backgrounds: dict[str, CachedBackground] = {}
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
                    cached = CachedBackground(changes, count, self._fit(space))
                    self._save(space, cached)
                self._backgrounds[space.name] = cached
        return cached.background

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

    def _path(self, space: Space) -> Path:
        encoders = sorted(self.digests.get(space.name, ()))
        name = hashlib.blake2b(f"{VERSION}\0{space}\0{encoders}".encode(), digest_size=8).hexdigest()
        return self.folder / f"{name}.npz"

    def _save(self, space: Space, cached: CachedBackground) -> None:
        # Named after its process: several may share a library on a cluster, and this folder.
        partial = self._path(space).with_suffix(f".{os.getpid()}.partial.npz")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            np.savez(partial, changes=cached.changes, count=cached.count, **_to_arrays(cached.background))
            partial.replace(self._path(space))
            shutil.rmtree(self.folder.with_name(FORMER_FOLDER), ignore_errors=True)
        except OSError as error:
            logger.info("the background model of %s is not kept: %s", space.name, error)

    def _load(self, space: Space) -> CachedBackground | None:
        try:
            with self._path(space).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                background = _from_arrays(space, arrays, self._borrowed(space))
                return CachedBackground(int(arrays["changes"]), int(arrays["count"]), background)
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

"""Which null belongs to a space, and when it has to be drawn again.

Nulls are kept beside the library, each with the library's count of changes at the time it was drawn. Once more than
a tenth of a space has come or gone since, the next question draws it afresh, so chances stay true as items come
and go. Whatever cannot be read is drawn again: a null is a cache.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from sonolux.index import Index
from sonolux.retrieval.keywords import KeywordNull
from sonolux.retrieval.null import FEWEST, REFERENCES, Null, fit_null
from sonolux.retrieval.tail import Tail
from sonolux.types import Space

STALE = 0.1
"""Share of a space that may change before its null is drawn again."""

VERSION = 1
"""Of the files that keep nulls; a file of another version is not found, and drawn again."""

EXPECTED = 0.05
"""A hit is confident when fewer than so many random items of its space would score as high."""


class Calibration:
    """Nulls of the spaces of one library.

    Parameters
    ----------
    index : Index
        Where references are drawn.
    folder : Path
        Where nulls are kept.
    """

    def __init__(self, index: Index, folder: Path) -> None:
        self.index = index
        self.folder = folder
        self._nulls: dict[str, tuple[int, Null | KeywordNull | None]] = {}
        self._counts: dict[str, tuple[int, int]] = {}

    def count(self, space: str, changes: int) -> int:
        """Return how many points a space holds, asked once for each state of the library."""
        known = self._counts.get(space)
        if known is None or known[0] != changes:
            known = (changes, self.index.count(space=space))
            self._counts[space] = known
        return known[1]

    def null(self, space: Space, changes: int) -> Null | KeywordNull | None:
        """Return the null of a space; None where it holds too few files to tell.

        Parameters
        ----------
        changes : int
            How many points the library has written or removed so far.
        """
        limit = STALE * self.count(space.name, changes)
        known = self._nulls.get(space.name)
        if known is None:
            known = self._load(space)
        if known is None or changes - known[0] > limit:
            known = (changes, self._draw(space))
            self._save(space, *known)
        self._nulls[space.name] = known
        return known[1]

    def _draw(self, space: Space) -> Null | KeywordNull | None:
        # In the order of their ids, which are as good as random: a space that fits into one sample is told the same
        # each time.
        points = sorted(self.index.sample(space.name, REFERENCES), key=lambda point: point.id)
        if space.kind == "sparse":
            rows = [point.vectors[space.name] for point in points]
            return KeywordNull(vstack(rows, format="csr")) if rows else None
        files = np.array([point.payload["file"] for point in points])
        if len(set(files)) < FEWEST:
            return None
        return fit_null(space, np.stack([point.vectors[space.name] for point in points]), files)

    def _path(self, space: Space) -> Path:
        name = hashlib.blake2b(f"{VERSION}\0{space}".encode(), digest_size=8).hexdigest()
        return self.folder / f"{name}.npz"

    def _save(self, space: Space, changes: int, null: Null | KeywordNull | None) -> None:
        if null is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        partial = self._path(space).with_suffix(".partial.npz")
        np.savez(partial, changes=changes, **_to_arrays(null))
        partial.replace(self._path(space))

    def _load(self, space: Space) -> tuple[int, Null | KeywordNull] | None:
        try:
            with np.load(self._path(space), allow_pickle=False) as arrays:
                return int(arrays["changes"]), _from_arrays(space, arrays)
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            return None


def _to_arrays(null: Null | KeywordNull) -> dict[str, Any]:
    if isinstance(null, KeywordNull):
        rows = null.references
        return {"data": rows.data, "indices": rows.indices, "indptr": rows.indptr}
    tail = null.tail
    return {
        "references": null.references,
        "values": np.array(tail.values),
        "survival": np.array(tail.survival),
        "scale": tail.scale,
    }


def _from_arrays(space: Space, arrays: Mapping[str, NDArray[Any]]) -> Null | KeywordNull:
    if space.kind == "sparse":
        indptr = arrays["indptr"]
        rows = (arrays["data"], arrays["indices"], indptr)
        return KeywordNull(csr_array(rows, shape=(len(indptr) - 1, space.dim)))
    tail = Tail(arrays["values"].tolist(), arrays["survival"].tolist(), float(arrays["scale"]))
    return Null(space, arrays["references"], tail)

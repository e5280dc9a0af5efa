"""Calibration of a library: the background model of each space, and how spaces depend on one another; kept up to date.

Background models are kept with the library (`sonolux.retrieval.kept_models`), each with the library's count of changes
at the time it was fitted. Once more than a tenth of a space has come or gone since, the next query fits it again, so
p-values stay true as items come and go.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeAlias, TypeVar

import numpy as np
from scipy.sparse import csr_array, vstack

from sonolux.index import Index
from sonolux.retrieval.background import REFERENCES
from sonolux.retrieval.borrowed import BorrowedBackground, borrow_background
from sonolux.retrieval.dense_background import DenseBackground, fit_dense_background
from sonolux.retrieval.dependence import Dependence, measure_dependence
from sonolux.retrieval.evidence import evidence_of
from sonolux.retrieval.kept_models import Arrays, KeptModel, KeptModels
from sonolux.retrieval.keywords import KeywordBackground
from sonolux.retrieval.similarity import similarities
from sonolux.types import Space

Background: TypeAlias = DenseBackground | KeywordBackground

STALE = 0.1
"""Share of a space that may change before its background model is fitted again."""

VERSION = 4
"""Of background models that are kept; one of another version is not found, and made again."""

WRONG = (ValueError, KeyError, TypeError, IndexError, AttributeError)
"""What is raised where arrays are not those of a model."""

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


@dataclass(frozen=True, slots=True)
class _Form(Generic[T]):
    """What is learned of a library: how, and as which arrays it is kept."""

    learn: Callable[[], T]
    to_arrays: Callable[[T], Mapping[str, Any]]
    from_arrays: Callable[[Arrays], T]


class Calibration:
    """Background models of the spaces of one library, and the dependence between them.

    Parameters
    ----------
    index : Index
        Where descriptors are drawn.
    models : KeptModels
        Where what was learned is kept.
    digests : mapping
        Of the encoders that write into each space, by its name: what comes with Sonolux serves no others.
    library : str
        What tells the library from others that were in its place, where that leaves models behind.
    """

    def __init__(
        self, index: Index, models: KeptModels, digests: Mapping[str, Collection[str]], library: str = ""
    ) -> None:
        self.index = index
        self.models = models
        self.digests = digests
        self.library = library
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
        self._follow_others()
        count = self.count(space.name, changes)
        cached = self._backgrounds.get(space.name)
        if cached is None or cached.stale(changes, count):
            with self._fitting:
                cached = self._backgrounds.get(space.name)
                if cached is None or cached.stale(changes, count):  # else another thread has made it meanwhile
                    form: _Form[Background] = _Form(
                        lambda: self._fit(space),
                        _to_arrays,
                        lambda arrays: _from_arrays(space, arrays, self._borrowed(space)),
                    )
                    cached = self._kept_or_fitted(self._name(space), changes, count, form)
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
                cached = self._dependences.get(key)
                if cached is None or cached.stale(changes, count):
                    form: _Form[Dependence] = _Form(
                        lambda: measure_dependence(self.index, spaces, partial(self._assess, changes)),
                        Dependence.to_arrays,
                        lambda arrays: Dependence.from_arrays(arrays, key),
                    )
                    cached = self._kept_or_fitted(self._name(*spaces, what="dependence"), changes, count, form)
                self._dependences[key] = cached
        return cached.learned

    def _follow_others(self) -> None:
        """Forget what was learned where another process has learned it anew: all say the same."""
        if self.models.changed():
            self._backgrounds.clear()
            self._dependences.clear()
            self._counts.clear()

    def _kept_or_fitted(self, name: str, changes: int, count: int, form: _Form[T]) -> Fitted[T]:
        """Return what is kept under a name, where it can be read and is not stale, or else what is learned now."""

        def will_do(then: int, there: int) -> bool:
            return not Fitted(then, there, None).stale(changes, count)

        kept = self.models.load(name, will_do)
        if kept is not None and (known := self._read(name, kept, form)) is not None:
            return known
        own = KeptModel(changes, count, form.to_arrays(learned := form.learn()))
        kept = self.models.save(name, own, will_do)
        first = None if kept is own else self._read(name, kept, form)
        return first or Fitted(changes, count, learned)

    def _read(self, name: str, kept: KeptModel, form: _Form[T]) -> Fitted[T] | None:
        try:
            return Fitted(kept.changes, kept.count, form.from_arrays(kept.arrays))
        except WRONG:
            self.models.refuse(name)
            return None

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

    def _name(self, *spaces: Space, what: str = "") -> str:
        known = "\0".join(f"{space}\0{sorted(self.digests.get(space.name, ()))}" for space in spaces)
        of = f"\0{self.library}" if self.library else ""
        return hashlib.blake2b(f"{VERSION}\0{what}{known}{of}".encode(), digest_size=8).hexdigest()


def _to_arrays(background: Background) -> dict[str, Any]:
    if isinstance(background, DenseBackground):
        return background.to_arrays()
    rows = background.references
    return {"data": rows.data, "indices": rows.indices, "indptr": rows.indptr}


def _from_arrays(space: Space, arrays: Arrays, borrowed: BorrowedBackground | None) -> Background:
    if space.kind != "sparse":
        return DenseBackground.from_arrays(space, arrays, borrowed)
    indptr = arrays["indptr"]
    rows = csr_array((arrays["data"], arrays["indices"], indptr), shape=(len(indptr) - 1, space.dim))
    rows.check_format(full_check=True)
    return KeywordBackground(rows)

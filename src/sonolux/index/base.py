"""The contract of an index: points with named descriptors and a payload, on disk or on a cluster.

A point is an item; its payload is a plain JSON-like dict. Filters are a conjunction of conditions on
payload keys: ``"meta.artist"`` reaches into dicts, ``"annotations[].label"`` into the dicts of a list. A
condition on a list holds when any element satisfies it, except that ``!=`` holds when none equals. A key
that is missing satisfies ``!=`` alone.

Every write is durable when its call returns: it outlives the death of the process, kill -9 included.

Scores are similarities: higher is better; a Hamming distance ``h`` of two ``b``-bit codes scores
``1 - 2 h / b``, a Euclidean distance ``e`` scores ``-e``. Descriptors of a cosine space come back with
length 1, whatever length they were written with.

Where nothing else is said, methods raise `sonolux.errors.LibraryError` where the index cannot be opened,
read or written, `sonolux.errors.QueryError` for a condition that cannot be asked, and ``ValueError`` for
a descriptor that does not fit its space.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from sonolux.index.layout import DEFAULT_LAYOUT, ClusterLayout
from sonolux.types import Space

Vector: TypeAlias = NDArray[Any] | csr_array
"""One descriptor: float32 (dim,), packed uint8 (dim / 8,), or CSR of shape (1, dim)."""

Operator = Literal["=", "!=", "<", "<=", ">", ">=", "~"]


@dataclass(frozen=True, slots=True)
class Condition:
    """``key op value``; a tuple as value means any of them (``=``) or none of them (``!=``).

    ``~`` means that a text holds all words of a string, in any order, whatever their case; it is for the keys of which
    `sonolux.index.payload.INDEXED` says that they are text. Order (``<`` and its kin) is for numbers, and for dates
    given as RFC 3339 strings. Of dates, ``instead`` names the key that is compared where a point has it, in place of
    ``key``.
    """

    key: str
    op: Operator
    value: str | int | float | bool | tuple[str | int, ...]
    instead: str = ""


Where = Sequence[Condition]


@dataclass(frozen=True, slots=True)
class Point:
    """An item as stored: id (UUID string), descriptors by space, payload."""

    id: str
    vectors: Mapping[str, Vector] = field(default_factory=dict)
    payload: Mapping[str, Any] = field(default_factory=dict)


class FacetCount(NamedTuple):
    """A value that a key has, and how many files have it."""

    value: str | int | float
    files: int


class ScoredPoint(NamedTuple):
    """A point that a search found, with its score and the payload keys asked for.

    A named tuple, because a page of them has to be made in microseconds.
    """

    id: str
    score: float
    payload: Mapping[str, Any]


class Index(ABC):
    """Points on disk or on a cluster. Opened on first use; a context manager that closes.

    Threads may share it: readers run side by side; whatever would pull something away from under a reader waits for it.
    """

    location: str

    @property
    def longest_wait(self) -> float:
        """Seconds for which what the index did of itself, as sealing, has kept every thread of the process at most."""
        return 0.0

    @abstractmethod
    def exists(self) -> bool:
        """Tell whether there is an index at the location, without opening it."""

    @abstractmethod
    def create(
        self,
        layout: ClusterLayout = DEFAULT_LAYOUT,
        *,
        spaces: Sequence[Space] = (),
        meta: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        """Make an index without points, with payload indexes on the keys of `sonolux.index.payload`.

        Parameters
        ----------
        layout : ClusterLayout
            What is asked of a cluster; a folder has none.
        spaces : sequence of Space
            With which it begins; on a cluster they are there as soon as it is, whoever is killed meanwhile.
        meta : mapping
            The library's own part of the manifest with which it begins, in the same way.

        Raises
        ------
        LibraryError
            Where there is an index already, or something else is in its place, or the layout cannot be had.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of files, locks and connections; a later call opens again."""

    def cluster_state(self) -> dict[str, Any]:
        """Return nodes, shards and copies of an index on a cluster, and what a lost node would cost; {} in a folder."""
        return {}

    def check_writable(self) -> None:  # noqa: B027 - a cluster says so when it is written to
        """Raise `LibraryError` where the index is known to take no writes, before work is done in vain.

        What is missing of an index whose maker was killed is made.
        """

    @abstractmethod
    def read_meta(self) -> dict[str, Any]:
        """Return the library's own part of the manifest, {} for a new index."""

    @abstractmethod
    def update_meta(self, change: Callable[[dict[str, Any]], Mapping[str, Any]]) -> dict[str, Any]:
        """Change the library's own part of the manifest, which others may have changed since it was read.

        Parameters
        ----------
        change : callable
            Given the part as it is stored now, returns it as it is to be. It may be called again, with what another
            process has written meanwhile, and is to have no other effect.

        Returns
        -------
        meta : dict
            What is stored now.
        """

    @abstractmethod
    def spaces(self) -> dict[str, Space]:
        """Return the spaces there are, by name."""

    @abstractmethod
    def add_space(self, space: Space) -> None:
        """Add a named vector, leaving all others and every point as they are.

        A space that is there already with the same dimension, metric and kind is left as it is.

        Raises
        ------
        LibraryError
            Where the space is there with another dimension, metric or kind, or makes no sense
            (Hamming distance of floats, codes that do not fill whole bytes).
        """

    @abstractmethod
    def drop_space(self, name: str) -> None:
        """Remove a named vector from the index and from every point; an unknown name is ignored."""

    @abstractmethod
    def upsert(self, points: Sequence[Point]) -> None:
        """Write points whole, replacing those with the same id.

        All or none of one call survives a crash; on a cluster, of each 16 MB of one call.
        """

    @abstractmethod
    def update_vectors(self, points: Sequence[Point]) -> None:
        """Write only the descriptors given; payloads, other descriptors and unknown ids stay as they are."""

    @abstractmethod
    def set_payload(self, ids: Sequence[str], payload: Mapping[str, Any]) -> None:
        """Overwrite the given top-level keys of the payload of some points; other keys stay.

        None as a value removes the key. Unknown ids are ignored.
        """

    @abstractmethod
    def delete(self, ids: Sequence[str]) -> None:
        """Remove points; unknown ids are ignored."""

    @abstractmethod
    def delete_where(self, where: Where) -> None:
        """Remove every point that satisfies the conditions; ValueError where there is no condition."""

    @abstractmethod
    def search(  # noqa: PLR0913 - a question has that many sides; all but three are optional names
        self,
        space: str,
        vector: Vector,
        k: int,
        *,
        where: Where = (),
        without: Sequence[str] = (),
        offset: int = 0,
        keys: Sequence[str] | None = None,
        exact: bool = False,
    ) -> list[ScoredPoint]:
        """Return the ``k`` best points of a space after the first ``offset``, best first.

        ``without`` names points to leave out; ``keys`` the top-level payload keys to bring (None for all,
        an empty sequence for none); ``exact`` asks for a full scan. A sparse space returns only points
        that share a term; its weights are multiplied by the inverse document frequency
        ``ln(1 + (n - df + 0.5) / (df + 0.5))`` of their term among the ``n`` points of the space.
        """

    @abstractmethod
    def sample(self, space: str, n: int) -> list[Point]:
        """Return up to ``n`` points drawn at random from those in a space: id, that descriptor, and key ``file``."""

    @abstractmethod
    def fetch(
        self, ids: Sequence[str], *, spaces: Sequence[str] = (), keys: Sequence[str] | None = None
    ) -> list[Point]:
        """Return the points that exist among ``ids``, with the descriptors and payload keys asked for, any order."""

    @abstractmethod
    def scroll(
        self, where: Where = (), *, spaces: Sequence[str] = (), keys: Sequence[str] | None = None, after: str = ""
    ) -> Iterator[Point]:
        """Yield every point that satisfies the conditions, once, in the order of their ids, a page at a time.

        With ``after``, only those whose id comes after this one, which need not be there.
        """

    @abstractmethod
    def count(self, where: Where = (), *, space: str | None = None) -> int:
        """Return how many points satisfy the conditions, exactly; with ``space``, only those in that space."""

    @abstractmethod
    def facets(self, key: str, where: Where = (), *, limit: int = 100) -> list[FacetCount]:
        """Return the values of a key among the points that satisfy the conditions, and in how many files each is.

        Files are the different values of the payload key ``file``: several spans of one count once. Values are strings
        and numbers, the elements of a list one by one; the most frequent come first, ``limit`` of them. It is answered
        from an index where the key has one and the conditions hold for files alone (``kind`` is ``file``), and by
        reading the points else.
        """

    @abstractmethod
    def optimize(self, progress: Callable[[str], None] | None = None) -> None:
        """Build or rebuild graph indexes after big additions; blocks until done.

        Parameters
        ----------
        progress : callable, optional
            Called with the name of each phase before it begins. What it raises ends the work and leaves the index as
            good as it was.
        """

    def tend(self) -> bool:
        """Do what was put off while people asked, where they no longer do; return whether there was anything.

        Whoever keeps an index open for long calls it now and then; what nobody tends is done by a later write.
        """
        return False

    def __enter__(self) -> Index:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def check_vector(space: Space, vector: Vector) -> NDArray[np.generic] | csr_array:
    """Return the descriptor if it fits the space; raise ValueError with both shapes if not."""
    if space.kind == "sparse":
        fits = isinstance(vector, csr_array) and vector.shape == (1, space.dim)
    else:
        width = space.dim // 8 if space.kind == "binary" else space.dim
        fits = isinstance(vector, np.ndarray) and vector.shape == (width,)
    if not fits:
        raise ValueError(
            f"a descriptor of shape {vector.shape} does not fit space {space.name} ({space.kind}, {space.dim})"
        )
    return vector

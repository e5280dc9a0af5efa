"""Catalog of recordings by their fingerprints: the contract that one in a folder and one on a cluster keep alike.

A query is asked of what may match it, which is in memory or mapped: of a catalog in a folder all of it, of one on a
cluster what the cluster finds near.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence

from sonolux.fingerprints.landmarks import QueryLandmarks
from sonolux.fingerprints.matching import Catalog
from sonolux.fingerprints.segment import Fingerprint, Track

SAMPLES = 256
"""Scores of wrong matches that are kept."""


class RecordingCatalog(ABC):
    """Recordings of one library by their fingerprints; add and delete at any time.

    Nothing is opened or made before the first use. What another process has changed is seen after `close`, if not
    before. Methods raise `sonolux.errors.LibraryError` where the catalog cannot be read or written.
    """

    @abstractmethod
    def exists(self) -> bool:
        """Tell whether there is a catalog."""

    @property
    @abstractmethod
    def samples(self) -> Sequence[tuple[float, float]]:
        """Scores of wrong matches in this catalog: seconds of the query, and score, the latest last."""

    @property
    @abstractmethod
    def model(self) -> str:
        """Model folder whose codes are taken; empty for the one that comes with Sonolux."""

    @abstractmethod
    def choose(self, model: str) -> None:
        """Take the codes of another model from now on; the scores of wrong matches are measured anew."""

    @abstractmethod
    def tracks(self) -> Iterator[Track]:
        """Yield the recordings that are there; what their first frames count from is up to the catalog."""

    def is_empty(self) -> bool:
        """Tell whether there is no recording."""
        return next(self.tracks(), None) is None

    @abstractmethod
    def __len__(self) -> int:
        """Return how many recordings there are."""

    @abstractmethod
    def add(self, recordings: Sequence[tuple[str, str, Fingerprint]]) -> None:
        """Keep recordings, each an id, a path and its fingerprint; durable when it returns.

        A recording replaces one of the same id. It is kept whole or not at all, whatever breaks off; in a folder, so
        are all of one call.
        """

    @abstractmethod
    def note(self, samples: Sequence[tuple[float, float]], *, anew: bool = False) -> None:
        """Keep scores of wrong matches, the latest `SAMPLES` of all; anew, in place of those that there are."""

    @abstractmethod
    def delete(self, ids: Collection[str]) -> int:
        """Take recordings away, by their ids; return how many there were."""

    @abstractmethod
    def recordings(self) -> Iterator[tuple[str, str, Fingerprint]]:
        """Yield id, path and fingerprint of all recordings, a few at a time."""

    @abstractmethod
    def near(self, landmarks: QueryLandmarks) -> Catalog:
        """Return what may match a window of sound with these landmarks."""

    @abstractmethod
    def whole(self) -> Catalog:
        """Return all recordings: mapped from a folder, read from a cluster."""

    @abstractmethod
    def close(self) -> None:
        """Let go of files and connections; a later call opens them again."""

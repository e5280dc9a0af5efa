"""Stretches of objects in buckets: read in ranges by this service, with its own credentials; no client sees any."""

from __future__ import annotations

from sonolux.errors import MediaError
from sonolux.media.objects.reading import ObjectFile
from sonolux.media.objects.refusals import GoneError
from sonolux.server.problems import ProblemError


class ObjectStretch:
    """The bytes of an object, as those of a `sonolux.server.media.stretch.Stretch`: of one version of it.

    Attributes
    ----------
    size : int
    state : tuple of int
        Its time of change in nanoseconds, behind two zeros: it has no device and no number there.
    part : str
        Its URL and its entity tag.
    """

    def __init__(self, file: ObjectFile) -> None:
        self._file = file
        self.size = file.status.size
        self.state = (0, 0, file.status.mtime_ns)
        self.part = f"{file.url} {file.status.etag}"

    def read_at(self, place: int, count: int) -> bytes:
        """Return bytes from a place; fewer at the end."""
        return self._file.read_at(place, count)

    def duplicate(self) -> ObjectStretch:
        """Return the same bytes, for who closes them."""
        return ObjectStretch(self._file.duplicate())

    def close(self) -> None:
        """Forget what was read of it."""
        self._file.close()


def open_object(url: str) -> ObjectStretch:
    """Open the object of an item.

    Raises
    ------
    ProblemError
        ``not-found`` where it has gone, ``unopened`` where the store refuses, or does not answer.
    """
    try:
        return ObjectStretch(ObjectFile(url))
    except GoneError:
        raise ProblemError("not-found", "the object of this item has gone: `sonolux add --prune` notes that") from None
    except MediaError as error:
        raise ProblemError("unopened", f"the object of this item {error}") from None

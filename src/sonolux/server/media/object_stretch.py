"""Stretches of objects in buckets: read in ranges by this service, with its own credentials; no client sees any."""

from __future__ import annotations

from contextlib import closing

from sonolux.errors import MediaError
from sonolux.media.inside.holders import ObjectHolder
from sonolux.media.inside.listing import ByteRange
from sonolux.media.inside.names import MemberName
from sonolux.media.objects.object_file import ObjectFile
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
        Its URL, its entity tag, and the name of the member.
    """

    def __init__(self, file: ObjectFile, place: ByteRange | None = None, member: str = "") -> None:
        self._file = file
        self._place = ByteRange(0, file.status.size) if place is None else place
        self._member = member
        self.size = self._place.size
        self.state = (0, 0, file.status.mtime_ns)
        self.part = f"{file.url} {file.status.etag} {member}"
        file.end = self._place.start + self.size

    def read_at(self, place: int, count: int) -> bytes:
        """Return bytes from a place; fewer at the end."""
        return self._file.read_at(self._place.start + place, max(min(count, self.size - place), 0))

    def duplicate(self) -> ObjectStretch:
        """Return the same bytes, for who closes them."""
        return ObjectStretch(self._file.duplicate(), self._place, self._member)

    def within(self, name: MemberName) -> ObjectStretch:
        """Return the bytes of a member of this; ProblemError where it is not in it, or this cannot be read."""
        try:
            with closing(ObjectHolder(name.holder, self._file.status)) as holder:
                member = holder.listing().members.get(name.member)
        except MediaError as error:
            raise ProblemError("unopened", f"the object that holds this item {error}") from None
        if member is None:
            gone = "the object that held this item no longer does: `sonolux add --prune` notes that"
            raise ProblemError("not-found", gone)
        return ObjectStretch(self._file, member.place, name.member)

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

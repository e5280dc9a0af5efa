"""Stretches: bytes of an open file, all of them or those of one member, that are sent in parts."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Stretch:
    """Bytes of an open file: all of them, or those of one member of it.

    Attributes
    ----------
    descriptor : int
    start : int
    size : int
    state : tuple of int
        Device, number and nanoseconds of the file on the disk, be it the open one or one that this was taken out of.
    part : str
        The member's name; "" for a whole file.
    """

    descriptor: int
    start: int
    size: int
    state: tuple[int, int, int]
    part: str = ""

    def read_at(self, place: int, count: int) -> bytes:
        """Return bytes from a place of the stretch; fewer at its end."""
        return os.pread(self.descriptor, max(min(count, self.size - place), 0), self.start + place)

    def duplicate(self) -> Stretch:
        """Return the same bytes with a descriptor of their own, for who closes it."""
        return replace(self, descriptor=os.dup(self.descriptor))

    def close(self) -> None:
        """Close the file."""
        os.close(self.descriptor)


def whole_file(descriptor: int) -> Stretch:
    """Return all bytes of an open file."""
    status = os.fstat(descriptor)
    return Stretch(descriptor, 0, status.st_size, state_of_file(status))


def state_of_file(status: os.stat_result) -> tuple[int, int, int]:
    """Return device, number and nanoseconds of a file."""
    return status.st_dev, status.st_ino, status.st_mtime_ns

"""Memory estimated before it is taken: what pictures to learn from will need, and what would fit."""

from __future__ import annotations

import os
from pathlib import Path

from sonolux.errors import TrainingError

SHARE = 0.8
"""Of the free memory, that pictures may take."""

TIMES = 3
"""Times that pixels are held at once: as they were read, in their parts, and as the network takes them."""


def free_memory() -> int:
    """Return how many bytes this process may still take, of the machine or of its control group."""
    free = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for line in _lines("/proc/meminfo"):
        if line.startswith("MemAvailable:"):
            free = int(line.split()[1]) * 1024
    most, used = (_lines(f"/sys/fs/cgroup/memory.{name}") for name in ("max", "current"))
    if most and used and most[0].isdigit():
        free = min(free, max(int(most[0]) - int(used[0]), 0))
    return free


class MemoryGuard:
    """Watches what is kept of files whose size nobody knows before they are decoded.

    Parameters
    ----------
    things : str
        What the files are, for messages.
    total : int
        How many of them there are.
    """

    TOLD = 16
    """Files from which it is told how much all of them will need."""

    def __init__(self, things: str, total: int) -> None:
        self.things, self.total = things, total
        self.free = int(SHARE * free_memory())
        self.kept = 0

    def keep(self, size: int, done: int) -> None:
        """Count so many bytes of one of `done` files, itself included.

        Raises
        ------
        TrainingError
            Where all files would need more memory than can be had, as those that are decoded tell, or these do already.
        """
        self.kept += size
        needed = max(self.kept, self.kept * self.total // done if done >= self.TOLD else 0)
        if needed > self.free:
            fitting = self.total * self.free // needed
            raise TrainingError(
                f"{self.total:,} {self.things} need about {needed / 2**30:,.1f} GiB of memory, and"
                f" {self.free / 2**30:,.1f} can be had: at most {fitting:,} such files fit"
            )


def check_memory(source: str, count: int, side: int, times: int = TIMES) -> None:
    """Refuse pictures that would not fit into memory, before the first is read.

    Parameters
    ----------
    source : str
    count : int
    side : int
        Pixels, of height and width.
    times : int
        Bytes that each number of a pixel takes, in all that is made of it.

    Raises
    ------
    TrainingError
        With a size that would fit.
    """
    if not count:
        return
    free, needed = int(SHARE * free_memory()), times * 3 * count * side**2
    if needed <= free:
        return
    fitting = int((free / (times * 3 * count)) ** 0.5)
    fitting -= fitting % 8
    raise TrainingError(
        f"{source}: {count:,} pictures of {side:,} x {side:,} pixels need {needed / 2**30:,.1f} GiB of memory, and"
        f" {free / 2**30:,.1f} can be had: at most --image-size {max(fitting, 8)} fits"
    )


def _lines(file: str) -> list[str]:
    try:
        return Path(file).read_text(encoding="ascii").splitlines()
    except OSError:  # of another system
        return []

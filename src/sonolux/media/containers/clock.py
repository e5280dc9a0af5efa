"""Presentation clock: when in its file a decoded frame is seen or heard, in seconds from the file's zero.

A file's zero is where the first of its streams begins, as in players. Time stamps place frames there; a frame without
one follows the frame before it. Stamps lie in many ways, so one that is off its place is believed only where the next
one bears it out: ahead, it is a gap; a little behind, an overlap; far off, the clock was set anew (recordings that were
joined), and time goes on from where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

TOLERANCE = 0.1
"""Seconds by which a stamp may be off where sound is counted: containers round stamps, and every seam would click."""

OVERLAP = 1.0
"""Seconds that are there twice, at most."""

LONGEST_LEAD = 60.0
"""Seconds of sound before the file's zero, which is not heard, and of a last picture's wait, at most."""

LONGEST_GAP = 12 * 3600.0
"""Seconds of a gap, and of all gaps in a sound together, that are believed."""

LONGEST_RESTARTING_GAP = 3600.0
"""The same for formats in which joined recordings keep clocks of their own, such as MPEG-TS and Ogg."""

AV_TIME_BASE = 1_000_000


def zero_of(container: Any) -> float | None:
    """Return the stamp, in seconds, at which an open container begins; None where it does not know."""
    return None if container.start_time is None else float(container.start_time) / AV_TIME_BASE


class Clock:
    """Places the frames of one stream, in the order in which they are shown.

    Parameters
    ----------
    container : av.container.InputContainer
    counts : bool
        Whether frames follow each other without a seam unless a stamp is off by more than `TOLERANCE`: sound.

    Attributes
    ----------
    end : float
        Seconds at which what was placed ends.
    gaps : float
        Seconds of gaps within.
    announced : float
        Seconds at which the container says that it ends, 0 where it does not.
    """

    def __init__(self, container: Any, *, counts: bool) -> None:
        from av.format import Flags

        restarts = bool(container.format.flags & Flags.ts_discont.value)
        self.end = self.gaps = 0.0
        self._zero = zero_of(container)
        self.announced = float(container.duration or 0) / AV_TIME_BASE
        self._longest = LONGEST_RESTARTING_GAP if restarts else LONGEST_GAP
        self._counts = counts
        self._shift = self._last = self._next = 0.0
        self._begun = False

    def place(self, stamp: float | None, length: float, following: float | None) -> float:
        """Return the seconds at which a frame begins; sound that begins before the last ended was there twice.

        Parameters
        ----------
        stamp, following : float or None
            Seconds that the container says of this frame and of the next, None where it says nothing.
        length : float
            Seconds that the frame lasts.
        """
        time = self.end if stamp is None else self._believed(stamp, length, following)
        if self._begun and time > self.end + TOLERANCE:
            self.gaps += time - self.end
        self._begun, self._last, self._next = True, time, time + length
        self.end = max(self.end, time + length)
        return time

    def _believed(self, stamp: float, length: float, following: float | None) -> float:
        self._zero = stamp if self._zero is None else self._zero
        time = stamp - self._zero + self._shift
        earliest = self.end if self._counts else self._last
        if earliest - TOLERANCE <= time <= self.end + TOLERANCE:
            return self.end if self._counts else max(time, self._last)
        step = None if following is None or following <= stamp else following - stamp
        if self._counts and abs(time - self._next) <= length / 2:
            return time
        if 0 < time - self.end <= self._longest - (self.gaps if self._counts else 0.0):
            slide = not self._counts and time - self.end <= LONGEST_LEAD
            expected = slide or not self._begun or time <= self.announced + OVERLAP
            return time if step or (following is None and expected) else self.end
        if step is None:
            return self.end
        overlaps = self._counts and -(OVERLAP if self.end else LONGEST_LEAD) <= time - self.end < 0
        if overlaps and abs(step - length) <= length / 2:
            return time
        # A single stamp that is off says nothing of those behind it.
        if abs(time + step - self.end - length) > TOLERANCE:
            self._shift += self.end - time
        return self.end


def in_time(decoded: Iterable[Any], clock: Clock, length: Callable[[Any], float]) -> Iterator[tuple[float, Any]]:
    """Yield decoded frames with the seconds at which they begin; ``length`` tells how long one lasts."""
    held = None
    for frame in decoded:
        if held is not None:
            yield clock.place(held.time, length(held), frame.time), held
        held = frame
    if held is not None:
        yield clock.place(held.time, length(held), None), held

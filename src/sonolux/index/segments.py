"""Segments, the parts in which an embedded index is kept, and when the one that points come into is sealed.

A segment that can be written has no graph and holds its indexes in memory. Once it is large it is sealed: its points go
into a segment with a graph (see `sonolux.index.hnsw`), whose vectors and largest indexes are read from the disk. So
memory does not grow with what is added. A search asks every segment, so the smallest are merged when there are many.

The engine keeps Python's lock while it seals, some seconds: questions of all threads wait. So while people ask, sealing
is put off until they have not for a while, or until too much would be held in memory.
"""

from __future__ import annotations

UNSEALED = 4_000
"""Points written before a segment is sealed; an eighth of all, where that is more."""

SEALED_KB = 1_000
"""Kilobytes of one space's vectors below which a segment stays as it is."""

SEGMENTS = 16
"""Segments there may be before the smallest are merged."""


QUIET = 5.0
"""Seconds without a question after which a segment that is full is sealed."""

PUT_OFF = 12_000
"""Points written beyond those that make a segment full, at which it is sealed whoever asks."""


def is_full(written: int, points: int) -> bool:
    """Tell whether so many points that were written, of so many in all, are to be sealed."""
    return written >= _most(points)


def is_due(written: int, points: int, quiet: float) -> bool:
    """Tell whether they are to be sealed now, so many seconds after the last question."""
    most = _most(points)
    return written >= (most if quiet >= QUIET else most + PUT_OFF)


def _most(points: int) -> int:
    return max(UNSEALED, points // 8)

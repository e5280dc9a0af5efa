"""Segments, the parts in which an embedded index is kept, and when the one that points come into is sealed.

A segment that can be written has no graph and holds its indexes in memory. Once it is large it is sealed: its points go
into a segment with a graph (see `sonolux.index.hnsw`), whose vectors and largest indexes are read from the disk. So
memory does not grow with what is added. A search asks every segment, so the smallest are merged when there are many.
"""

from __future__ import annotations

UNSEALED = 4_000
"""Points written before a segment is sealed; an eighth of all, where that is more."""

SEALED_KB = 1_000
"""Kilobytes of one space's vectors below which a segment stays as it is."""

SEGMENTS = 16
"""Segments there may be before the smallest are merged."""


def is_full(written: int, points: int) -> bool:
    """Tell whether so many points that were written, of so many in all, are to be sealed."""
    return written >= max(UNSEALED, points // 8)

"""Copies among candidates: places of several recordings that expect the same peaks of a query are one piece.

Where a catalog has a piece many times, most places that are looked at may be right. What wrong places score is then to
be learned from one of the copies and the others, or a right one would not stand out from the rest.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sonolux.fingerprints.alignment import Alignments, QueryEvidence, expected_peaks
from sonolux.fingerprints.segment import CatalogSegment

PLAUSIBLE = 8.3
"""Score from which a place may be right: two deviations above what wrong ones usually have."""

MOST = 256
"""Recordings that are compared; those with the best places."""

CELL = (4, 3)
"""Frames and bands in which peaks count as the same."""

FEWEST = 16
"""Cells with peaks under which places are not compared."""

SHARED = 0.45
"""Of the cells of one place, from which it is a copy of another; of unrelated music they share a tenth."""


def find_copies(
    query: QueryEvidence, segments: Sequence[CatalogSegment], rows: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Tell which places are in recordings that are copies of one with a better place.

    Parameters
    ----------
    query : QueryEvidence
    segments : sequence of CatalogSegment
    rows : ndarray of float64, shape (n, >= 5)
        Score, segment, track, start and speed of places, the best first.
    """
    recordings, best, owner = np.unique(rows[:, 1:3], axis=0, return_index=True, return_inverse=True)
    of = np.argsort(best)[:MOST]
    of = of[rows[best[of], 0] >= PLAUSIBLE]
    copies = np.zeros(len(recordings), bool)
    if len(of) > 1:
        cells = _cells(query, segments, rows[best[of]])
        sizes = cells.sum(axis=1)
        least = np.maximum(np.minimum(sizes[:, None], sizes), FEWEST)
        alike = cells @ cells.T >= SHARED * least
        for number in range(len(of)):
            if not copies[of[number]]:
                copies[of[number + 1 :][alike[number, number + 1 :]]] = True
    told: NDArray[np.bool_] = copies[owner.ravel()]
    return told


def _cells(query: QueryEvidence, segments: Sequence[CatalogSegment], rows: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return which cells of the query each place expects a peak in, (places, cells)."""
    height, width = (-(-length // step) for length, step in zip(query.values.shape, CELL, strict=True))
    cells = np.zeros((len(rows), height * width), np.float32)
    for number in np.unique(rows[:, 1]).astype(int):
        mine = np.flatnonzero(rows[:, 1] == number)
        places = Alignments(rows[mine, 2].astype(np.int64), rows[mine, 3], rows[mine, 4])
        place, row, column = expected_peaks(query, segments[number], places)
        cells[mine[place], row // CELL[0] * width + column // CELL[1]] = 1
    return cells

"""Paths between items: a playlist that leads from one item to another in steps that are small and even.

Points are set evenly on the great circle between two descriptors (Shoemake 1985, "Animating rotation with quaternion
curves", SIGGRAPH). The items nearest to them are assigned to them, one each, by the least sum of squared distances
(Kuhn 1955, "The Hungarian method for the assignment problem"); then an item gives way, a few times over, to one that
makes the steps to its neighbours smaller.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

CANDIDATES = 24
"""Nearest items of a point, among which its step is chosen."""

SWEEPS = 3

PARALLEL = 1e-4
"""Angle in radians below which two descriptors are one."""

NearItems = Callable[[NDArray[np.float32], int], tuple[Sequence[str], NDArray[np.float32]]]
"""Return the ids and the descriptors, of length 1, of the items nearest to a point."""


def find_path(
    start: NDArray[np.float32], end: NDArray[np.float32], steps: int, near: NearItems
) -> list[tuple[str, float]]:
    """Return the items between two descriptors, without these.

    Parameters
    ----------
    start, end : ndarray, shape (dim,)
        Of length 1.
    steps : int
        How many items are wanted between; fewer come where there are no more.
    near : callable

    Returns
    -------
    path : list of (id, cosine)
        The cosine of each to its point.
    """
    points = np.stack([great_circle_point(start, end, (n + 1) / (steps + 1)) for n in range(steps)] or [start])
    rows: dict[str, NDArray[np.float32]] = {}
    for point in points[:steps]:
        rows.update(zip(*near(point, CANDIDATES + steps), strict=True))
    if not rows:
        return []
    from scipy.optimize import linear_sum_assignment

    ids, stacked = list(rows), np.stack(list(rows.values()))
    off = _squared(points, stacked)
    taken, places = linear_sum_assignment(off)  # of fewer items than points, some points stay without
    kept = points[taken]
    smoothed = _smooth(start, end, _squared(kept, stacked), stacked, places)
    return [(ids[place], float(kept[number] @ stacked[place])) for number, place in enumerate(smoothed)]


def great_circle_point(start: NDArray[np.float32], end: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """Return the point of the great circle between two directions at a share of the way."""
    angle = float(np.arccos(np.clip(start @ end, -1.0, 1.0)))
    if angle < PARALLEL:
        return start
    if np.pi - angle < PARALLEL:  # every great circle leads there: the straight line, past zero, has no direction
        other = np.roll(start, 1)
        side = other - (other @ start) * start
        side /= max(float(np.linalg.norm(side)), PARALLEL)
        return np.asarray(np.cos(share * np.pi) * start + np.sin(share * np.pi) * side, np.float32)
    mixed = (np.sin((1 - share) * angle) * start + np.sin(share * angle) * end) / np.sin(angle)
    return np.asarray(mixed, np.float32)


def _smooth(
    start: NDArray[np.float32],
    end: NDArray[np.float32],
    off: NDArray[np.float64],
    rows: NDArray[np.float32],
    places: NDArray[np.intp],
) -> list[int]:
    """Return the items, one a point, after each has given way to a better one that is free, `SWEEPS` times over."""
    chosen: list[int] = places.tolist()
    for _ in range(SWEEPS):
        for number in range(len(chosen)):
            before = rows[chosen[number - 1]] if number else start
            after = rows[chosen[number + 1]] if number + 1 < len(chosen) else end
            cost = off[number] + _squared(np.stack([before, after]), rows).sum(axis=0)
            cost[[place for other, place in enumerate(chosen) if other != number]] = np.inf
            chosen[number] = int(cost.argmin())
    return chosen


def _squared(points: NDArray[np.float32], rows: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return squared distances of directions, (points, rows)."""
    return np.asarray(2 - 2 * (points @ rows.T), np.float64)

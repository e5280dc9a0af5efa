"""Text line geometry: which way lines of text lie in an image, and in which order they are read.

A line is a quadrilateral: four corners in pixels, x to the right and y down, clockwise from the upper left as it lies
in the image. Turns are quarter turns against the clock that a line needs to stand upright.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import atan2, hypot, pi

import numpy as np
from numpy.typing import NDArray

SAME_ROW = 0.5
"""Of the height of the smaller line: lines whose middles are no further apart are in one row."""

SAME_HEIGHT = 0.6
"""Of the smaller height: pieces of one line share that much of it, and differ by no more."""

SAME_PLACE = 0.6
"""Of the smaller of two boxes: what shares more with another one is the same line, found twice."""

TALL = 1.5
"""Times as high as it is wide is a line that probably stands on its end."""


@dataclass(frozen=True, slots=True, eq=False)
class TextLine:
    """A line of text, as it was read.

    Attributes
    ----------
    text : str
    confidence : float
        In [0, 1].
    corners : ndarray of float, shape (4, 2)
        Pixels; see the module.
    turns : int
        0 to 3, of the image within the corners, to be upright.
    """

    text: str
    confidence: float
    corners: NDArray[np.float64]
    turns: int = 0

    @property
    def weight(self) -> float:
        """What the line counts where lines vote: its characters, as far as they are sure."""
        return self.confidence * len(self.text)

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, upper, right and lower edge of the upright box around it."""
        x0, y0, x1, y1 = _box(self.corners).tolist()
        return x0, y0, x1, y1


def edges_of(corners: NDArray[np.float64]) -> tuple[float, float]:
    """Return the width and height of a quadrilateral, the longer of each two opposite edges."""
    across = max(hypot(*(corners[1] - corners[0])), hypot(*(corners[2] - corners[3])))
    down = max(hypot(*(corners[3] - corners[0])), hypot(*(corners[2] - corners[1])))
    return across, down


def likely_turns(corners: NDArray[np.float64]) -> tuple[int, ...]:
    """Return the turns that a line may need, likeliest first.

    A wide one lies upright or upside down. A tall one stands on either end, or is a single upright letter, such as
    an I. One that is neither may be anything.
    """
    width, height = edges_of(corners)
    if height >= TALL * width:
        return (1, 3, 0) if height < 2 * TALL * width else (1, 3)
    return (0, 2) if width >= TALL * height else (0, 2, 1, 3)


def reading_direction(lines: Iterable[TextLine]) -> NDArray[np.float64]:
    """Return the unit vector (2,) along which most of the text runs: x to the right, y down.

    Lines vote for a quarter of the circle by their weight; the direction is the mean of that quarter's, so that text
    of a page that lies a few degrees askew runs along its own lines.
    """
    votes: list[list[NDArray[np.float64]]] = [[], [], [], []]
    for line in lines:
        along = _along(line.corners, line.turns)
        votes[_quarter(along)].append(along * line.weight)
    sums = [np.sum(vote, axis=0) if vote else np.zeros(2) for vote in votes]
    best = max(sums, key=lambda total: hypot(*total))
    length = hypot(*best)
    return best / length if length else np.array([1.0, 0.0])


def turns_along(corners: NDArray[np.float64], direction: NDArray[np.float64]) -> int:
    """Return the turns after which a line runs along a direction, as nearly as it can."""
    return max(range(4), key=lambda turns: float(_along(corners, turns) @ direction))


def in_reading_order(lines: Sequence[TextLine]) -> list[TextLine]:
    """Return lines row by row, and within a row from its beginning, along the direction of most of the text."""
    along = reading_direction(lines)
    down = np.array([-along[1], along[0]])
    middles = {id(line): line.corners.mean(axis=0) for line in lines}
    heights = {id(line): min(edges_of(line.corners)) for line in lines}
    rows: list[list[TextLine]] = []
    for line in sorted(lines, key=lambda line: float(middles[id(line)] @ down)):
        if rows:
            nearest = min(rows[-1], key=lambda other: abs(float((middles[id(other)] - middles[id(line)]) @ along)))
            apart = abs(float((middles[id(line)] - middles[id(nearest)]) @ down))
            if apart <= SAME_ROW * min(heights[id(line)], heights[id(nearest)]):
                rows[-1].append(line)
                continue
        rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda line: float(middles[id(line)] @ along))]


def join_pieces(found: Iterable[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    """Return quadrilaterals, those made one that lie along the same line and overlap: a line that tiles have cut.

    Parameters
    ----------
    found : iterable of ndarray of float, shape (4, 2)
        Those of all tiles; where the same line is among them twice, it comes out once.
    """
    joined: list[NDArray[np.float64]] = []
    boxes = np.empty((0, 4))
    for corners in found:
        whole = corners
        # A piece may be the link between two that were apart before.
        while (place := next((at for at in _near(boxes, whole) if _is_same_line(joined[at], whole)), None)) is not None:
            boxes = np.delete(boxes, place, axis=0)
            whole = _around(joined.pop(place), whole)
        joined.append(whole)
        boxes = np.vstack([boxes, _box(whole)])
    return joined


def _box(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([corners.min(axis=0), corners.max(axis=0)])


def _near(boxes: NDArray[np.float64], corners: NDArray[np.float64]) -> list[int]:
    """Return which of many boxes (n, 4) overlap that of a quadrilateral: of thousands, few have to be looked at."""
    x0, y0, x1, y1 = _box(corners)
    overlap = (boxes[:, 0] < x1) & (boxes[:, 2] > x0) & (boxes[:, 1] < y1) & (boxes[:, 3] > y0)
    return [int(place) for place in np.flatnonzero(overlap)]


def _is_same_line(first: NDArray[np.float64], second: NDArray[np.float64]) -> bool:
    """Tell whether two quadrilaterals overlap along the longer edge of the first, and are as high as each other."""
    axes = _axes(first)
    (low, high), (other_low, other_high) = (
        (each.min(axis=0), each.max(axis=0)) for each in (first @ axes, second @ axes)
    )
    along, across = np.minimum(high, other_high) - np.maximum(low, other_low)
    heights = sorted((float((high - low)[1]), float((other_high - other_low)[1])))
    return bool(along > 0 and across >= SAME_HEIGHT * heights[0] and heights[1] <= heights[0] / SAME_HEIGHT)


def _around(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rectangle around two quadrilaterals that lies as the larger one, its corners named as the larger's."""
    larger = max(first, second, key=lambda corners: float(np.prod(edges_of(corners))))
    across = larger[1] - larger[0]
    axes = _upright_axes(across)
    both = np.concatenate([first, second]) @ axes
    (x0, y0), (x1, y1) = both.min(axis=0), both.max(axis=0)
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]) @ axes.T


def _axes(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return unit vectors as columns: along the longer edge of a quadrilateral, and across it."""
    width, height = edges_of(corners)
    return _upright_axes(corners[1] - corners[0] if width >= height else corners[3] - corners[0])


def _upright_axes(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return unit vectors as columns: along a vector, and a quarter turn from it, x to y."""
    length = hypot(*vector)
    along = vector / length if length else np.array([1.0, 0.0])
    return np.stack([along, (-along[1], along[0])], axis=1)


def without_doubles(lines: Sequence[TextLine]) -> list[TextLine]:
    """Return lines without those that are part of another: what two tiles of an image show, each found once."""
    kept: list[TextLine] = []
    boxes = np.empty((0, 4))
    for line in sorted(lines, key=lambda line: -line.weight):
        if all(_shared(line, kept[place]) <= SAME_PLACE for place in _near(boxes, line.corners)):
            kept.append(line)
            boxes = np.vstack([boxes, _box(line.corners)])
    return kept


def _along(corners: NDArray[np.float64], turns: int) -> NDArray[np.float64]:
    """Return the unit vector along which the text of a line runs, that is upright after so many turns."""
    across, down = corners[1] - corners[0], corners[3] - corners[0]
    vector = np.asarray((across, down, -across, -down)[turns], float)
    length = hypot(*vector)
    return vector / length if length else np.array([1.0, 0.0])


def _quarter(vector: NDArray[np.float64]) -> int:
    return round(atan2(vector[1], vector[0]) / (pi / 2)) % 4


def _shared(a: TextLine, b: TextLine) -> float:
    """Return how much of the smaller of two lines the other covers, from 0 to 1, in boxes that lie as the second."""
    axes = _upright_axes(b.corners[1] - b.corners[0])
    (first, second), edges = (line.corners @ axes for line in (a, b)), [np.min, np.max]
    low, high = (np.stack([edge(corners, axis=0) for corners in (first, second)]) for edge in edges)
    common = np.clip(high.min(axis=0) - low.max(axis=0), 0, None).prod()
    smaller = (high - low).prod(axis=1).min()
    return float(common / smaller) if smaller > 0 else 1.0

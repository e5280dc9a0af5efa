"""Agreement of aligned pixels: whether two pictures, laid upon each other, are one photograph.

One is warped onto the coarser of the two, and the luma of each neighbourhood is correlated. What a program does to all
of a picture (size, compression, colours, contrast, blur) keeps neighbourhoods correlated everywhere; two takes of one
scene differ in small shifts wherever there are edges. What is written or pasted over a picture spoils its own place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

COMPARED = 160
"""Pixels of the longer side at which pictures are compared, at most."""

SMALLEST = 24
"""Pixels of an edge under which there is too little to compare."""

WINDOW = 9
"""Pixels of a neighbourhood."""

TEXTURE = 5.0
"""Standard deviation of luma, of 255, from which a neighbourhood shows something."""

ALIKE = 0.7
"""Correlation from which neighbourhoods are the same."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two aligned pictures agree.

    Attributes
    ----------
    share : float
        Of the neighbourhoods that show something in either, those that are the same.
    correlation : float
        Mean correlation of those that are the same.
    first, second : float
        Share of each picture that lies upon the other.
    shown : float
        Share of what is compared that shows something.
    """

    share: float
    correlation: float
    first: float
    second: float
    shown: float


NONE = Agreement(0.0, 0.0, 0.0, 0.0, 0.0)


def luma(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the luma (h, w) of an image (h, w, 3), in 0 to 255."""
    return np.asarray(pixels @ np.array([0.299, 0.587, 0.114], np.float32), np.float32)


def stretched(first: tuple[int, int], second: tuple[int, int]) -> NDArray[np.float64]:
    """Return the transform (2, 3) that lays all of the second picture upon all of the first, given (height, width)."""
    y, x = first[0] / second[0], first[1] / second[1]
    # Pixels are squares whose centres have whole numbers.
    return np.array([[x, 0, (x - 1) / 2], [0, y, (y - 1) / 2]])


def agreement(
    first: NDArray[np.float32], second: NDArray[np.float32], transform: NDArray[np.float64]
) -> Agreement:
    """Compare two pictures, given as luma and the transform (2, 3) from places of the second to those of the first."""
    import cv2

    scale = float(np.sqrt(abs(np.linalg.det(transform[:, :2]))))
    if scale > 1:  # the second is the coarser one
        turned = agreement(second, first, cv2.invertAffineTransform(transform))
        return Agreement(turned.share, turned.correlation, turned.second, turned.first, turned.shown)
    small = min(1.0, COMPARED / max(first.shape))
    ground = _resized(first, small)
    shrunk = max(scale * small, SMALLEST / min(second.shape))
    upper = _resized(second, min(1.0, shrunk))
    # From pixels of the shrunk second to those of the shrunk first.
    matrix = _centred(ground.shape, first.shape) @ _square(transform) @ _centred(second.shape, upper.shape)
    size = (ground.shape[1], ground.shape[0])
    warped = cv2.warpAffine(upper, matrix[:2], size, flags=cv2.INTER_LINEAR)
    there = cv2.warpAffine(np.ones_like(upper), matrix[:2], size, flags=cv2.INTER_NEAREST) > 0
    covered = float(there.mean())
    if min(ground.shape) < SMALLEST or covered * min(ground.shape) < SMALLEST / 2:
        return NONE
    area = abs(np.linalg.det(matrix[:2, :2])) * upper.size
    inside = cv2.erode(there.astype(np.uint8), np.ones((WINDOW, WINDOW), np.uint8)) > 0
    correlation, textured = _correlation(ground, warped)
    seen = textured & inside
    if not seen.any():
        return NONE
    same = seen & (correlation >= ALIKE)
    return Agreement(
        share=float(same.sum() / seen.sum()),
        correlation=float(correlation[same].mean()) if same.any() else 0.0,
        first=covered,
        second=min(1.0, float(there.sum() / area)),
        shown=float(seen.sum() / max(inside.sum(), 1)),
    )


def _correlation(
    first: NDArray[np.float32], second: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return how far each neighbourhood of two pictures correlates, and whether it shows something in either."""
    import cv2

    def mean(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(cv2.blur(values, (WINDOW, WINDOW)), np.float32)

    one, other = mean(first), mean(second)
    spread = np.maximum(mean(first * first) - one * one, 0)
    other_spread = np.maximum(mean(second * second) - other * other, 0)
    together = mean(first * second) - one * other
    return together / np.sqrt(spread * other_spread + 1.0), np.maximum(spread, other_spread) >= TEXTURE**2


def _resized(picture: NDArray[np.float32], scale: float) -> NDArray[np.float32]:
    import cv2

    height, width = (max(1, round(edge * scale)) for edge in picture.shape)
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.float32)


def _centred(first: tuple[int, ...], second: tuple[int, ...]) -> NDArray[np.float64]:
    """Return `stretched` as a matrix (3, 3)."""
    return _square(stretched((first[0], first[1]), (second[0], second[1])))


def _square(transform: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.vstack([transform, [0, 0, 1]])

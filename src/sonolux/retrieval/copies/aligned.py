"""PixelAgreement of aligned pixels: whether two pictures, laid upon each other, are one photograph.

One is warped onto the coarser of the two, and the luma of each neighbourhood is correlated. What a program does to all
of a picture (size, compression, colours, contrast, blur) keeps neighbourhoods correlated everywhere, and in place to a
fraction of a pixel; two takes of one scene are off by more, and differ in their grain. What is written or pasted over a
picture spoils its own place and leaves the grain of all others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

COMPARED = 112
"""Pixels of the longer side at which pictures are compared, at most."""

FINE = 320
"""Pixels of the longer side at which their grain is compared, at most."""

SMALLEST = 24
"""Pixels of an edge under which there is too little to compare."""

WINDOW = 9
"""Pixels of a neighbourhood."""

SHOWN, STRONG = 5.0, 15.0
"""Standard deviation of luma, of 255, from which a neighbourhood shows something, and something strong."""

ALIKE, CHANGED = 0.7, 0.4
"""Correlation from which neighbourhoods are the same, and under which strong ones are not."""

GRAIN = (2.0, 8.0)
"""Standard deviation of neighbourhoods that show hardly more than the grain of a photograph."""

ENOUGH_GRAIN = 0.01
"""Share of such neighbourhoods from which grain can be compared."""


@dataclass(frozen=True, slots=True)
class PixelAgreement:
    """How far two aligned pictures agree.

    Attributes
    ----------
    share : float
        Of the neighbourhoods that show something in either, those that are the same.
    changed : float
        Share of what is compared where one shows something strong and the other something else.
    grain : float
        Median correlation of neighbourhoods that show hardly anything: two exposures have grain of their own. 0 where
        there is too little.
    shift : float
        Pixels, at `FINE`, by which quarters of the pictures are off each other; the upper one of the middle two.
    first, second : float
        Share of each picture that lies upon the other.
    """

    share: float
    changed: float
    grain: float
    shift: float
    first: float
    second: float


NONE = PixelAgreement(0.0, 1.0, 0.0, np.inf, 0.0, 0.0)


def luma(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the luma (h, w) of an image (h, w, 3), in 0 to 255."""
    return np.asarray(pixels @ np.array([0.299, 0.587, 0.114], np.float32), np.float32)


def colour_difference(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return by how much the colours of two pictures (h, w, 3) differ, in 0 to 255, smoothed, at `COMPARED` pixels."""
    import cv2

    scale = min(COMPARED, max(first.shape), max(second.shape)) / max(first.shape[:2])
    size = max(1, round(first.shape[1] * scale)), max(1, round(first.shape[0] * scale))
    one, other = (
        cv2.blur(cv2.resize(each, size, interpolation=cv2.INTER_AREA).astype(np.float32), (3, 3))
        for each in (first, second)
    )
    return np.asarray(np.abs(one - other), np.float32)


def stretched(first: tuple[int, int], second: tuple[int, int]) -> NDArray[np.float64]:
    """Return the transform (2, 3) that lays all of the second picture upon all of the first, given (height, width)."""
    y, x = first[0] / second[0], first[1] / second[1]
    # Pixels are squares whose centres have whole numbers.
    return np.array([[x, 0, (x - 1) / 2], [0, y, (y - 1) / 2]])


def agreement(
    first: NDArray[np.float32], second: NDArray[np.float32], transform: NDArray[np.float64]
) -> PixelAgreement:
    """Compare two pictures, given as luma and the transform (2, 3) from places of the second to those of the first."""
    import cv2

    if abs(np.linalg.det(transform[:, :2])) > 1:  # the second is the coarser one
        turned = agreement(second, first, np.asarray(cv2.invertAffineTransform(transform), np.float64))
        return replace(turned, first=turned.second, second=turned.first)
    coarse, fine = (_laid_upon(first, second, transform, side) for side in (COMPARED, FINE))
    if coarse is None or fine is None:
        return NONE
    correlation, one, other = _correlation(coarse)
    strongest = np.maximum(one, other)
    shown = coarse.inside & (strongest >= SHOWN)
    if not shown.any():
        return NONE
    changed = coarse.inside & (strongest >= STRONG) & (correlation < CHANGED)
    return PixelAgreement(
        share=float((correlation[shown] >= ALIKE).mean()),
        changed=float(changed.sum() / coarse.inside.sum()),
        grain=_grain(fine),
        shift=_shift(fine),
        first=coarse.first,
        second=coarse.second,
    )


class _Laid(NamedTuple):
    """Two pictures of one size, where both are there and not near the end of either, and how much of each that is."""

    ground: NDArray[np.float32]
    upper: NDArray[np.float32]
    inside: NDArray[np.bool_]
    first: float
    second: float


def _laid_upon(
    first: NDArray[np.float32], second: NDArray[np.float32], transform: NDArray[np.float64], side: int
) -> _Laid | None:
    """Return the second picture, the finer one, laid upon the first at a size; None where too little is common."""
    import cv2

    small = min(1.0, side / max(first.shape))
    ground = _resized(first, small)
    finer = float(np.sqrt(abs(np.linalg.det(transform[:, :2])))) * small
    reduced = _resized(second, finer) if min(second.shape) * finer >= 1 else second
    # From pixels of the reduced second to those of the reduced first.
    matrix = (_centred(ground, first) @ _square(transform) @ _centred(second, reduced))[:2]
    size = (ground.shape[1], ground.shape[0])
    upper = cv2.warpAffine(reduced, matrix, size, flags=cv2.INTER_LINEAR)
    there = cv2.warpAffine(np.ones_like(reduced), matrix, size, flags=cv2.INTER_NEAREST) > 0
    inside = cv2.erode(there.astype(np.uint8), np.ones((WINDOW, WINDOW), np.uint8)) > 0
    if inside.sum() < SMALLEST**2:
        return None
    area = abs(np.linalg.det(matrix[:, :2])) * reduced.size
    return _Laid(
        ground, np.asarray(upper, np.float32), inside, float(there.mean()), min(1.0, float(there.sum() / area))
    )


def _shift(fine: _Laid) -> float:
    """Return by how much the quarters of two pictures are off each other, by phase correlation."""
    import cv2

    height, width = (edge // 2 for edge in fine.ground.shape)
    window = cv2.createHanningWindow((width, height), cv2.CV_32F)
    shifts = []
    for y in (0, fine.ground.shape[0] - height):
        for x in (0, fine.ground.shape[1] - width):
            one, other = (
                np.ascontiguousarray(each[y : y + height, x : x + width]) for each in (fine.ground, fine.upper)
            )
            (right, down), _ = cv2.phaseCorrelate(one, other, window)
            shifts.append(float(np.hypot(right, down)))
    return float(np.sort(shifts)[2])


def _grain(fine: _Laid) -> float:
    correlation, one, other = _correlation(fine)
    weak = fine.inside & (np.minimum(one, other) >= GRAIN[0]) & (np.maximum(one, other) <= GRAIN[1])
    return float(np.median(correlation[weak])) if weak.mean() >= ENOUGH_GRAIN else 0.0


def _correlation(laid: _Laid) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return how far each neighbourhood of two pictures correlates, and the standard deviation in each."""
    import cv2

    def mean(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(cv2.blur(values, (WINDOW, WINDOW)), np.float32)

    first, second = laid.ground, laid.upper
    one, other = mean(first), mean(second)
    spread = np.maximum(mean(first * first) - one * one, 0)
    other_spread = np.maximum(mean(second * second) - other * other, 0)
    together = mean(first * second) - one * other
    correlation = np.asarray(together / np.sqrt(spread * other_spread + 0.25), np.float32)
    return correlation, np.sqrt(spread), np.sqrt(other_spread)


def _resized(picture: NDArray[np.float32], scale: float) -> NDArray[np.float32]:
    import cv2

    height, width = (max(1, round(edge * scale)) for edge in picture.shape)
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.float32)


def _centred(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return `stretched` of two pictures, as a matrix (3, 3)."""
    return _square(stretched((first.shape[0], first.shape[1]), (second.shape[0], second.shape[1])))


def _square(transform: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.vstack([transform, [0, 0, 1]])

"""Local features: how one picture lies within another, told by points that both have.

SIFT keypoints of two pictures are matched, and a similarity transform (shift, turn, size) is estimated from the matches
by RANSAC: it finds crops, borders, and pictures in pictures, which no hash of the whole does.

References
----------
D. Lowe, "Distinctive image features from scale-invariant keypoints", IJCV 2004; R. Arandjelović and A. Zisserman,
"Three things everyone should know to improve object retrieval", CVPR 2012, for the square roots.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MOST = 400
"""Keypoints of a picture."""

FEW = 100
"""Keypoints under which fainter ones are looked for as well, in skies, sketches and pages."""

FAINT = 0.01
"""Contrast of a faint keypoint; 0.04 is usual (Lowe 2004, with OpenCV's scale)."""

RATIO = 0.8
"""Of the distances to the nearest and the second nearest, up to which a match is unambiguous (Lowe 2004)."""

REACH = 3.0
"""Pixels by which a match may miss the transform."""

FEWEST = 10
"""Matches that agree on a transform, at least."""

SCALES = (0.2, 5.0)
"""Sizes of one picture in another."""


class LocalFeatures(NamedTuple):
    """Keypoints of a picture: places (n, 2) as x, y in pixels, and SIFT descriptors (n, 128), 50 kB in all.

    A descriptor is 4 x 4 places by 8 directions, of which OpenCV gives whole numbers.
    """

    places: NDArray[np.float32]
    descriptors: NDArray[np.uint8]

    def shifted(self, left: int, upper: int) -> LocalFeatures:
        """Return the keypoints as they lie in a picture of which this one is a box that begins there."""
        return LocalFeatures(self.places + np.array([left, upper], np.float32), self.descriptors)

    def mirrored(self, width: int) -> LocalFeatures:
        """Return what the keypoints would be, were the picture of this width mirrored: left is right.

        Seen along its own direction, the neighbourhood of a point has its sides swapped, and its directions turn the
        other way round; so no picture need be described twice.
        """
        places = self.places * np.array([-1, 1], np.float32) + np.array([width - 1, 0], np.float32)
        rows = self.descriptors.reshape(-1, 4, 4, 8)[:, ::-1, :, -np.arange(8) % 8]
        return LocalFeatures(places, np.ascontiguousarray(rows).reshape(-1, 128))

    def roots(self) -> NDArray[np.float32]:
        """Return the square roots of the descriptors, each scaled to length 1."""
        described = self.descriptors.astype(np.float32)
        return np.asarray(np.sqrt(described / np.maximum(described.sum(axis=1, keepdims=True), 1e-9)), np.float32)


def local_features(picture: NDArray[np.float32]) -> LocalFeatures:
    """Return the keypoints of a picture, given as luma."""
    import cv2

    # Without it places are off by a quarter of a pixel, to the other side in a mirrored picture.
    sift = cv2.SIFT.create(nfeatures=MOST, enable_precise_upscale=True)
    found, described = sift.detectAndCompute(picture.astype(np.uint8), None)
    if len(found) < FEW:
        faint = cv2.SIFT.create(nfeatures=MOST, contrastThreshold=FAINT, enable_precise_upscale=True)
        found, described = faint.detectAndCompute(picture.astype(np.uint8), None)
    if not found:
        return LocalFeatures(np.empty((0, 2), np.float32), np.empty((0, 128), np.uint8))
    places = np.array([point.pt for point in found[:MOST]], np.float32)
    return LocalFeatures(places, described[:MOST].astype(np.uint8))


def lies_within(first: LocalFeatures, second: LocalFeatures) -> NDArray[np.float64] | None:
    """Return the transform (2, 3) from places of the second picture to those of the first; None where none is sure."""
    import cv2

    if min(len(first.places), len(second.places)) < FEWEST:
        return None
    one, other = _matches(first.roots(), second.roots())
    if len(one) < FEWEST:
        return None
    cv2.setRNGSeed(0)
    transform, agreeing = cv2.estimateAffinePartial2D(
        second.places[other], first.places[one], method=cv2.RANSAC, ransacReprojThreshold=REACH
    )
    if transform is None or int(agreeing.sum()) < FEWEST:
        return None
    scale = float(np.hypot(transform[0, 0], transform[1, 0]))
    return np.asarray(transform) if SCALES[0] <= scale <= SCALES[1] else None


def _matches(first: NDArray[np.float32], second: NDArray[np.float32]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return rows of both that are each other's nearest, and unambiguously so."""
    alike = first @ second.T
    rows = np.arange(len(first))
    nearest = alike.argmax(axis=1)
    best = alike[rows, nearest]
    alike[rows, nearest] = -1
    second_best = alike.max(axis=1)
    alike[rows, nearest] = best
    # Of vectors of length 1 the squared distance is 2 - 2 cos.
    clear = np.flatnonzero((1 - best) <= RATIO**2 * (1 - second_best))
    if len(clear) < FEWEST:  # strangers, nearly always
        return clear[:0], clear[:0]
    chosen = clear[alike[:, nearest[clear]].argmax(axis=0) == clear]
    return chosen, nearest[chosen]

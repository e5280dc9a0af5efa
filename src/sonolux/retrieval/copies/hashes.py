"""Hashes of a file: PDQ of an image, or of the frames of a video, as they are and within their borders.

An image that shows too little for PDQ, such as a gradient, has a digest of its pixels in its place, the same however it
is turned: those that differ in their metadata alone are found by it, and nothing else is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sonolux.features.pdq import TURNS, WORTH, pdq_hash, turned_hashes, turned_image
from sonolux.retrieval.copies.inner import inner_picture

VERSION = 2
"""Of the way in which hashes are made; others are made again."""

STEP = 0.25
"""Seconds from one frame of a video to the next that is hashed."""

FRAME_SIDE = 128
"""Pixels of a frame that is hashed."""

DIFFERENT = 8
"""Bits by which a frame differs from the last that was kept, at least: a still scene is kept once."""


class Hashes(NamedTuple):
    """Hashes of one file.

    Attributes
    ----------
    codes : ndarray of uint8, shape (n, 32)
        None for what shows too little to be known by, of one colour.
    times : ndarray of float32, shape (n,)
        Seconds, of the frames of a video.
    inner : ndarray of bool, shape (n,)
        Whether borders were left out.
    quality : ndarray of uint8, shape (n,)
        Of each, from 0 to 100; 0 for a digest.
    """

    codes: NDArray[np.uint8]
    times: NDArray[np.float32]
    inner: NDArray[np.bool_]
    quality: NDArray[np.uint8]


def hash_image(pixels: NDArray[np.uint8]) -> Hashes:
    """Return the hashes of an image (h, w, 3)."""
    found = list(_both(pixels)) or list(_digest(pixels))
    return _gathered((0.0, inner, code, quality) for inner, code, quality in found)


def hash_frames(frames: Iterable[tuple[float, NDArray[np.uint8]]]) -> Hashes:
    """Return the hashes of a video, given frames as (seconds, pixels) in their order."""
    kept = []
    last = {False: np.zeros(32, np.uint8), True: np.zeros(32, np.uint8)}
    for time, pixels in frames:
        for inner, code, quality in _both(pixels):
            if np.bitwise_count(code ^ last[inner]).sum() >= DIFFERENT:
                kept.append((time, inner, code, quality))
                last[inner] = code
    return _gathered(kept)


def joined(parts: Sequence[Hashes]) -> Hashes:
    """Return the hashes of the parts of one video, in their order, as one."""
    return Hashes(*(np.concatenate(columns) for columns in zip(*parts, strict=True))) if parts else _gathered([])


def nearest_turn(first: Hashes, second: Hashes) -> tuple[int, int]:
    """Return the least distance of two files' hashes, in bits, and how the first is turned there (`TURNS`)."""
    best = (8 * first.codes.shape[1] + 1, 0)
    for turn in range(len(TURNS)):
        turned = turned_hashes(first.codes, turn)
        apart = np.bitwise_count(turned[:, None] ^ second.codes[None]).sum(axis=2)
        if apart.size:
            best = min(best, (int(apart.min()), turn))
    return best


def _both(pixels: NDArray[np.uint8]) -> Iterable[tuple[bool, NDArray[np.uint8], int]]:
    code, quality = pdq_hash(pixels)
    if quality >= WORTH:
        yield False, code, quality
    box = inner_picture(pixels)
    if box is not None:
        left, upper, right, lower = box
        code, quality = pdq_hash(np.ascontiguousarray(pixels[upper:lower, left:right]))
        if quality >= WORTH:
            yield True, code, quality


def _digest(pixels: NDArray[np.uint8]) -> Iterable[tuple[bool, NDArray[np.uint8], int]]:
    if (pixels != pixels[:1, :1]).any():
        turned = (turned_image(pixels, turn) for turn in range(len(TURNS)))
        least = min(blake2b(repr(one.shape).encode() + one.tobytes(), digest_size=32).digest() for one in turned)
        yield False, np.frombuffer(least, np.uint8), 0


def _gathered(rows: Iterable[tuple[float, bool, NDArray[np.uint8], int]]) -> Hashes:
    found = list(rows)
    return Hashes(
        np.array([code for _, _, code, _ in found], np.uint8).reshape(-1, 32),
        np.array([time for time, _, _, _ in found], np.float32),
        np.array([inner for _, inner, _, _ in found], bool),
        np.array([quality for _, _, _, quality in found], np.uint8),
    )

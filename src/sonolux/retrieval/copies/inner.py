"""Content box: the picture within borders, black bars, or the plain page of a screenshot.

Rows and then columns that are mostly of the colour of the edge are no part of it. Of a page with a title, lines of text
and a picture, the picture is the longest stretch of rows that are filled.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Box = tuple[int, int, int, int]
"""Left, upper, right, lower, in pixels; the last two exclusive."""

PLAIN = 14
"""Difference from the colour of the edge, of 255, up to which a pixel is part of the ground; JPEG noise stays below."""

FILLED = 0.5
"""Share of a row or column that differs from the ground, from which it is part of a picture."""

LEAST = 0.3
"""Of an edge of the whole image, that a content box has at least."""

PLAIN_EDGE = 0.9
"""Of the pixels of an edge, that are of one colour where there is a ground."""


def inner_picture(pixels: NDArray[np.uint8]) -> Box | None:
    """Return the box of the picture within an image (h, w, 3); None where there is no ground around it."""
    height, width = pixels.shape[:2]
    found = None
    # Bars lie beside two edges, a border beside all four; the ground has the colour of either pair.
    for edges in ((pixels[0], pixels[-1]), (pixels[:, 0], pixels[:, -1])):
        ground = _ground(np.concatenate(edges))
        if ground is None:
            continue
        differs = (np.abs(pixels.astype(np.int16) - ground) > PLAIN).any(axis=2)
        upper, lower = _longest(differs.mean(axis=1) >= FILLED * _widest(differs))
        left, right = _longest(differs[upper:lower].mean(axis=0) >= FILLED)
        if lower - upper >= LEAST * height and right - left >= LEAST * width:
            box = (left, upper, right, lower)
            found = box if found is None or _area(box) < _area(found) else found
    return None if found == (0, 0, width, height) else found


def _ground(edge: NDArray[np.uint8]) -> NDArray[np.int16] | None:
    """Return the colour that most of an edge has; None where it has many."""
    colour = np.median(edge, axis=0).astype(np.int16)
    plain = (np.abs(edge.astype(np.int16) - colour) <= PLAIN).all(axis=1).mean()
    return colour if plain >= PLAIN_EDGE else None


def _widest(differs: NDArray[np.bool_]) -> float:
    """Return which share of a row the picture takes: less than all of it beside bars on the left and right."""
    columns = differs.mean(axis=0) > LEAST / 2
    return float(columns.mean())


def _longest(filled: NDArray[np.bool_]) -> tuple[int, int]:
    """Return the longest stretch of true values, (0, 0) for none."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], filled, [False]]).astype(np.int8)))
    if not len(edges):
        return 0, 0
    starts, ends = edges[::2], edges[1::2]
    longest = int(np.argmax(ends - starts))
    return int(starts[longest]), int(ends[longest])


def _area(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])

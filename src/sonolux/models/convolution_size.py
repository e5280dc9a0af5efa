"""Convolution arithmetic: the side of the map that a kernel or a pool leaves."""

from __future__ import annotations


def output_side(side: int, size: int, stride: int = 1, padding: int = 0) -> int:
    """Return the side of the map that a window leaves of a map of another side.

    Parameters
    ----------
    side : int
        Height or width of the map that the window slides over.
    size : int
        Of the window.
    stride : int
        Steps between two places.
    padding : int
        Zeros added at both ends.

    Raises
    ------
    ValueError
        Where the window fits nowhere.
    """
    room = side + 2 * padding - size
    if room < 0:
        raise ValueError(
            f"the picture must be larger: a window of {size} does not fit on what is left, a side of {side}"
        )
    return room // stride + 1

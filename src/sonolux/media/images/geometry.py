"""Display geometry of video: which way up a frame is shown, and how wide its pixels are.

The display matrix of a track (ISO 14496-12, 6.2.2) takes a stored pixel (p, q) to (ap + cq + x, bp + dq + y); what it
does here is one of the eight turns and mirrorings, the nearest to it.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.media.containers.container import packets

FIRST_PACKETS = 64
"""Packets, at most, among which the first frame is looked for."""


def upright(pixels: NDArray[np.uint8], frame: Any) -> NDArray[np.uint8]:
    """Turn and mirror pixels (h, w, 3) as their frame is to be shown."""
    a, b, c, d = _matrix(frame)
    if _is_sideways(frame):
        pixels, right, down = pixels.swapaxes(0, 1), c, b
    else:
        right, down = a, d
    return np.ascontiguousarray(pixels[:: -1 if down < 0 else 1, :: -1 if right < 0 else 1])


def square(frame: Any, stream: Any) -> tuple[int, int]:
    """Return width and height of a stored frame in square pixels: height stays."""
    aspect = float(stream.sample_aspect_ratio or 1)
    return max(1, round(frame.width * aspect)), frame.height


def shown_size(container: Any, stream: Any) -> tuple[int, int]:
    """Return width and height of a video as it is shown, by its first frame; without any, as its header says."""
    from av.error import FFmpegError

    for packet in itertools.islice(packets(container, stream), FIRST_PACKETS):
        try:
            frame = next(iter(packet.decode()), None)
        except FFmpegError as error:
            if isinstance(error, MemoryError):
                raise
            continue
        if frame is not None:
            width, height = square(frame, stream)
            return (height, width) if _is_sideways(frame) else (width, height)
    return square(stream, stream)


def _is_sideways(frame: Any) -> bool:
    a, b, c, d = _matrix(frame)
    return abs(b) + abs(c) > abs(a) + abs(d)


def _matrix(frame: Any) -> tuple[int, int, int, int]:
    """Return a, b, c and d of a frame's display matrix, in 65536ths; those of no turn where it has none."""
    for data in frame.side_data:
        if data.type.name == "DISPLAYMATRIX":
            a, b, _, c, d = np.frombuffer(bytes(data), np.int32)[:5].tolist()
            return a, b, c, d
    return 1 << 16, 0, 0, 1 << 16

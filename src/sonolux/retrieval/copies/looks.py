"""Looks: the pixels by which images and videos are compared, decoded in worker processes.

An image is decoded once, small. Of a video comes what is shown at every tick of a clock, each frame squeezed into a
square, several frames above each other in one segment.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import MediaError
from sonolux.media.options import ReadOptions
from sonolux.media.reading import read_description
from sonolux.media.segment import Image, ReadEvent, Segment
from sonolux.types import Span

SIDE = 320
"""Pixels of the longer side at which images are compared."""

TOGETHER = 64
"""Frames in a segment."""

LONGEST = 4 * 3600.0
"""Seconds of a video that are looked at."""


def read_image(path: str, options: ReadOptions) -> Iterator[ReadEvent]:
    """Yield an image, small: the first frame or page that shows something."""
    from sonolux.media.images.image import decode_partly

    yield Segment("image", decode_partly(path, SIDE, options.max_pixels)[0])


def read_described_image(path: str, options: ReadOptions) -> Iterator[ReadEvent]:
    """Yield what an image says of itself, then the image as `read_image` does."""
    yield from read_description(path, options)
    yield from read_image(path, options)


def read_frame_stacks(
    path: str, options: ReadOptions, *, step: float, side: int, start: float = 0.0, end: float = LONGEST
) -> Iterator[ReadEvent]:
    """Yield what a video shows at ``start``, and every ``step`` seconds after it, in segments with their times.

    A video that breaks off gives what came before.
    """
    held: list[NDArray[np.uint8]] = []
    first = start
    for frame in _shown(path, options, step, side, start, end):
        held.append(frame)
        if len(held) == TOGETHER:
            yield _stacked(held, first, step)
            first, held = first + step * len(held), []
    if held:
        yield _stacked(held, first, step)


def stacked_frames(segment: Segment) -> NDArray[np.uint8]:
    """Return the frames (n, side, side, 3) of a segment of `read_frame_stacks`."""
    assert isinstance(segment.content, Image)
    pixels = segment.content.pixels
    return pixels.reshape(-1, pixels.shape[1], pixels.shape[1], 3)


def frame_reader(step: float, side: int, start: float = 0.0, end: float = LONGEST) -> partial[Iterator[ReadEvent]]:
    """Return `read_frame_stacks` with its choices made, as a worker takes it."""
    return partial(read_frame_stacks, step=step, side=side, start=start, end=end)


def _shown(
    path: str, options: ReadOptions, step: float, side: int, start: float, end: float
) -> Iterator[NDArray[np.uint8]]:
    from sonolux.media.containers.container import open_container, video_stream
    from sonolux.media.containers.extent import Extent
    from sonolux.media.containers.video import prepare, timed
    from sonolux.media.images.image import refuse_bomb

    with open_container(path, "video") as container:
        stream = video_stream(container)
        if stream is None:
            raise MediaError("holds no moving pictures")
        refuse_bomb((stream.width, stream.height), options.max_pixels)
        prepare(container, stream)
        tick, before = start, None
        for time, frame in timed(container, stream, Extent()):
            if tick >= end:
                return
            while time > tick and tick < end and before is not None:
                yield _squeezed(before, side)
                tick += step
            if time >= tick - step:
                before = frame
        if before is not None and tick < end:
            yield _squeezed(before, side)


def _squeezed(frame: object, side: int) -> NDArray[np.uint8]:
    from sonolux.media.images.geometry import upright

    small = frame.reformat(width=side, height=side, format="rgb24", interpolation="AREA")  # type: ignore[attr-defined]
    return np.asarray(upright(small.to_ndarray(), frame), np.uint8)


def _stacked(frames: list[NDArray[np.uint8]], start: float, step: float) -> Segment:
    return Segment("shot", Image(np.concatenate(frames)), Span(start, start + step * len(frames)))

"""Thumbnails: a small image of anything that can be looked at, or a stretch of sound, to draw its waveform.

An image is scaled down, a PDF shows a page, a video one of its frames, a recording its cover, or else what is heard; a
region is cut out. `read_views` is what a decoding process runs: a stranger's file is opened nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil

import numpy as np

from sonolux.errors import MediaError
from sonolux.media.probing import probe
from sonolux.media.reading import ReadOptions
from sonolux.media.segment import Content, Image, Probe, Segment
from sonolux.types import Modality, Region, SegmentKind, Span

SIDE = 320
"""Pixels of the longer side of a thumbnail, at most, where nothing else is said."""

LARGEST = 8
"""Times as large as the thumbnail, at most, is the image decoded from which a region is cut: more would be slow."""

WAVE_RATE = 8_000
"""Hertz of the sound whose waveform is drawn: more than enough for its shape."""

LATEST = 300.0
"""Seconds: sound that begins later in a file would take too long to reach."""

LONGEST = 30.0
"""Seconds of sound, at most."""


@dataclass(frozen=True, slots=True)
class View:
    """What is to be seen of a file.

    Attributes
    ----------
    path : str
    span : Span or None
        The middle of a shot or a page is shown, the sound of a window drawn; None for a third into a video, as videos
        tend to begin in black, for the beginning of a recording, and for what stands for an image file.
    region : Region or None
        Cut out of the image, or out of the frame at its time.
    side : int
        Pixels of the longer side, at most.
    """

    path: str
    span: Span | None = None
    region: Region | None = None
    side: int = SIDE


def read_views(path: str, options: ReadOptions, wanted: Sequence[View]) -> Iterator[Probe | Segment]:
    """Yield the probe of a file, then for each view of it an `Image`, an `Audio`, or "" where there is nothing.

    Parameters
    ----------
    path : str
    options : ReadOptions
    wanted : sequence of View
        All of this file.

    Raises
    ------
    MediaError
        For a file that is no medium.
    """
    found = probe(path)
    yield found
    for view in wanted:
        try:
            seen = view_of(replace(view, path=path), found, options.max_pixels)
        except MediaError:
            seen = ""
        kind: SegmentKind = "image" if isinstance(seen, Image) else "window" if seen else "passage"
        yield Segment(kind, seen)


def view_of(view: View, found: Probe, max_pixels: int) -> Content:
    """Decode one view of a probed file: an `Image`, an `Audio`, or "" for what has neither."""
    side = view.side
    if view.region is not None:
        extent = max(view.region.x1 - view.region.x0, view.region.y1 - view.region.y0)
        side = min(ceil(side / extent), LARGEST * side)
    image = _image(view, found, side, max_pixels)
    if image is None:
        return _sound(view) if found.modality == Modality.AUDIO else ""
    return _fitted(image.cropped(view.region) if view.region else image, view.side)


def _image(view: View, found: Probe, side: int, max_pixels: int) -> Image | None:
    if found.modality == Modality.IMAGE:
        from sonolux.media.images.image import decode_image

        return decode_image(view.path, side, max_pixels, int(view.span.start) if view.span else None)
    if found.format == "pdf":
        from sonolux.media.texts.pdf_drawing import draw_page, open_drawing

        with open_drawing(view.path) as document:
            return draw_page(document, int(view.span.start) if view.span and view.span.unit == "pages" else 0, side)
    if found.modality == Modality.VIDEO:
        from sonolux.media.containers.video import frame_near

        return frame_near(view.path, _moment(view, found), side, max_pixels)
    if found.modality == Modality.AUDIO:
        from sonolux.media.containers.cover import embedded_cover
        from sonolux.media.images.image import decode_image

        try:
            cover = embedded_cover(view.path)
            return None if cover is None else decode_image(cover, side, max_pixels)
        except MediaError:  # a damaged cover: the recording is still heard
            return None
    return None


def _moment(view: View, found: Probe) -> float:
    """Return which second of a video is shown."""
    if view.region is not None and view.region.time is not None:
        return view.region.time
    if view.span is not None:
        return (view.span.start + view.span.end) / 2
    return float(found.metadata.get("duration", 0.0)) / 3


def _sound(view: View) -> Content:
    from sonolux.media.containers.audio import load_audio

    start = view.span.start if view.span else 0.0
    if start > LATEST:
        return ""
    return load_audio(view.path, WAVE_RATE, min(view.span.end - start, LONGEST) if view.span else LONGEST, start)


def _fitted(image: Image, side: int) -> Image:
    """Scale an image down to its side."""
    import PIL.Image

    if max(image.pixels.shape[:2]) <= side:
        return image
    small = PIL.Image.fromarray(image.pixels)
    small.thumbnail((side, side), PIL.Image.Resampling.LANCZOS)
    return Image(np.asarray(small, np.uint8), image.time)

"""Decoded media: a probe of the whole file, then its segments, one at a time, then what decoding it has shown.

A piece without a span stands for the whole file: an image, the cover of a song, a recording no longer than one
window, a text no longer than one passage. Every other piece is a span of its file: a shot of a video (its keyframe),
a window of a recording or of a sound track, a passage of a text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil, floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.types import Modality, Region, SegmentKind, Span


@dataclass(frozen=True, slots=True)
class Image:
    """Decoded image: ``pixels`` is uint8 (height, width, 3), sRGB, upright; ``time`` in seconds, of a video's frame."""

    pixels: NDArray[np.uint8]
    time: float | None = None

    def cropped(self, region: Region) -> Image:
        """Return the part that a region's box holds, one pixel at least; every pixel that the box touches is in it."""
        height, width = self.pixels.shape[:2]
        left, right = _pixels(region.x0, region.x1, width)
        upper, lower = _pixels(region.y0, region.y1, height)
        return Image(np.ascontiguousarray(self.pixels[upper:lower, left:right]), self.time)


@dataclass(frozen=True, slots=True)
class Audio:
    """Decoded sound: ``samples`` is float32 (n,), mono, finite; ``rate`` in hertz."""

    samples: NDArray[np.float32]
    rate: int


Content = Image | Audio | str


@dataclass(frozen=True, slots=True)
class Segment:
    """A decoded piece of a file; ``span`` is None where it stands for the whole file."""

    kind: SegmentKind
    content: Content
    span: Span | None = None

    @property
    def modality(self) -> Modality:
        """What an encoder must be able to take: image, audio or text."""
        if isinstance(self.content, Image):
            return Modality.IMAGE
        if isinstance(self.content, Audio):
            return Modality.AUDIO
        return Modality.TEXT


@dataclass(frozen=True, slots=True)
class Probe:
    """What is known of a file before its pieces are decoded.

    Attributes
    ----------
    modality : Modality
    format : str
    metadata : dict
        Only what the file says. Lists of str: artist, genre, keywords. Texts: title, album, composer, description,
        place, camera, language, date (RFC 3339). Numbers: rating (0 to 5), latitude, longitude, width, height,
        frames, duration (seconds), rate (hertz), channels.
    words : str
        More words that find the file and are not shown: lyrics, comments, a long description.
    """

    modality: Modality
    format: str
    metadata: dict[str, Any] = field(default_factory=dict)
    words: str = ""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What decoding has shown of a file, once its last segment came; nothing needs to be said where all is well.

    Attributes
    ----------
    metadata : dict
        What holds instead of the probe's, under the same keys: a duration that is another than the header's.
    missing : str
        One line that says what could not be read, where the rest was: ``"breaks off after 4.0 s of 10.0 s"``.
    """

    metadata: dict[str, Any] = field(default_factory=dict)
    missing: str = ""


ReadEvent = Probe | Segment | Decoded
"""What a reader yields: the probe, the segments, and at most one `Decoded`, the last."""


def _pixels(start: float, end: float, size: int) -> tuple[int, int]:
    """Return the first pixel that a share of an edge touches, and the one after the last."""
    first = min(floor(start * size), size - 1)
    return first, max(ceil(end * size), first + 1)

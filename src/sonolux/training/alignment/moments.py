"""Moments of a video: the picture in the middle of every second, and the sound of that second."""

from __future__ import annotations

from collections.abc import Iterator

from sonolux.errors import MediaError
from sonolux.media.containers.audio import load_audio
from sonolux.media.containers.video import frame_near
from sonolux.media.options import ReadOptions
from sonolux.media.probing import probe
from sonolux.media.segment import Audio, ReadEvent, Segment
from sonolux.types import Modality, Span

MOST = 600
"""Seconds of one file that are taken, evenly spaced where it has more."""


LONGEST = 3_600
"""Seconds of a file that are looked at, from its beginning."""


def read_moments(path: str, options: ReadOptions) -> Iterator[ReadEvent]:
    """Yield, for each second of a video, a frame and the sound around it, in this order and with the same span.

    Raises
    ------
    MediaError
        Where it is no video, has no sound, or cannot be decoded.
    """
    found = probe(path)
    seconds = int(found.metadata.get("duration", 0.0))
    if found.modality is not Modality.VIDEO or seconds < 1:
        raise MediaError("is no video of a second or more")
    rate = options.audio_rate
    samples = load_audio(path, rate, min(seconds, LONGEST)).samples
    seconds = min(seconds, len(samples) // rate)
    for start in range(0, seconds, max(1, -(-seconds // MOST))):
        span = Span(float(start), start + 1.0)
        sound = Audio(samples[start * rate : (start + 1) * rate], rate)
        yield Segment("shot", frame_near(path, start + 0.5, options.image_side, options.max_pixels), span)
        yield Segment("window", sound, span)

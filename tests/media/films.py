"""Small films whose pictures and sounds begin, pause and end when a test says so."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

RATE = 48_000
STEP = 2_400
"""Samples a frame: a twentieth of a second, so that stamps are whole in every container."""

PICTURES = 10
"""Frames a second."""

CODECS = {"mkv": "pcm_s16le", "mov": "pcm_s16le", "mp4": "aac", "ts": "mp2", "mka": "flac", "webm": "libopus"}

Stretch = tuple[float, float]
"""From when to when, in seconds."""


def write_film(
    path: Path, *, pictures: Sequence[Stretch] = (), sounds: Sequence[Stretch] = (), jitter: float = 0.0
) -> Path:
    """Write a film: grey frames with a cut every second, and tones of 440 Hz; stamps of sound are off by a jitter."""
    with av.open(str(path), "w", container_options={"avoid_negative_ts": "0"}) as container:
        seen = _video(container) if pictures else None
        heard = container.add_stream(CODECS[path.suffix[1:]], rate=RATE, layout="mono") if sounds else None
        if heard is not None:
            heard.time_base = Fraction(1, RATE)
        packets = []
        for start, end in pictures:
            for number in range(round(start * PICTURES), round(end * PICTURES)):
                grey = np.full((48, 64, 3), 40 + 160 * (number // PICTURES % 2), np.uint8)
                frame = av.VideoFrame.from_ndarray(grey, format="rgb24")
                frame.pts, frame.time_base = number, Fraction(1, PICTURES)
                packets += seen.encode(frame)
        packets += seen.encode() if seen is not None else []
        noise = np.random.default_rng(0)
        step = (heard.codec_context.frame_size if heard is not None else 0) or STEP
        for start, end in sounds:
            for first in range(round(start * RATE), round(end * RATE), step):
                wave = 0.5 * np.sin(2 * np.pi * 440 * (first + np.arange(step)) / RATE)
                frame = av.AudioFrame.from_ndarray((wave * 32767).astype(np.int16)[None], format="s16", layout="mono")
                frame.sample_rate, frame.time_base = RATE, Fraction(1, RATE)
                frame.pts = max(0, first + round(jitter * RATE * noise.uniform(-1, 1)))
                packets += heard.encode(frame)
        packets += heard.encode() if heard is not None else []
        for packet in sorted(packets, key=lambda packet: packet.dts * packet.time_base):
            container.mux(packet)
    return path


def _video(container: av.container.OutputContainer) -> av.VideoStream:
    stream = container.add_stream("mpeg4", rate=PICTURES)
    stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
    return stream

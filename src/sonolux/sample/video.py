"""Sample video: the photographs with hard cuts, a few seconds each, and a sound track."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from sonolux.sample.sounds import BITEXACT, RATE, encode_samples, synthesise_tune

WIDTH, HEIGHT = 480, 320
FRAMES_A_SECOND = 12
SHOT_SECONDS = 4
SHOTS = ("pagoda", "coffee", "cat", "rocket", "dahlia", "motorcycle")
"""Photographs shown, in this order."""


def write_video(path: Path, photos: Mapping[str, Path]) -> Path:
    """Cut a video from those of `SHOTS` that are among the photos; paths by name."""
    import av
    import PIL.Image
    import PIL.ImageOps

    shown = [photos[name] for name in SHOTS if name in photos]
    codec, options = _codec()
    with av.open(str(path), "w", options=BITEXACT) as container:
        container.metadata.update({"title": "A day out", "artist": "Sonolux", "date": "2026"})
        stream = container.add_stream(codec, rate=FRAMES_A_SECOND, options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        sound = container.add_stream("aac", rate=RATE, layout="mono")
        for number, file in enumerate(shown):
            with PIL.Image.open(file) as photo:
                image = PIL.ImageOps.fit(photo.convert("RGB"), (WIDTH, HEIGHT))
            frame = av.VideoFrame.from_ndarray(np.array(image), format="rgb24").reformat(format="yuv420p")
            for tick in range(FRAMES_A_SECOND * SHOT_SECONDS):
                frame.pts = number * FRAMES_A_SECOND * SHOT_SECONDS + tick
                container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        tune = synthesise_tune((0, 3, 7, 10, 12, 10, 7, 3), repeats=12)
        encode_samples(container, sound, tune[: len(shown) * SHOT_SECONDS * RATE])
    return path


def _codec() -> tuple[str, dict[str, str]]:
    """Return the best encoder that this build of PyAV has, and the options that make it write the same bytes each time.

    What x264's macroblock tree sees of the frames ahead depends on how its threads run.
    """
    import av

    if "libx264" in av.codecs_available:
        return "libx264", {"x264-params": "mbtree=0"}
    return "mpeg4", {}

"""Altered videos: what is made of videos when they are shared, and another stretch of each, which is no copy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import PIL.Image
from PIL import ImageEnhance
from PIL.Image import Image as Picture
from PIL.Image import Transpose

FRAMES = 300
"""Frames of each video that are taken; the next ones are another stretch."""

SIZE = (384, 216)

BAR = 36
"""Pixels of a bar above, and of one below."""


@dataclass(frozen=True, slots=True)
class VideoAlteration:
    """What becomes of each frame, which seconds stay, at which rate (0 as it was) and how coarsely it is encoded."""

    frame: Callable[[Picture], Picture] = lambda picture: picture
    kept: tuple[float, float] = (0.0, 1e9)
    rate: int = 0
    coarseness: int = 28


def _barred(picture: Picture) -> Picture:
    page = PIL.Image.new("RGB", (picture.width, picture.height + 2 * BAR))
    page.paste(picture, (0, BAR))
    return page


VIDEO_ALTERATIONS: Mapping[str, VideoAlteration] = {
    "re-encoded": VideoAlteration(coarseness=36),
    "half size": VideoAlteration(lambda picture: picture.resize((picture.width // 2, picture.height // 2))),
    "trimmed": VideoAlteration(kept=(3.3, 7.7)),
    "frame rate": VideoAlteration(rate=10),
    "mirrored": VideoAlteration(lambda picture: picture.transpose(Transpose.FLIP_LEFT_RIGHT)),
    "bars": VideoAlteration(_barred),
    "brighter": VideoAlteration(lambda picture: ImageEnhance.Brightness(picture).enhance(1.3)),
}


def make_video_copies(videos: Sequence[Path], folder: Path) -> list[tuple[Path, str, Path]]:
    """Write versions of videos into a folder; return them as (video, alteration, file).

    ``original`` stands for the video, and ``another stretch`` is what the same camera saw later.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for video in videos:
        pictures, rate = _frames(video)
        taken = pictures[:FRAMES]
        versions: dict[str, tuple[list[Picture], VideoAlteration]] = {
            "original": (taken, VideoAlteration(coarseness=20)),
            **{name: (taken, alteration) for name, alteration in VIDEO_ALTERATIONS.items()},
        }
        if len(pictures) > FRAMES + rate:
            versions["another stretch"] = pictures[FRAMES : 2 * FRAMES], VideoAlteration()
        for name, (frames, alteration) in versions.items():
            file = folder / f"{video.stem}--{name.replace(' ', '-')}.mp4"
            _write(file, frames, rate, alteration)
            made.append((video, name, file))
    return made


def _frames(video: Path) -> tuple[list[Picture], int]:
    import av

    with av.open(str(video)) as container:
        rate = round(float(container.streams.video[0].average_rate or 25))
        found = [frame.to_image(width=SIZE[0], height=SIZE[1]) for frame in _until(container.decode(video=0))]
    return found, rate


def _until(frames: Iterator[Any]) -> Iterator[Any]:
    for number, frame in enumerate(frames):
        if number >= 2 * FRAMES:
            return
        yield frame


def _write(file: Path, pictures: Sequence[Picture], rate: int, alteration: VideoAlteration) -> None:
    import av

    start, end = (round(min(second * rate, len(pictures))) for second in alteration.kept)
    kept = pictures[start:end]
    if alteration.rate:
        count = int(len(kept) / rate * alteration.rate)
        kept = [kept[min(len(kept) - 1, int(number / alteration.rate * rate))] for number in range(count)]
    altered = [alteration.frame(picture) for picture in kept]
    with av.open(str(file), "w") as container:
        stream = container.add_stream("libx264", rate=alteration.rate or rate)
        stream.width, stream.height = altered[0].size
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": str(alteration.coarseness), "preset": "veryfast"}
        for picture in altered:
            container.mux(stream.encode(av.VideoFrame.from_image(picture)))
        container.mux(stream.encode())

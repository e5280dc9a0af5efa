"""Shot boundary detection: a video to shots with a keyframe each, in one pass; seconds from the file's zero.

A frame that differs from the one before much more than its neighbours do begins a shot (PySceneDetect's adaptive
detector, on frames of 160 pixels whose blacks are levelled: in the dark, hue and saturation are noise).
While a shot lasts, some of its frames are kept, ever more thinly; when it ends, the one nearest its middle stands for
it. Nothing is sought or decoded twice, memory does not grow with length, and a video that breaks off gives what came
before. Shots end after a minute at the latest, so that a hit in an endless take still says where.
"""

from __future__ import annotations

import contextlib
import itertools
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import MediaError
from sonolux.media.containers.clock import AV_TIME_BASE, TOLERANCE, Clock, in_time, zero_of
from sonolux.media.containers.container import frames, open_container, video_stream
from sonolux.media.containers.extent import Extent
from sonolux.media.errors import NothingDecodedError
from sonolux.media.images.geometry import square, upright
from sonolux.media.images.image import fit_size, refuse_bomb
from sonolux.media.images.tone_mapping import HLG, PQ, to_sdr
from sonolux.media.segment import Image
from sonolux.media.tags import duration

DETECTION_SIDE = 160
DARKEST = 32
"""Darker values, of 255, count as this one when frames are compared."""

SHORTEST_SHOT = 0.6
LONGEST_SHOT = 60.0
"""Seconds."""

CANDIDATES = 16
"""Frames kept of a shot, at most: its keyframe is off its middle by a thirty-second of its length, at most."""

FIRST_STRIDE = 4
"""Frames from one candidate to the next in a new shot."""

FULL_RATE = 1920 * 1080 * 60
FULL_TOTAL = 1920 * 1080 * 30 * 3600
"""Pixels a second, and in all, up to which every frame is decoded; above, only those that need no other frame."""

USUAL_RATE = 25.0
"""Frames a second of a video that does not say."""

UNNAMED_COLOURS = 2
"""Of a matrix, in H.273: unspecified."""

HD_WIDTH, SD_HEIGHT = 1280, 576
"""Wider or higher video is HD."""

SOUGHT_EARLIER = (0.0, 5.0, 30.0)
"""Seconds before a time at which it is sought, by turns: some containers find a place without a whole frame."""

FRAMES_SOUGHT = 1500
"""Frames decoded, at most, from a whole frame to the time asked for: a minute."""

TICKS = 1000
"""The detector counts frames: it is given a clock of 1000 ticks a second, right for variable frame rates too."""


@dataclass
class Shot:
    """A shot so far: its start in seconds, and a thinning choice of its frames as (seconds, image)."""

    start: float
    stride: int
    seen: int = 0
    candidates: list[tuple[float, Image]] = field(default_factory=list)

    def takes(self) -> bool:
        """Count a frame, and tell whether it is one to keep."""
        self.seen += 1
        return (self.seen - 1) % self.stride == 0

    def keep(self, time: float, image: Image) -> None:
        """Keep a frame, and every second one only when there are too many."""
        self.candidates.append((time, image))
        if len(self.candidates) > CANDIDATES:
            self.candidates = self.candidates[::2]
            self.stride *= 2

    def ended(self, end: float) -> tuple[float, float, Image]:
        """Return start, end and the frame nearest the middle."""
        middle = (self.start + end) / 2
        time, keyframe = min(self.candidates, key=lambda candidate: abs(candidate[0] - middle))
        return self.start, end, Image(keyframe.pixels, time)


def shots(path: str, side: int, max_pixels: int, extent: Extent | None = None) -> Iterator[tuple[float, float, Image]]:
    """Cut a video into shots.

    Parameters
    ----------
    side : int
        Pixels of the longer side of keyframes, at most.
    max_pixels : int
        Videos with larger frames are refused.
    extent : Extent, optional
        Is told how much there was.

    Yields
    ------
    start, end : float
        Seconds; a shot ends where the next begins.
    keyframe : Image
        The frame nearest its middle.

    Raises
    ------
    NothingDecodedError
        Where not one frame can be decoded.
    MediaError
        Where there are none, or they are too large.
    """
    extent = Extent() if extent is None else extent
    with open_container(path, "video") as container:
        stream = video_stream(container)
        if stream is None:
            raise MediaError("holds no moving pictures")
        refuse_bomb((stream.width, stream.height), max_pixels)
        sparse = prepare(container, stream)
        shot: Shot | None = None
        for time, frame, is_cut in detect_shot_starts(timed(container, stream, extent), sparse):
            if shot is not None and (is_cut or time - shot.start >= LONGEST_SHOT):
                yield shot.ended(time)
                shot = None
            # A frame that is late by no more than a track's delay begins with the file.
            shot = shot or Shot(time if time > TOLERANCE else 0.0, 1 if sparse else FIRST_STRIDE)
            if shot.takes():
                shot.keep(time, image_of(frame, stream, side))
        if sparse and extent.shown is not None:
            # Of what lies behind the last whole frame, only packets were seen.
            behind = extent.shown - (zero_of(container) or 0.0)
            extent.end = max(extent.end, min(behind, extent.end + LONGEST_SHOT))
        if shot is None:
            raise NothingDecodedError("damaged video: not one frame can be decoded")
        yield shot.ended(extent.end)


def frame_near(path: str, seconds: float, side: int, max_pixels: int) -> Image:
    """Decode the first frame at or after a time, or the last one before it where there is none.

    Raises
    ------
    MediaError
        Where no frame can be decoded.
    """
    from av.error import FFmpegError

    with open_container(path, "video") as container:
        stream = video_stream(container)
        if stream is None:
            raise MediaError("holds no moving pictures")
        refuse_bomb((stream.width, stream.height), max_pixels)
        origin = zero_of(container) or 0.0
        best = None
        for earlier in SOUGHT_EARLIER:
            # To the last whole frame before; where the container cannot, decoding starts at its beginning.
            with contextlib.suppress(FFmpegError):
                container.seek(int((origin + max(0.0, seconds - earlier)) * AV_TIME_BASE))
            best, is_whole = _first_at(itertools.islice(frames(container, stream), FRAMES_SOUGHT), origin + seconds)
            if is_whole:
                break
        if best is None:
            raise MediaError("damaged video: no frame can be decoded there")
        return image_of(best, stream, side)


def _first_at(decoded: Iterable[Any], stamp: float) -> tuple[Any | None, bool]:
    """Return the first frame at or after a stamp, or the last before it, and whether a whole one came first."""
    best, is_whole = None, False
    for best in decoded:
        is_whole = is_whole or (best.key_frame and (best.time is None or best.time <= stamp))
        if best.time is None or best.time >= stamp:
            break
    return best, is_whole


def prepare(container: Any, stream: Any) -> bool:
    """Set the decoder to one thread, and to whole frames only where there are too many; return whether so."""
    stream.codec_context.thread_count = 1
    rate = stream.width * stream.height * float(stream.average_rate or USUAL_RATE)
    sparse: bool = rate > FULL_RATE or rate * (duration(container) or 0.0) > FULL_TOTAL
    if sparse:
        stream.codec_context.skip_frame = "NONKEY"
    return sparse


def timed(container: Any, stream: Any, extent: Extent) -> Iterator[tuple[float, Any]]:
    """Yield frames with their seconds from the file's zero; times never go back."""
    step = usual_step(stream)
    clock = Clock(container, counts=False)
    for time, frame in in_time(frames(container, stream, extent), clock, lambda _: step):
        # A slide may be shown for long, but no longer than the file says that it lasts.
        lasts = float((frame.duration or 0) * (frame.time_base or 0)) or step
        latest = max(clock.announced, time + 1 / USUAL_RATE) if clock.announced else time + step
        extent.end, extent.gaps = min(time + lasts, latest), clock.gaps
        yield time, frame


def usual_step(stream: Any) -> float:
    """Return the seconds from one frame to the next."""
    return 1.0 / float(stream.average_rate or USUAL_RATE)


def detect_shot_starts(frames_in_time: Iterable[tuple[float, Any]], sparse: bool) -> Iterator[tuple[float, Any, bool]]:
    """Tell of each frame whether a shot begins with it, as (seconds, frame, begins).

    Where all frames are there, a cut stands out from the changes around it (so that noise and motion do not count),
    and is known two frames late. Frames seconds apart all differ: there, the change itself decides.
    """
    from scenedetect import FrameTimecode
    from scenedetect.detector import FlashFilter
    from scenedetect.detectors import AdaptiveDetector, ContentDetector

    shortest = int(SHORTEST_SHOT * TICKS)
    detector: Any = AdaptiveDetector(min_scene_len=shortest)
    if sparse:
        suppress = FlashFilter.Mode.SUPPRESS
        detector = ContentDetector(min_scene_len=shortest, filter_mode=suppress)
    late: deque[tuple[int, float, Any]] = deque()
    cuts: set[int] = set()
    size: tuple[int, int] | None = None
    for time, frame in frames_in_time:
        size = size or fit_size((frame.width, frame.height), DETECTION_SIDE)
        small = np.maximum(_pixels(frame, size, "bgr24"), DARKEST)
        tick = round(time * TICKS)
        found = detector.process_frame(FrameTimecode(tick, float(TICKS)), small)
        cuts.update(cut.frame_num for cut in found)
        late.append((tick, time, frame))
        if len(late) > detector.event_buffer_length:
            judged_tick, judged_time, judged = late.popleft()
            yield judged_time, judged, judged_tick in cuts
            cuts.discard(judged_tick)
    for _, time, frame in late:
        yield time, frame, False


def image_of(frame: Any, stream: Any, side: int) -> Image:
    """Return a frame as an image: upright, with square pixels, in SDR, its longer side at most ``side``."""
    size = fit_size(square(frame, stream), side)
    if frame.color_trc in (PQ, HLG):
        signal = np.divide(_pixels(frame, size, "rgb48le"), np.iinfo(np.uint16).max, dtype=np.float32)
        return Image(upright(to_sdr(signal, frame.color_trc, frame.color_primaries), frame))
    return Image(upright(_pixels(frame, size, "rgb24"), frame))


def _pixels(frame: Any, size: tuple[int, int], layout: str) -> NDArray[Any]:
    width, height = size
    # Frames that do not name their matrix have that of their time: BT.709 from 720 lines on, as players take it.
    unnamed = frame.colorspace == UNNAMED_COLOURS and frame.format.name.startswith("yuv")
    matrix = "ITU709" if unnamed and (frame.width >= HD_WIDTH or frame.height > SD_HEIGHT) else None
    scaled = frame.reformat(width=width, height=height, format=layout, src_colorspace=matrix, interpolation="AREA")
    pixels: NDArray[Any] = scaled.to_ndarray()
    return pixels

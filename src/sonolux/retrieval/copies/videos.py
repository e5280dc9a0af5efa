"""Copies of videos: candidates by the hashes of their frames, aligned in time by their movement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sonolux.features.pdq import TURNS, turned_image
from sonolux.media.segment import Segment
from sonolux.retrieval.copies.hash_candidates import Candidate
from sonolux.retrieval.copies.images import Advance
from sonolux.retrieval.copies.links import Link
from sonolux.retrieval.copies.looking import Decode, LibraryFile
from sonolux.retrieval.copies.looks import frame_reader, stacked_frames
from sonolux.retrieval.copies.motion import TICK, CommonStretch, common_stretch, trace_of
from sonolux.types import Failure, Span

FRAME_SIDE = 64
"""Pixels a side of the frames that are compared."""

LONGEST = 1200.0
"""Seconds of a video that are aligned; what two have in common behind that is not seen."""

ALL_OF_IT = 0.9
"""Share of a video from which a stretch counts as all of it."""

KEPT = 16
"""Videos whose frames are kept; 150 MB each at most."""


class Frames:
    """Frames of videos by path, decoded when they are wanted; what cannot be decoded is noted once."""

    def __init__(self, decode: Decode) -> None:
        self.decode = decode
        self.failed: dict[str, Failure] = {}
        self._kept: dict[str, NDArray[np.uint8]] = {}

    def of(self, path: str) -> NDArray[np.uint8] | None:
        """Return the frames (n, side, side, 3) of a video, one every `sonolux.retrieval.copies.motion.TICK`."""
        if path not in self._kept and path not in self.failed:
            found = []
            for _, event in self.decode([path], frame_reader(TICK, FRAME_SIDE, end=LONGEST)):
                if isinstance(event, Failure):
                    self.failed[path] = event
                elif isinstance(event, Segment):
                    found.append(stacked_frames(event))
            if len(self._kept) >= KEPT:
                del self._kept[next(iter(self._kept))]
            if found:
                self._kept[path] = np.concatenate(found)
        return self._kept.get(path)


def video_links(
    files: Sequence[LibraryFile], candidates: Sequence[Candidate], frames: Frames, advance: Advance = lambda _: None
) -> list[Link]:
    """Align pairs of videos, given by their numbers, and return what they have in common."""
    links = []
    for candidate in candidates:
        first, second = files[candidate.first], files[candidate.second]
        one, other = frames.of(first.path), frames.of(second.path)
        if one is not None and other is not None and min(len(one), len(other)) > 1:
            links.append(_linked(first, second, one, other, candidate.turn))
        advance(1)
    return links


def _linked(
    first: LibraryFile, second: LibraryFile, one: NDArray[np.uint8], other: NDArray[np.uint8], turn: int
) -> Link:
    turned = np.stack([turned_image(frame, turn) for frame in one]) if turn else one
    found = common_stretch(trace_of(turned), trace_of(other))
    turning = (TURNS[turn],) if turn else ()
    if found is None:
        return Link(first.id, second.id, "similar", turning)
    return link_of_stretch(first, second, found, len(one) * TICK, len(other) * TICK, turning)


def link_of_stretch(
    first: LibraryFile,
    second: LibraryFile,
    found: CommonStretch,
    seconds: float,
    other_seconds: float,
    alterations: tuple[str, ...] = (),
) -> Link:
    """Return the link of two files, so many seconds long, that have a stretch in common."""
    spans = (
        Span(round(found.first_start, 2), round(found.first_start + found.seconds, 2)),
        Span(round(found.second_start, 2), round(found.second_start + found.seconds, 2)),
    )
    most, other_most = found.seconds / max(seconds, TICK), found.seconds / max(other_seconds, TICK)
    if min(most, other_most) >= ALL_OF_IT:
        return Link(first.id, second.id, "copy", (*alterations, *_size(first, second)))
    if max(most, other_most) < ALL_OF_IT:
        return Link(first.id, second.id, "part", (*alterations, "a stretch in common"), spans)
    return Link(first.id, second.id, "part", (*alterations, "trimmed" if other_most > most else "longer"), spans)


def _size(first: LibraryFile, second: LibraryFile) -> tuple[str, ...]:
    one, other = first.width * first.height, second.width * second.height
    if not one or not other or one == other:
        return ()
    return ("smaller",) if one > other else ("larger",)


def strongest(candidates: Sequence[Candidate], most: int) -> list[Candidate]:
    """Return candidates, of each file at most so many, the nearest first."""
    taken: Counter[int] = Counter()
    kept = []
    for candidate in sorted(candidates, key=lambda one: one.distance):
        if max(taken[candidate.first], taken[candidate.second]) < most:
            kept.append(candidate)
            taken.update((candidate.first, candidate.second))
    return sorted(kept)

"""Uniform temporal sampling: a few segments of a file, evenly spaced, in memory that does not grow with its length.

How many segments a file has is known only at its end. Until then every `stride`-th is kept, and the stride doubles
whenever there are too many; at the end, those nearest to evenly spaced places are chosen, the first and the last among
them. Up to `KEPT` segments of a kind all are kept, so that the places are met exactly; beyond, a choice is off its
place by half a stride at most, which is a thirty-second of the file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from sonolux.media.probing import probe
from sonolux.media.reading import ReadOptions, read, read_sound
from sonolux.media.segment import Probe, Segment
from sonolux.media.workers.worker import Progress
from sonolux.types import Modality, SegmentKind

KEPT = 32
"""Segments of a kind that are held at once, at most, besides the last: 28 MB of windows of sound, 25 MB of frames."""

KINDS: dict[Modality, frozenset[SegmentKind]] = {
    Modality.IMAGE: frozenset({"image", "page"}),
    Modality.AUDIO: frozenset({"window"}),
    Modality.VIDEO: frozenset({"shot", "window"}),
    Modality.TEXT: frozenset({"passage"}),
}
"""What files are made of, by modality: what they carry besides, such as a cover, is never asked with."""


@dataclass
class Thinned:
    """A thinning choice of the segments of one kind: their numbers, and the segments.

    Attributes
    ----------
    stride : int
        Every so manieth is kept.
    seen : int
        How many there were.
    """

    stride: int = 1
    seen: int = 0
    kept: list[tuple[int, Segment]] = field(default_factory=list)
    last: Segment | None = None

    def take(self, segment: Segment) -> None:
        """Count a segment, and keep it if its turn has come."""
        if self.seen % self.stride == 0:
            self.kept.append((self.seen, segment))
        if len(self.kept) > KEPT:
            self.kept = self.kept[::2]
            self.stride *= 2
        self.seen += 1
        self.last = segment

    def chosen(self, most: int) -> list[Segment]:
        """Return at most so many, the kept ones nearest to evenly spaced places."""
        if self.last is None:
            return []
        there = dict(self.kept) | {self.seen - 1: self.last}
        count = min(most, self.seen)
        places = [number * (self.seen - 1) // max(1, count - 1) for number in range(count)]
        return [there[number] for number in sorted({min(there, key=lambda n: (abs(n - p), n)) for p in places})]


def read_spread(
    path: str, options: ReadOptions, kinds: Collection[SegmentKind], most: int
) -> Iterator[Probe | Segment | Progress]:
    """Decode a file: its probe, then at most so many segments of each of some kinds, evenly spaced.

    A reader for `sonolux.media.workers.pool.DecoderPool`, run in a worker process. Where the file is of a modality that
    has none of the kinds, nothing but its probe is read.

    Parameters
    ----------
    kinds : collection of str
        Kinds of segments.
    most : int
        Segments of a kind.

    Raises
    ------
    MediaError
        As `sonolux.media.reading.read`.
    """
    found = probe(path)
    yield found
    wanted = KINDS[found.modality].intersection(kinds)
    if not wanted or (found.modality == Modality.VIDEO and wanted == {"window"} and "rate" not in found.metadata):
        return
    # Who wants nothing but sound need not have shots and covers decoded.
    segments = read_sound(path, options) if wanted == {"window"} else read(path, options)
    thinned = {kind: Thinned() for kind in sorted(wanted)}
    for segment in segments:
        if isinstance(segment, Segment) and segment.kind in thinned:
            thinned[segment.kind].take(segment)
        yield Progress()
    for one in thinned.values():
        yield from one.chosen(most)

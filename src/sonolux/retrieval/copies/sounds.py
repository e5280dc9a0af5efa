"""Copies of recordings: pairs whose landmarks agree on one offset, from the fingerprints that a library keeps.

Two landmarks of two recordings that are the same vote for an offset. Recordings that share many rare landmarks at one
offset, spread over the time in which both are heard, are of one sound; where only a stretch of one is so, it is named.
A sound that is played faster or slower is not found in this way: ``sonolux compare`` finds it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sonolux.fingerprints.constellation import HOP, RATE
from sonolux.fingerprints.segment import CatalogSegment
from sonolux.retrieval.copies.links import Link
from sonolux.retrieval.copies.looking import LibraryFile
from sonolux.retrieval.copies.motion import CommonStretch
from sonolux.retrieval.copies.videos import link_of_stretch

FRAMES_A_SECOND = RATE / HOP

COMMON = 40
"""Recordings, or places of them, in which a landmark occurs before it is too common to vote."""

FEWEST = 12
"""Votes for one offset, at least."""

SLACK = 2
"""Frames by which landmarks of one offset may differ."""

FILLED = 0.5
"""Share of the seconds of a stretch in which landmarks must agree."""

GAP = 5.0
"""Seconds without a landmark in common that end a stretch."""

EDGE = 1.0
"""Seconds before the first and after the last landmark that belong to a stretch."""


class SoundPair(NamedTuple):
    """Two recordings, by ids, and the stretch they have in common: where it starts in each, its seconds, and votes."""

    first: str
    second: str
    first_start: float
    second_start: float
    seconds: float
    votes: int


class _Landmarks(NamedTuple):
    hashes: NDArray[np.uint32]
    tracks: NDArray[np.int64]
    times: NDArray[np.int64]


def sound_pairs(segments: Sequence[CatalogSegment], gone: Sequence[set[int]]) -> list[SoundPair]:
    """Return the pairs of recordings of a catalog that have a stretch of sound in common."""
    ids, marks = _gathered(segments, gone)
    pairs, times, offsets = _votes(marks, len(ids))
    order = np.lexsort((offsets, pairs))
    pairs, times, offsets = pairs[order], times[order], offsets[order]
    different, starts = np.unique(pairs, return_index=True)
    found = []
    for pair, start, end in zip(different, starts, np.append(starts[1:], len(pairs)), strict=False):
        stretch = _stretch(times[start:end], offsets[start:end])
        if stretch is not None:
            first, second = divmod(int(pair), len(ids))
            found.append(SoundPair(ids[first], ids[second], *stretch))
    return found


def sound_links(
    segments: Sequence[CatalogSegment], gone: Sequence[set[int]], files: Mapping[str, LibraryFile]
) -> list[Link]:
    """Return the links of files, by id, whose recordings have a stretch in common; of videos it is their sound."""
    links = []
    for pair in sound_pairs(segments, gone):
        if pair.first in files and pair.second in files:
            first, second = files[pair.first], files[pair.second]
            stretch = CommonStretch(pair.first_start, pair.second_start, pair.seconds, 1.0)
            shown = bool(first.width or second.width)
            links.append(link_of_sound(first, second, stretch, shown=shown))
    return links


def link_of_sound(first: LibraryFile, second: LibraryFile, stretch: CommonStretch, *, shown: bool) -> Link:
    """Return the link of two files by their sound; where either shows something, the sound alone makes no copy."""
    # Landmarks begin and end a second within what is heard.
    before = min(EDGE, stretch.first_start, max(stretch.second_start, 0.0))
    grown = stretch._replace(
        first_start=stretch.first_start - before,
        second_start=stretch.second_start - before,
        seconds=min(stretch.seconds + before + EDGE, *(file.duration for file in (first, second) if file.duration)),
    )
    link = link_of_stretch(first, second, grown, first.duration, second.duration)
    return Link(link.first, link.second, "similar", ("the same sound",)) if shown else link


def _gathered(segments: Sequence[CatalogSegment], gone: Sequence[set[int]]) -> tuple[list[str], _Landmarks]:
    """Return the ids of all recordings, and their landmarks by hash."""
    ids: list[str] = []
    parts = []
    for segment, absent in zip(segments, gone, strict=True):
        anchors = np.asarray(segment.anchors, np.int64)
        tracks = np.searchsorted(segment.firsts, anchors, side="right") - 1
        there = ~np.isin(tracks, np.fromiter(absent, np.int64, len(absent)))
        times = anchors - np.asarray(segment.firsts, np.int64)[tracks]
        parts.append(_Landmarks(np.asarray(segment.hashes)[there], tracks[there] + len(ids), times[there]))
        ids += [track.id for track in segment.tracks]
    empty = _Landmarks(np.empty(0, np.uint32), np.empty(0, np.int64), np.empty(0, np.int64))
    hashes, tracks, times = (np.concatenate(column) for column in zip(empty, *parts, strict=True))
    order = np.lexsort((times, tracks, hashes))
    return ids, _Landmarks(hashes[order], tracks[order], times[order])


def _votes(marks: _Landmarks, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the equal landmarks of different recordings: pair of recordings, as one number, time and offset.

    Pairs of recordings with too few of them are left out.
    """
    starts = np.flatnonzero(np.append(True, marks.hashes[1:] != marks.hashes[:-1])[: len(marks.hashes)])
    counts = np.diff(np.append(starts, len(marks.hashes)))
    rare = (counts >= 2) & (counts <= COMMON)
    firsts, seconds = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for size in np.unique(counts[rare]):
        rows = starts[rare & (counts == size)][:, None] + np.arange(size)
        one, other = np.triu_indices(int(size), 1)
        firsts.append(rows[:, one].ravel())
        seconds.append(rows[:, other].ravel())
    first, second = np.concatenate(firsts), np.concatenate(seconds)
    apart = marks.tracks[first] != marks.tracks[second]
    first, second = first[apart], second[apart]
    pairs = marks.tracks[first] * count + marks.tracks[second]
    _, back, votes = np.unique(pairs, return_inverse=True, return_counts=True)
    enough = votes[back] >= FEWEST
    return pairs[enough], marks.times[first[enough]], (marks.times[second] - marks.times[first])[enough]


def _stretch(times: NDArray[np.int64], offsets: NDArray[np.int64]) -> tuple[float, float, float, int] | None:
    """Return where the votes of two recordings for their best offset begin and end; offsets ascend."""
    ends = np.searchsorted(offsets, offsets + SLACK, side="right")
    best = int(np.argmax(ends - np.arange(len(offsets))))
    agreeing = np.sort(times[best : ends[best]]) / FRAMES_A_SECOND
    offset = float(np.median(offsets[best : ends[best]])) / FRAMES_A_SECOND
    breaks = np.flatnonzero(np.diff(agreeing) > GAP)
    starts, stops = np.append(0, breaks + 1), np.append(breaks + 1, len(agreeing))
    longest = int(np.argmax(agreeing[stops - 1] - agreeing[starts]))
    run = agreeing[starts[longest] : stops[longest]]
    seconds = float(run[-1] - run[0])
    if len(run) < FEWEST or len(np.unique(run.astype(int))) < FILLED * max(seconds, 1.0):
        return None
    return float(run[0]), float(run[0]) + offset, seconds, len(run)

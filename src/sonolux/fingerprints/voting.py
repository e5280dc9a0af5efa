"""Voting: hash matches of landmarks to candidate alignments, each a recording, an offset and a speed.

Every landmark of the query that a recording has too votes for one alignment: an offset, where the recording would have
to begin for both to be the same sound, and a speed. Rare landmarks weigh more than frequent ones, and are looked up
first, up to a number that does not depend on the catalog: looking takes hardly longer in a large catalog than in a
small one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sonolux.fingerprints.alignment import Alignments
from sonolux.fingerprints.landmarks import SPEEDS, QueryLandmarks
from sonolux.fingerprints.segment import CatalogSegment

MOST_HITS = 100_000
"""Landmarks that may vote, in all segments together."""

WANTED = 400
"""Places that are looked at, in all segments together."""

CELL = 2
"""Frames of a place; what falls on the border is counted on both sides."""

TABLE = 2**18
"""Counters; two alignments that share one are distinguished afterwards, by their scores."""


def find_candidates(
    query: QueryLandmarks, segments: Sequence[CatalogSegment], gone: Sequence[set[int]]
) -> list[Alignments]:
    """Return the places of a catalog with the most votes, by segment: as many, however it is cut into segments."""
    whole = sum(len(segment.hashes) for segment in segments)
    found = [
        _voted(query, segment, absent, len(segment.hashes) / max(whole, 1))
        for segment, absent in zip(segments, gone, strict=True)
    ]
    votes = np.concatenate([one for _, one in found]) if found else np.zeros(0)
    limit = np.partition(votes, -WANTED)[-WANTED] if len(votes) > WANTED else -np.inf
    kept = [one >= limit for _, one in found]
    return [
        Alignments(places.tracks[best], places.starts[best], places.speeds[best])
        for (places, _), best in zip(found, kept, strict=True)
    ]


def _voted(
    query: QueryLandmarks, segment: CatalogSegment, gone: set[int], share: float
) -> tuple[Alignments, NDArray[np.float64]]:
    """Return the places of a segment with the most votes, and their votes.

    Parameters
    ----------
    query : QueryLandmarks
    segment : CatalogSegment
    gone : set of int
        Recordings that are deleted.
    share : float
        Of the segment in the catalog, by landmarks.
    """
    first, count = _found(query.hashes, segment.hashes)
    chosen = _rarest(count, int(MOST_HITS * share))
    first, count = first[chosen], count[chosen]
    hits = np.arange(count.sum()) + np.repeat(first - (np.cumsum(count) - count), count)
    anchors = segment.anchors[hits].astype(np.int64)
    places = anchors - np.repeat(query.times[chosen], count)
    speeds = np.repeat(query.speeds[chosen], count)
    weights = np.repeat(1 / np.sqrt(count), count)
    if gone:
        # Before places are chosen: a recording that is gone may have more votes than all others.
        there = ~np.isin(_tracks(segment, anchors), np.fromiter(gone, np.int64, len(gone)))
        anchors, places, speeds, weights = anchors[there], places[there], speeds[there], weights[there]
    cells, votes = _counted((places + 2**20) // CELL * len(SPEEDS) + speeds, weights)
    return _chosen(cells, votes, anchors, segment)


def _found(query: NDArray[np.uint32], kept: NDArray[np.uint32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where each number begins among those that are kept, and how often it occurs; both ascend."""
    new = np.append(True, query[1:] != query[:-1])[: len(query)]
    different = query[new]
    first = np.searchsorted(kept, different)
    count = np.searchsorted(kept, different, side="right") - first
    back = np.cumsum(new) - 1
    return first[back], count[back]


def _rarest(count: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Return the numbers that are found, the rarest first, as many as may vote."""
    found = np.flatnonzero(count)
    if count.sum() <= most:
        return found
    order = found[np.argsort(count[found], kind="stable")]
    chosen: NDArray[np.int64] = order[: np.searchsorted(np.cumsum(count[order]), most, side="right")]
    return chosen


def _counted(cells: NDArray[np.int64], weights: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the cells of all votes, and what each cell has together with the one after it.

    A cell is a place and a speed. Exact counting sorts all votes; a table of counters that cells share is ten times as
    fast and finds those that can be among the best.
    """
    table = np.bincount(cells & (TABLE - 1), weights, minlength=TABLE)
    return cells, table[cells & (TABLE - 1)] + table[(cells + len(SPEEDS)) & (TABLE - 1)]


def _chosen(
    cells: NDArray[np.int64], votes: NDArray[np.float64], anchors: NDArray[np.int64], segment: CatalogSegment
) -> tuple[Alignments, NDArray[np.float64]]:
    """Return the best cells as places, once for each recording that has anchors there, and their votes.

    The recording is that of the anchors: one that begins inside the query has its place in the gap before it, or in
    the recording before.
    """
    if len(cells) > 4 * WANTED:
        best = votes >= np.partition(votes, -4 * WANTED)[-4 * WANTED]
        cells, votes, anchors = cells[best], votes[best], anchors[best]
    tracks = _tracks(segment, anchors)
    _, once = np.unique(cells * len(segment.tracks) + tracks, return_index=True)
    cells, votes, tracks = cells[once], votes[once], tracks[once]
    starts = (cells // len(SPEEDS) * CELL - 2**20 + CELL).astype(np.float64)
    return Alignments(tracks, starts, SPEEDS[cells % len(SPEEDS)]), votes


def _tracks(segment: CatalogSegment, anchors: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of the recording that has each frame of a segment."""
    found: NDArray[np.int64] = np.searchsorted(segment.firsts, anchors, side="right") - 1
    return found

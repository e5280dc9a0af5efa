"""Alignment: how well a query fits a place of a recording, by all peaks of the recording there.

Votes of landmarks propose alignments. For each, every peak that the recording keeps is looked up in the contrast of the
query, at the time and band where it should be. Noise hides peaks, and moves them, but seldom makes the right places of
a spectrum fainter than its mean: of hundreds of peaks nearly all add a little evidence, where landmarks need both of
their peaks whole. Under the right place the sum over n peaks grows with n, under wrong ones with its root.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sonolux.fingerprints.constellation import BANDS, PER_OCTAVE
from sonolux.fingerprints.segment import FINENESS, CatalogSegment

MARGIN = 8
"""Frames and bands around a query that carry no evidence."""

SHIFTS = np.arange(-2, 3)
"""Frames by which a place found by votes may be wrong."""

SPREAD = np.float32((1 / 5 - 1 / 9) ** 0.5)
"""Standard deviation of the square of what is spread evenly from 0 to 1."""

SHARPNESS_FLOOR = np.float32(1.0)
"""Logarithm of power below a neighbour, beyond which all is the same."""

PART = 16
"""Frames of a part of a query: half a second."""

SOUNDING = 2
"""Parts before and after peaks that count as sounding too."""

FEWEST = 8
"""Peaks under which an alignment scores 0."""


class QueryEvidence(NamedTuple):
    """The contrast of a query as evidence, of mean 0 and variance 1, with a margin of 0."""

    values: NDArray[np.float32]
    frames: int


def sharpness_evidence(found: NDArray[np.float32]) -> QueryEvidence:
    """Return how far each level of a query is below the largest of its neighbours, in natural logarithms of power.

    What is played twice is nearly the same music in nearly the same sound. Which time it is shows in where exactly the
    peaks are, which counts for little where a peak need only be found.
    """
    from scipy.ndimage import maximum_filter

    below = np.minimum(maximum_filter(found, 3, mode="nearest") - found, SHARPNESS_FLOOR)
    return QueryEvidence(np.pad(-below, MARGIN), len(found))


class PlaceEvidence(NamedTuple):
    """Sums of evidence, and numbers of peaks, of each alignment in each half second, (places, parts)."""

    sums: NDArray[np.float64]
    counts: NDArray[np.float64]

    def of(self, places: NDArray[np.int64]) -> PlaceEvidence:
        """Return those of some places."""
        return PlaceEvidence(self.sums[places], self.counts[places])

    def scores(self) -> NDArray[np.float64]:
        """Return the score of each place, in standard deviations: the sum over n peaks grows with its root."""
        count = self.counts.sum(axis=1)
        return np.where(count >= FEWEST, self.sums.sum(axis=1) / np.sqrt(np.maximum(count, FEWEST)), 0.0)

    def sounding(self, starts: NDArray[np.int64], frames: int) -> NDArray[np.bool_]:
        """Tell in which stretches of so many frames, (places, stretches), the recording has a peak."""
        before = np.pad(np.cumsum(self.counts, axis=1), ((0, 0), (1, 0)))
        first, end = starts // PART, np.minimum(-(-(starts + frames) // PART), self.counts.shape[1])
        told: NDArray[np.bool_] = before[:, end] > before[:, first]
        return told

    def covered(self) -> NDArray[np.float64]:
        """Return 1 for each part of a place in which the recording sounds, or a second before or after it; else 0."""
        from scipy.ndimage import maximum_filter1d

        near: NDArray[np.float64] = maximum_filter1d(self.counts, 2 * SOUNDING + 1, axis=1, mode="nearest")
        return np.minimum(near, 1.0)


class Alignments(NamedTuple):
    """Candidate alignments of a query with the recordings of one segment.

    Attributes
    ----------
    tracks : ndarray of int64, shape (n,)
        Numbers of recordings.
    starts : ndarray of float64, shape (n,)
        Frame of the segment's axis on which the first frame of the query falls.
    speeds : ndarray of float64, shape (n,)
    """

    tracks: NDArray[np.int64]
    starts: NDArray[np.float64]
    speeds: NDArray[np.float64]


def rank_evidence(standing_out: NDArray[np.float32]) -> QueryEvidence:
    """Return the evidence of the contrast of a query at each frame and band: its rank among all, squared.

    Ranks are the same for a clean sound, whose spectrum has deep valleys, and for a noisy one.
    """
    order = np.argsort(standing_out, axis=None)
    ranks = np.empty(order.size, np.float32)
    ranks[order] = np.linspace(0, 1, order.size, dtype=np.float32)
    values = (ranks**2 - 1 / 3) / SPREAD
    return QueryEvidence(np.pad(values.reshape(standing_out.shape), MARGIN), len(standing_out))


def score_alignments(
    query: QueryEvidence, segment: CatalogSegment, places: Alignments
) -> tuple[PlaceEvidence, NDArray[np.float64]]:
    """Return the evidence for each alignment in each half second, and starts moved to the best frame."""
    owner, rows, columns = expected_peaks(query, segment, places)
    width, parts = query.values.shape[1], -(-query.frames // PART)
    flat, at = query.values.ravel(), rows * width + columns
    count = len(places.tracks)
    sums = [np.bincount(owner, flat[at + shift * width], minlength=count) for shift in SHIFTS]
    shifts = SHIFTS[np.stack(sums).argmax(axis=0)] if count else np.zeros(0, np.int64)
    part = owner * parts + np.clip(rows - MARGIN, 0, query.frames - 1) // PART
    found, counts = (
        np.bincount(part, one, minlength=count * parts).reshape(count, parts).astype(np.float64)
        for one in (flat[at + shifts[owner] * width], None)
    )
    return PlaceEvidence(found, counts), places.starts - shifts * places.speeds


def evidence_by_frame(
    query: QueryEvidence, segment: CatalogSegment, place: Alignments
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the evidence at each frame of the query, (frames,), for one alignment, and how many peaks."""
    _, rows, columns = expected_peaks(query, segment, place)
    frames = np.clip(rows - MARGIN, 0, query.frames - 1)
    # All bands of a frame may be strong, as where a query gets louder: only what is above their mean counts.
    usual = query.values[MARGIN:-MARGIN, MARGIN:-MARGIN].mean(axis=1)
    excess = query.values[rows, columns] - usual[frames]
    sums = np.bincount(frames, excess, minlength=query.frames).astype(np.float64)
    return sums, np.bincount(frames, minlength=query.frames).astype(np.int64)


def refine_alignment(
    query: QueryEvidence, segment: CatalogSegment, place: Alignments, steps: Sequence[float]
) -> tuple[float, float, float]:
    """Return score, start and speed of one place after trying small changes of both.

    The line from frames of the query to frames of the recording is fitted by the evidence itself: of the lines whose
    speeds differ by `steps` and whose middles differ by parts of a frame, the one with the largest sum. Peaks that are
    not there count as a little less than the mean, so no few of them can bend it (M-estimation with a bounded loss).
    """
    start, speed, half = float(place.starts[0]), float(place.speeds[0]), query.frames / 2
    middle = start + half * speed
    speeds = np.repeat(speed + np.asarray(steps), len(PARTS))
    starts = np.tile(middle + PARTS, len(steps)) - half * speeds
    tries = Alignments(np.full(len(starts), place.tracks[0]), starts, speeds)
    owner, rows, columns = expected_peaks(query, segment, tries)
    count = np.bincount(owner, minlength=len(starts))
    found = np.bincount(owner, query.values[rows, columns], minlength=len(starts)) / np.sqrt(np.maximum(count, FEWEST))
    # The best is a plateau as wide as a frame: its middle is the answer.
    near = found >= found.max() - 0.02 * abs(found.max())
    weights = np.where(near, found - found.max() + 0.02 * abs(found.max()) + 1e-9, 0.0)
    return float(found.max()), float(np.average(starts, weights=weights)), float(np.average(speeds, weights=weights))


PARTS = np.arange(-1.5, 1.51, 0.25)
"""Frames by which the middle of a line is moved."""


def expected_peaks(
    query: QueryEvidence, segment: CatalogSegment, places: Alignments
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return, for each peak that each alignment expects, the alignment, and row and column of the evidence."""
    firsts = segment.firsts[places.tracks]
    ends = firsts + np.array([segment.tracks[track].frames for track in places.tracks], np.int64)
    low = np.maximum(firsts, np.ceil(places.starts)).astype(np.int64)
    high = np.minimum(ends, np.floor(places.starts + (query.frames - 1) * places.speeds)).astype(np.int64)
    first = np.searchsorted(segment.times, low.astype(segment.times.dtype))
    count = np.maximum(np.searchsorted(segment.times, np.maximum(high, 0).astype(segment.times.dtype)) - first, 0)
    owner = np.repeat(np.arange(len(count)), count)
    peaks = np.arange(count.sum()) + np.repeat(first - (np.cumsum(count) - count), count)
    rows = np.rint((segment.times[peaks] - places.starts[owner]) / places.speeds[owner]).astype(np.int64)
    shift = PER_OCTAVE * np.log2(places.speeds)
    columns = np.rint(segment.bands[peaks] / np.float32(FINENESS) + shift[owner]).astype(np.int64)
    inside = (columns >= 0) & (columns < BANDS)
    return owner[inside], rows[inside] + MARGIN, columns[inside] + MARGIN

"""Matching: the recordings of a catalog that are heard in one window of sound, with their p-values.

Votes of landmarks propose alignments (`sonolux.fingerprints.voting`); all peaks of the recordings score them
(`sonolux.fingerprints.alignment`), and learned codes beside them (`sonolux.fingerprints.code_agreement`). Hundreds of
places are looked at for each query, and all but a few are wrong: a score is the distance of a place from the mean of
the wrong ones, over the root of their standard deviation. How often the best wrong place scores as high is learned from
the catalog (`sonolux.fingerprints.false_alarms`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from sonolux.fingerprints.alignment import (
    Alignments,
    PlaceEvidence,
    QueryEvidence,
    evidence_by_frame,
    rank_evidence,
    refine_alignment,
    score_alignments,
    sharpness_evidence,
)
from sonolux.fingerprints.code_agreement import (
    CodeQuery,
    build_code_query,
    compare_codes,
)
from sonolux.fingerprints.constellation import (
    MIDDLE,
    SECONDS,
    Constellation,
    band_log_power,
    pick_peaks,
    spectral_contrast,
)
from sonolux.fingerprints.copies import find_copies
from sonolux.fingerprints.false_alarms import fit_false_alarms
from sonolux.fingerprints.landmarks import QueryLandmarks, query_landmarks
from sonolux.fingerprints.neural_codes import ASKED_STEP, FingerprintEncoder
from sonolux.fingerprints.null_model import PartScores
from sonolux.fingerprints.segment import CatalogSegment, Track
from sonolux.fingerprints.voting import find_candidates
from sonolux.fingerprints.wrong_places import PlaceNull, level_places, thin_places, wrong_scores

ACCEPTED = 0.01
"""Chance up to which a place is a match."""

FINALISTS = 12
"""Places whose line is fitted."""

MOST_COPIES = 64
"""The same, in copies of the recordings that these are in."""

ALIKE = 0.95
"""Of the score of the best place of a recording, from which others are compared with it in detail."""

STRETCHES = 4
"""Times that the stretch of a match is looked for, each time by what was found before."""

STEPS = (-0.006, -0.003, 0.0, 0.003, 0.006)
"""Changes of speed that are tried on a place."""


class Catalog(Protocol):
    """Recordings to look among, mapped or held in memory."""

    @property
    def segments(self) -> Sequence[CatalogSegment]:
        """Their segments."""

    @property
    def gone(self) -> Sequence[set[int]]:
        """Numbers of recordings that do not count, by segment."""

    @property
    def samples(self) -> Sequence[tuple[float, float]]:
        """What wrong places score here, see `sonolux.fingerprints.false_alarms`."""


class Findable(Protocol):
    """Recordings, a few of which may match a query: those of a library, or a few that are held in memory."""

    def near(self, landmarks: QueryLandmarks) -> Catalog:
        """Return those among which to look for what has these landmarks."""


@dataclass(frozen=True, slots=True)
class MemoryCatalog:
    """A catalog in memory, or a part of another."""

    segments: Sequence[CatalogSegment]
    gone: Sequence[set[int]]
    samples: Sequence[tuple[float, float]] = ()

    def near(self, landmarks: QueryLandmarks) -> MemoryCatalog:
        """Return all of it: what is held is little."""
        return self


@dataclass(frozen=True, slots=True)
class Match:
    """A part of a query that is heard in a recording.

    Attributes
    ----------
    id, path : str
        Of the recording.
    query_start, query_end : float
        Of the stretch, in the query.
    start : float
        Of the stretch, in the recording.
    speed : float
        Of the query.
    score : float
        How far the place is above wrong ones; higher is surer.
    chance : float
        Probability that a query which is in no recording of the catalog is given a match as sure.
    """

    id: str
    path: str
    query_start: float
    query_end: float
    start: float
    speed: float
    score: float
    chance: float


class WindowQuery(NamedTuple):
    """A window of sound as a query: landmarks, and evidence on the whole, in detail, and, with a model, by codes."""

    landmarks: QueryLandmarks
    whole: QueryEvidence
    detail: QueryEvidence
    codes: CodeQuery | None

    def agreements(self, segment: CatalogSegment, places: Alignments, evidence: PlaceEvidence) -> PartScores:
        """Return how well codes agree, window by window; without a model there are no windows."""
        if self.codes is None:
            return PartScores(*np.zeros((2, len(places.tracks), 0)))
        sounding = evidence.sounding(self.codes.starts, self.codes.frames)
        return compare_codes(self.codes, segment, places, sounding)


class _Candidate(NamedTuple):
    """A place that is looked at; its start is a frame on the axis of its segment."""

    score: float
    segment: int
    track: int
    start: float
    speed: float
    gain: float
    offset: float


def match_window(
    catalog: Catalog,
    sound: NDArray[np.float32],
    accepted: float = ACCEPTED,
    encoder: FingerprintEncoder | None = None,
) -> list[Match]:
    """Return the matches of one window of sound of 8,000 Hz, one a recording, the surest first.

    Parameters
    ----------
    catalog : Catalog
    sound : ndarray of float32, shape (n,)
    accepted : float
        Chance up to which a place is a match.
    encoder : FingerprintEncoder, optional
        Whose codes the catalog has; without, landmarks and peaks decide.
    """
    return match_query(catalog, describe_window(sound, encoder), accepted)


def describe_window(sound: NDArray[np.float32], encoder: FingerprintEncoder | None = None) -> WindowQuery:
    """Return what is asked of a catalog for a window of sound; parameters as for `match_window`."""
    found = band_log_power(sound)
    standing_out = spectral_contrast(found)
    peaks = pick_peaks(found, standing_out)
    codes = None if encoder is None else _codes(encoder, standing_out, peaks)
    return WindowQuery(query_landmarks(peaks), rank_evidence(standing_out), sharpness_evidence(found), codes)


def match_query(catalog: Catalog, query: WindowQuery, accepted: float = ACCEPTED) -> list[Match]:
    """Return the matches of a window that is described; parameters as for `match_window`."""
    if not len(query.landmarks.hashes) or not catalog.segments:
        return []
    chosen = find_candidates(query.landmarks, catalog.segments, catalog.gone)
    found = [
        _score_candidates(query, segment, number, ones)
        for number, (segment, ones) in enumerate(zip(catalog.segments, chosen, strict=True))
    ]
    rows, evidence, agreed = (list(one) for one in zip(*found, strict=True))
    whole = PlaceEvidence(*map(np.concatenate, zip(*evidence, strict=True)))
    codes = PartScores(*map(np.concatenate, zip(*agreed, strict=True)))
    return _matches(catalog, query, np.concatenate(rows), whole, codes, accepted)


def _codes(encoder: FingerprintEncoder, standing_out: NDArray[np.float32], peaks: Constellation) -> CodeQuery:
    numbers = encoder.encode(standing_out, ASKED_STEP)
    return build_code_query(numbers, encoder.how.frames, encoder.digest, peaks.times)


def _score_candidates(
    query: WindowQuery, segment: CatalogSegment, number: int, places: Alignments
) -> tuple[NDArray[np.float64], PlaceEvidence, PartScores]:
    """Return score, segment, track, start and speed of places, one a row; evidence and agreement in their parts."""
    evidence, start = score_alignments(query.whole, segment, places)
    agreed = query.agreements(segment, places._replace(starts=start), evidence)
    score = evidence.scores()
    rows = np.stack([score, np.full(len(score), float(number)), places.tracks, start, places.speeds], axis=1)
    return rows, evidence, agreed


def _matches(
    catalog: Catalog,
    query: WindowQuery,
    rows: NDArray[np.float64],
    evidence: PlaceEvidence,
    agreed: PartScores,
    accepted: float,
) -> list[Match]:
    """Fit the best places, one or more a recording; of each recording the best that chance rules out is a match."""
    segments = catalog.segments
    if not len(rows):
        return []
    order = np.argsort(-rows[:, 0], kind="stable")
    rows, evidence, agreed = rows[order], evidence.of(order), agreed.of(order)
    copies = find_copies(query.whole, segments, rows)
    counted = ~copies
    counted[counted] = thin_places(rows[counted])
    null, gain, offset = level_places(rows, evidence, agreed, counted)
    levelled = gain * rows[:, 0] + offset + null.agreement(agreed)
    rows = np.column_stack([levelled, rows[:, 1:], gain, offset])
    order = np.argsort(-rows[:, 0], kind="stable")
    rows, copies, counted = rows[order], copies[order], counted[order]
    by_track: dict[tuple[int, int], list[_Candidate]] = {}
    for row in [*_apart(rows[~copies], FINALISTS), *_apart(rows[copies], MOST_COPIES)]:
        place = _Candidate(row[0], *map(int, row[1:3]), *row[3:])
        by_track.setdefault((place.segment, place.track), []).append(_fitted(segments, query, null, place))
    mean, spread = wrong_scores(rows[counted], query.whole.frames)
    alarms = fit_false_alarms(tuple(catalog.samples))
    answers = []
    for places in by_track.values():
        one = _choose_among_repeats(segments, query.detail, places)
        score = (max(places).score - mean) / np.sqrt(spread)
        chance = alarms.chance(float(score), query.whole.frames * SECONDS)
        if chance <= accepted:
            answers.append(_match(segments[one.segment], query.whole, one, score, chance))
    return sorted(answers, key=lambda match: -match.score)


def _choose_among_repeats(
    segments: Sequence[CatalogSegment], detail: QueryEvidence, places: list[_Candidate]
) -> _Candidate:
    """Return the place of a recording that fits best, in detail where others are hardly worse, as in repeats."""
    best = max(places).score
    near = [one for one in places if one.score >= best - (1 - ALIKE) * abs(best)]
    if len(near) == 1:
        return near[0]
    return max(near, key=lambda one: refine_alignment(detail, segments[one.segment], _alone(one), (0.0,))[0])


def _apart(rows: NDArray[np.float64], most: int) -> list[NDArray[np.float64]]:
    """Return the best places that are not nearly the same."""
    kept: list[NDArray[np.float64]] = []
    for row in rows:
        if all((row[1:3] != other[1:3]).any() or abs(row[3] - other[3]) > 4 for other in kept):
            kept.append(row)
        if len(kept) == most:
            break
    return kept


def _fitted(segments: Sequence[CatalogSegment], query: WindowQuery, null: PlaceNull, place: _Candidate) -> _Candidate:
    segment = segments[place.segment]
    score, start, speed = refine_alignment(query.whole, segment, _alone(place), STEPS)
    fitted = place._replace(start=start, speed=speed)
    evidence, _ = score_alignments(query.whole, segment, _alone(fitted))
    agreed = float(null.agreement(query.agreements(segment, _alone(fitted), evidence))[0])
    return fitted._replace(score=place.gain * score + place.offset + agreed)


def _match(segment: CatalogSegment, query: QueryEvidence, place: _Candidate, score: float, chance: float) -> Match:
    first, last = _stretch(*evidence_by_frame(query, segment, _alone(place)))
    track: Track = segment.tracks[place.track]
    from_start = (place.start - segment.firsts[place.track]) * SECONDS + MIDDLE * (1 - place.speed)
    begin, end = first * SECONDS, last * SECONDS + 2 * MIDDLE
    start = float(from_start + begin * place.speed)
    return Match(track.id, track.path, begin, end, start, float(place.speed), float(score), chance)


def _alone(place: _Candidate) -> Alignments:
    return Alignments(np.array([place.track]), np.array([place.start]), np.array([place.speed]))


def _stretch(sums: NDArray[np.float64], counts: NDArray[np.int64]) -> tuple[int, int]:
    """Return the first and the last frame of the stretch where the recording is heard.

    It has the most evidence over half of the mean evidence of its peaks; the mean is first that of the window, then
    that of the stretch found before.

    Source: the largest sum of a stretch of numbers, J. Bentley, "Programming pearls", CACM 27(9), 1984.
    """
    first, last = 0, len(sums)
    for _ in range(STRETCHES):
        usual = sums[first:last].sum() / max(counts[first:last].sum(), 1)
        gains = np.append(0.0, np.cumsum(sums - counts * 0.5 * usual))
        last = int(np.argmax(gains - np.minimum.accumulate(gains)))
        first = last - int(np.argmin(gains[last::-1]))
        if first == last:
            return 0, len(sums) - 1
    return first, last - 1

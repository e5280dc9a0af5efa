"""Which recording is this, and where in it: matches of a question in a catalog of fingerprints, with their chance.

Votes of landmarks say where to look (`sonolux.retrieval.votes`); there, all peaks of the recordings are weighed
(`sonolux.retrieval.alignment`). Hundreds of places are looked at for each question, and all but a few are wrong: they
say what the best wrong place of such a catalog scores for such a question. A place is a match when that hardly ever
reaches its score. A long question is asked in windows; what goes on from window to window is one match.

Times are seconds. A question at speed 1.03 is played 3 % faster than the recording.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from sonolux.encoders.classical.constellation import HOP, MIDDLE, RATE, SECONDS, contrast, levels, peaks
from sonolux.encoders.classical.landmarks import probes
from sonolux.index.fingerprint_segment import Segment, Track
from sonolux.retrieval.alignment import Evidence, Places, by_frame, evidence, refined, scores, sharpness
from sonolux.retrieval.votes import candidates

WINDOW, STEP = 10.0, 5.0
"""Seconds of a long question that are asked at once, and from one window to the next."""

SHORTEST = 1.0
"""Seconds of a question."""

FINALISTS = 12
"""Places whose line is fitted."""

ACCEPTED = 0.01
"""Chance up to which a place is a match."""

ALIKE = 0.95
"""Of the score of the best place of a recording, from which others are compared with it in detail."""

STRETCHES = 4
"""Times that the stretch of a match is looked for, each time by what was found before."""

TOGETHER = 0.3
"""Seconds by which places of one match may differ from window to window."""

STEPS = (-0.006, -0.003, 0.0, 0.003, 0.006)
"""Changes of speed that are tried on a place."""

USUAL = (5.5, 1.4)
"""Mean and standard deviation of the scores of wrong places, of questions about nothing in particular."""

USUAL_WEIGHT = 10
"""Wrong places that the usual counts for, where a catalog has few."""

LOCATION, SCALE = (3.25, 0.5), (0.35, 0.12)
"""Of the best wrong place, see `chance_of`: of one second, and for each natural logarithm of seconds."""


class Catalog(Protocol):
    """Recordings to look among: those of a library, or a few that are held in memory."""

    @property
    def segments(self) -> Sequence[Segment]:
        """Their segments."""

    @property
    def gone(self) -> Sequence[set[int]]:
        """Numbers of recordings that do not count, by segment."""


@dataclass(frozen=True, slots=True)
class Match:
    """A stretch of a question that is heard in a recording.

    Attributes
    ----------
    id, path : str
        Of the recording.
    query_start, query_end : float
        Of the stretch, in the question.
    start : float
        Of the stretch, in the recording.
    speed : float
        Of the question.
    score : float
        How far the place is above wrong ones; higher is surer.
    chance : float
        Probability that a window of sound which is in no recording of the catalog is given a match as sure.
    """

    id: str
    path: str
    query_start: float
    query_end: float
    start: float
    speed: float
    score: float
    chance: float


class _Question(NamedTuple):
    """What a window of sound says of places, on the whole and in detail."""

    whole: Evidence
    detail: Evidence


class _Found(NamedTuple):
    """A place that is looked at; its start is a frame on the axis of its segment."""

    score: float
    segment: int
    track: int
    start: float
    speed: float


def identify(catalog: Catalog, blocks: Iterable[NDArray[np.float32]], accepted: float = ACCEPTED) -> list[Match]:
    """Return all matches of a question, the surest first; none where it is in no recording.

    Parameters
    ----------
    catalog : Catalog
    blocks : iterable of ndarray
        Sound of 8,000 Hz.
    accepted : float
        Chance up to which a place is a match.
    """
    return sorted(follow(catalog, blocks, accepted), key=lambda match: (match.chance, -match.score))


def follow(catalog: Catalog, blocks: Iterable[NDArray[np.float32]], accepted: float = ACCEPTED) -> Iterator[Match]:
    """Yield the matches of a question of any length, each as soon as it has ended; parameters as for `identify`."""
    going: list[Match] = []
    for at, sound in _windows(blocks):
        found = [_later(match, at) for match in matches(catalog, sound, accepted)]
        going, ended = _joined(going, found, at)
        yield from ended
    yield from going


def matches(catalog: Catalog, sound: NDArray[np.float32], accepted: float = ACCEPTED) -> list[Match]:
    """Return the matches of one window of sound of 8,000 Hz, one a recording, the surest first."""
    found = levels(sound)
    standing_out = contrast(found)
    heard = peaks(found, standing_out)
    if not len(heard.times) or not catalog.segments:
        return []
    asked = _Question(evidence(standing_out), sharpness(found))
    chosen = candidates(probes(heard), catalog.segments, catalog.gone)
    places = [
        _weighed(asked.whole, segment, number, ones)
        for number, (segment, ones) in enumerate(zip(catalog.segments, chosen, strict=True))
    ]
    return _matches(catalog.segments, asked, np.concatenate(places), accepted)


def chance_of(score: float, seconds: float) -> float:
    """Return how often the best of all wrong places of a catalog scores so high.

    The largest of many scores has Gumbel's distribution; a score is the distance from the mean of the wrong places of
    the same question, over the root of their standard deviation. Location and scale were fitted to questions of 2 to 10
    seconds about songs that were in no catalog, with room to be wrong.

    Source: S. Coles, "An introduction to statistical modeling of extreme values", Springer 2001, theorem 3.1.
    """
    longer = np.log(max(seconds, 1.0))
    location, scale = LOCATION[0] + LOCATION[1] * longer, SCALE[0] + SCALE[1] * longer
    return float(-np.expm1(-np.exp(-(score - location) / scale)))


def _weighed(asked: Evidence, segment: Segment, number: int, places: Places) -> NDArray[np.float64]:
    """Return score, segment, track, start and speed of places, one a row."""
    score, start = scores(asked, segment, places)
    return np.stack([score, np.full(len(score), float(number)), places.tracks, start, places.speeds], axis=1)


def _matches(segments: Sequence[Segment], asked: _Question, rows: NDArray[np.float64], accepted: float) -> list[Match]:
    """Fit the best places, one or more a recording; of each recording the best that chance rules out is a match."""
    rows = rows[np.argsort(-rows[:, 0], kind="stable")]
    if not len(rows):
        return []
    by_track: dict[tuple[int, int], list[_Found]] = {}
    for row in _apart(rows):
        place = _Found(row[0], *map(int, row[1:3]), *row[3:])
        by_track.setdefault((place.segment, place.track), []).append(_fitted(segments, asked.whole, place))
    mean, spread = _wrong(rows, asked.whole.frames)
    answers = []
    for places in by_track.values():
        one = _told_apart(segments, asked.detail, places)
        score = (max(places).score - mean) / np.sqrt(spread)
        chance = chance_of(score, asked.whole.frames * SECONDS)
        if chance <= accepted:
            answers.append(_match(segments[one.segment], asked.whole, one, score, chance))
    return sorted(answers, key=lambda match: -match.score)


def _told_apart(segments: Sequence[Segment], detail: Evidence, places: list[_Found]) -> _Found:
    """Return the place of a recording that fits best, in detail where others are hardly worse, as in repeats."""
    near = [one for one in places if one.score >= ALIKE * max(places).score]
    if len(near) == 1:
        return near[0]
    return max(near, key=lambda one: refined(detail, segments[one.segment], _alone(one), (0.0,))[0])


def _apart(rows: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Return the best places that are not nearly the same."""
    kept: list[NDArray[np.float64]] = []
    for row in rows:
        if all(row[1] != other[1] or abs(row[3] - other[3]) > 4 for other in kept):
            kept.append(row)
        if len(kept) == FINALISTS:
            break
    return kept


def _fitted(segments: Sequence[Segment], asked: Evidence, place: _Found) -> _Found:
    score, start, speed = refined(asked, segments[place.segment], _alone(place), STEPS)
    return place._replace(score=score, start=start, speed=speed)


def _wrong(rows: NDArray[np.float64], frames: int) -> tuple[float, float]:
    """Return mean and standard deviation of the scores of wrong places: those in other recordings than the best.

    Where these are few, as in a small catalog, other places of the same recording count too. What is played twice is
    not wrong there, so the lower half of the scores says how far the upper half would spread.
    """
    best = rows[0]
    same = (rows[:, 1] == best[1]) & (rows[:, 2] == best[2])
    others = rows[~same, 0]
    if len(others) < 3 * USUAL_WEIGHT:
        apart = rows[~same | (np.abs(rows[:, 3] - best[3]) > frames), 0]
        middle = float(np.median(apart)) if len(apart) else USUAL[0]
        lower = apart[apart <= middle]
        others = np.concatenate([lower, 2 * middle - lower])
    count = len(others)
    mean = (others.sum() + USUAL_WEIGHT * USUAL[0]) / (count + USUAL_WEIGHT)
    squares = ((others - mean) ** 2).sum() + USUAL_WEIGHT * USUAL[1] ** 2
    return float(mean), float(np.sqrt(squares / (count + USUAL_WEIGHT)))


def _match(segment: Segment, asked: Evidence, place: _Found, score: float, chance: float) -> Match:
    first, last = _stretch(*by_frame(asked, segment, _alone(place)))
    track: Track = segment.tracks[place.track]
    from_start = (place.start - segment.firsts[place.track]) * SECONDS + MIDDLE * (1 - place.speed)
    begin, end = first * SECONDS, last * SECONDS + 2 * MIDDLE
    start = float(from_start + begin * place.speed)
    return Match(track.id, track.path, begin, end, start, float(place.speed), float(score), chance)


def _alone(place: _Found) -> Places:
    return Places(np.array([place.track]), np.array([place.start]), np.array([place.speed]))


def _stretch(sums: NDArray[np.float64], counts: NDArray[np.int64]) -> tuple[int, int]:
    """Return the first and the last frame of the stretch where the recording is heard.

    It is the stretch in which the most is said over half of what a peak says in it on the whole; the whole is first the
    window, then what was found.

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


def _windows(blocks: Iterable[NDArray[np.float32]]) -> Iterator[tuple[float, NDArray[np.float32]]]:
    """Yield windows and their places; the last one is longer rather than too short."""
    length, step = int(WINDOW * RATE), int(STEP * RATE) // HOP * HOP
    held, at = np.zeros(0, np.float32), 0
    for block in blocks:
        held = np.concatenate([held, block])
        while held.size >= length + step:
            yield at / RATE, held[:length]
            held, at = held[step:], at + step
    yield at / RATE, held


def _later(match: Match, seconds: float) -> Match:
    return replace(match, query_start=match.query_start + seconds, query_end=match.query_end + seconds)


def _joined(going: list[Match], found: list[Match], at: float) -> tuple[list[Match], list[Match]]:
    """Return the matches that may go on, those that were joined by a window's among them, and those that have ended."""
    ended = []
    now = list(found)
    for old in going:
        same = next((new for new in now if _continues(old, new)), None)
        if same is not None:
            now[now.index(same)] = _together(old, same)
        elif old.query_end < at:
            ended.append(old)
        else:
            now.append(old)
    return now, ended


def _continues(old: Match, new: Match) -> bool:
    expected = old.start + (new.query_start - old.query_start) * old.speed
    drift = TOGETHER + 0.01 * abs(new.query_start - old.query_start)
    return old.id == new.id and new.query_start <= old.query_end + STEP and abs(expected - new.start) <= drift


def _together(old: Match, new: Match) -> Match:
    """Return one match of two that overlap or nearly so.

    A window in which a recording only sets in knows its place less well than the next. Beyond that, two places far
    apart tell the speed better than either window does.
    """
    first, later = (old, new) if old.query_start <= new.query_start else (new, old)
    surer = old if old.chance <= new.chance else new
    apart = later.query_start - first.query_start
    start, speed = first.start, surer.speed
    if apart <= 2 * STEP and later.chance < first.chance:
        start = later.start - apart * later.speed
    elif apart > 2 * WINDOW:
        speed = (later.start - first.start) / apart
    end = max(old.query_end, new.query_end)
    return replace(surer, query_start=first.query_start, query_end=end, start=start, speed=speed)

"""Audio identification: the matches of a query of any length in a catalog of fingerprints.

A long question is asked in windows (`sonolux.fingerprints.matching`); what goes on from window to window is one match.

Times are seconds. A question at speed 1.03 is played 3 % faster than the recording.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import QueryError
from sonolux.fingerprints.constellation import HOP, RATE
from sonolux.fingerprints.extraction import TOO_PLAIN, SilenceError
from sonolux.fingerprints.matching import ACCEPTED, Findable, Match, describe_window, match_query
from sonolux.fingerprints.neural_codes import FingerprintEncoder

WINDOW, STEP = 10.0, 5.0
"""Seconds of a long question that are asked at once, and from one window to the next."""

SHORTEST = 1.0
"""Seconds of a question."""

TOGETHER = 0.3
"""Seconds by which places of one match may differ from window to window."""


def require_second(blocks: Iterable[NDArray[np.float32]], what: str = "a clip") -> Iterator[NDArray[np.float32]]:
    """Yield the blocks of a question once there is a second of them.

    Raises
    ------
    QueryError
        Where they end before; it says of what.
    """
    coming = iter(blocks)
    held: list[NDArray[np.float32]] = []
    while round(sum(block.size for block in held) / RATE, 2) < SHORTEST:
        if (block := next(coming, None)) is None:
            seconds = sum(block.size for block in held) / RATE
            raise QueryError(f"{what} of {seconds:.2g} s is too short to be named: a second is the least")
        held.append(block)
    yield from held
    yield from coming


def find_matches(
    catalog: Findable,
    blocks: Iterable[NDArray[np.float32]],
    accepted: float = ACCEPTED,
    encoder: FingerprintEncoder | None = None,
) -> list[Match]:
    """Return all matches of a question, the surest first; none where it is in no recording.

    Parameters
    ----------
    catalog : Findable
    blocks : iterable of ndarray
        Sound of 8,000 Hz.
    accepted : float
        Chance up to which a place is a match.
    encoder : FingerprintEncoder, optional
        Whose codes the catalog has; without, landmarks and peaks decide.
    """
    try:
        return sort_by_p_value(stream_matches(catalog, blocks, accepted, encoder))
    except SilenceError:
        return []


def sort_by_p_value(found: Iterable[Match]) -> list[Match]:
    """Return matches in the order of their chances, the surest first."""
    return sorted(found, key=lambda match: (match.chance, -match.score))


def stream_matches(
    catalog: Findable,
    blocks: Iterable[NDArray[np.float32]],
    accepted: float = ACCEPTED,
    encoder: FingerprintEncoder | None = None,
) -> Iterator[Match]:
    """Yield the matches of a question of any length, each as soon as it has ended; parameters as for `find_matches`.

    Every window gives chance another try, so the chance of a match is that of its surest window, times the windows
    that have been asked so far (Bonferroni).

    Raises
    ------
    SilenceError
        After its end, for a question in which nothing stands out.
    """
    going: list[Match] = []
    asked = landmarks = 0
    for asked, (at, sound) in enumerate(_windows(blocks), start=1):
        query = describe_window(sound, encoder)
        landmarks += len(query.landmarks.hashes)
        found = [_later(match, at) for match in match_query(catalog.near(query.landmarks), query, accepted)]
        going, ended = _joined(going, found, at)
        yield from _ruled_out(ended, asked, accepted)
    yield from _ruled_out(going, asked, accepted)
    if not landmarks:
        raise SilenceError(TOO_PLAIN)


def _ruled_out(ended: Iterable[Match], tries: int, accepted: float) -> Iterator[Match]:
    """Yield the matches that chance does not explain, in so many tries."""
    for match in ended:
        chance = min(1.0, match.chance * tries)
        if chance <= accepted:
            yield replace(match, chance=chance)


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

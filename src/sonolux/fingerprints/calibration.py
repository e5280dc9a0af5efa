"""Calibration of a catalog: windows of its own recordings as queries, to learn the scores of wrong matches.

Each recording is left out where its own window is the query, and so are its copies: recordings in which both halves of
the window are heard, one right after the other. See `sonolux.fingerprints.false_alarms`.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sonolux.fingerprints.constellation import RATE
from sonolux.fingerprints.false_alarms import USUAL_LENGTHS
from sonolux.fingerprints.matching import (
    ACCEPTED,
    Catalog,
    Match,
    MemoryCatalog,
    WindowQuery,
    describe_window,
    match_query,
)
from sonolux.fingerprints.neural_codes import FingerprintEncoder
from sonolux.fingerprints.recordings import SAMPLES, RecordingCatalog

WINDOW, UNTIL = 10, 40
"""Seconds of a window, and of the recording by which it ends: songs begin alike."""

FOLLOWING = 0.1
"""Seconds by which the place of the second half of a window may be off, where a copy is heard."""

HELD = 128
"""Windows that wait in memory, as half floats: 20 MB."""

Place = tuple[int, int]
"""Number of a segment, and of a recording in it."""


class MonitoredAudio:
    """Blocks of audio passed on as they come, of which the number of samples and one window are kept.

    Parameters
    ----------
    blocks : iterable of ndarray
        Sound of 8,000 Hz.
    """

    def __init__(self, blocks: Iterable[NDArray[np.float32]]) -> None:
        self._blocks = blocks
        self._first: list[NDArray[np.float32]] = []
        self.samples = 0

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        for block in self._blocks:
            if self.samples < UNTIL * RATE:
                self._first.append(block)
            self.samples += block.size
            yield block

    def window(self) -> NDArray[np.float32]:
        """Return the ten seconds that end after forty, or the last ten of a shorter recording."""
        return np.concatenate(self._first)[: UNTIL * RATE][-WINDOW * RATE :]


class BackgroundSampler:
    """Samples recordings while a catalog takes them in, and matches a window of each once they are written.

    All of the first are drawn, and of later ones so many that the samples kept come from all recordings alike; none of
    a recording shorter than a window.

    Parameters
    ----------
    catalog : RecordingCatalog
    encoder : FingerprintEncoder
        Whose codes are taken.
    """

    def __init__(self, catalog: RecordingCatalog, encoder: FingerprintEncoder) -> None:
        self.catalog = catalog
        self.encoder = encoder
        self._seen = len(catalog)
        self._waiting: list[tuple[str, NDArray[np.float16]]] = []
        self._placed: _Placed | None = None

    def sample(self, recording: str, audio: MonitoredAudio) -> None:
        """Sample a recording, given by its id, or pass it over."""
        window = audio.window()
        if window.size < WINDOW * RATE or len(self._waiting) == HELD:
            return
        self._seen += 1
        if uuid.UUID(recording).int % self._seen < SAMPLES:
            self._waiting.append((recording, window.astype(np.float16)))

    def measure(self) -> None:
        """Match the windows sampled with the catalog, each without its own recording, and note the best scores."""
        waiting, self._waiting, self._placed = self._waiting, [], None
        samples = []
        asked: set[tuple[str, float]] = set()
        for count, (recording, held) in enumerate(waiting):
            window = held.astype(np.float32)
            seconds = USUAL_LENGTHS[count % len(USUAL_LENGTHS)]
            if (recording, seconds) in asked:
                continue  # The piece was asked about: again, it would say the same, and seem to be known from more.
            without = {recording}
            best = self._best_wrong(window, seconds, without)
            asked |= {(copy, seconds) for copy in without}
            samples += [(seconds, best.score)] if best else []
        self.catalog.note(samples)

    def _best_wrong(self, window: NDArray[np.float32], seconds: float, without: set[str]) -> Match | None:
        """Return the best match of a window's beginning in what is no copy, if any; copies are added to `without`."""
        asked = describe_window(window[: round(seconds * RATE)], self.encoder)
        halves = [describe_window(half, self.encoder) for half in np.array_split(window, 2)]
        placed = self._near(asked)
        while found := match_query(placed.left(without), asked, accepted=1.0):
            same = {match.id for match in found if _is_copy(match, halves, placed)}
            if found[0].id not in same:
                return found[0]
            without |= same
        return None

    def _near(self, asked: WindowQuery) -> _Placed:
        catalog = self.catalog.near(asked.landmarks)
        if self._placed is None or self._placed.catalog is not catalog:
            self._placed = _Placed(catalog, places_of(catalog))
        return self._placed


class _Placed(NamedTuple):
    """A catalog, and the places of its recordings."""

    catalog: Catalog
    places: Mapping[str, Place]

    def left(self, without: Collection[str]) -> MemoryCatalog:
        """Return the catalog without some recordings, and without what was measured of it before."""
        return replace(leave_out(self.catalog, without, self.places), samples=())


def _is_copy(match: Match, halves: Sequence[WindowQuery], placed: _Placed) -> bool:
    """Tell whether a match is no chance, but the same sound: one half of the window follows the other there."""
    if match.chance > ACCEPTED:
        return False
    there = placed.left(placed.places.keys() - {match.id})
    begins = [
        one.start - (one.query_start + number * WINDOW / 2) * one.speed
        for number, half in enumerate(halves)
        for one in match_query(there, half, accepted=1.0)
    ]
    return len(begins) == 2 and abs(begins[0] - begins[1]) <= FOLLOWING


def leave_out(catalog: Catalog, recordings: Collection[str], places: Mapping[str, Place]) -> MemoryCatalog:
    """Return a catalog without some recordings, given by their ids; those that it has not are away already.

    Parameters
    ----------
    places : mapping
        From `places_of` the catalog.
    """
    gone = [set(numbers) for numbers in catalog.gone]
    for recording in recordings:
        if recording in places:
            segment, number = places[recording]
            gone[segment].add(number)
    return MemoryCatalog(catalog.segments, gone, catalog.samples)


def places_of(catalog: Catalog) -> dict[str, Place]:
    """Return segment and number of each recording, by its id."""
    there = enumerate(zip(catalog.segments, catalog.gone, strict=True))
    return {
        track.id: (place, number)
        for place, (segment, gone) in there
        for number, track in enumerate(segment.tracks)
        if number not in gone
    }

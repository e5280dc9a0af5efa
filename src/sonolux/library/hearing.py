"""Windows of recordings that a catalog takes in, put to it afterwards, to hear what wrong places score there.

Each recording is left out where its own window is asked about; see `sonolux.retrieval.false_alarms`.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from sonolux.encoders.classical.constellation import RATE
from sonolux.encoders.fingerprint_codes import FingerprintEncoder
from sonolux.index.fingerprints import SAMPLES, Fingerprints
from sonolux.retrieval.false_alarms import USUAL_LENGTHS
from sonolux.retrieval.recognition import Recordings, matches

WINDOW, UNTIL = 10, 40
"""Seconds of a window, and of the recording by which it ends: songs begin alike."""

HELD = 128
"""Windows that wait in memory, as half floats: 20 MB."""


class Heard:
    """Blocks of sound that go by: how many samples there were, and one window of them.

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


class Sampled:
    """Draws recordings while a catalog takes them in, and asks about them once they are written.

    All of the first are drawn, and of later ones so many that the samples kept come from all recordings alike; none of
    a recording shorter than a window.

    Parameters
    ----------
    catalog : Fingerprints
    encoder : FingerprintEncoder
        Whose codes are taken.
    """

    def __init__(self, catalog: Fingerprints, encoder: FingerprintEncoder) -> None:
        self.catalog = catalog
        self.encoder = encoder
        self._seen = len(catalog)
        self._waiting: list[tuple[str, NDArray[np.float16]]] = []

    def take(self, recording: str, heard: Heard) -> None:
        """Draw a recording, given by its id, or pass it over."""
        window = heard.window()
        if window.size < WINDOW * RATE or len(self._waiting) == HELD:
            return
        self._seen += 1
        if uuid.UUID(recording).int % self._seen < SAMPLES:
            self._waiting.append((recording, window.astype(np.float16)))

    def ask(self) -> None:
        """Put the windows drawn to the catalog, each without its own recording, and note what is best there."""
        waiting, self._waiting = self._waiting, []
        places = _places(self.catalog) if waiting else {}
        samples = []
        for count, (recording, window) in enumerate(waiting):
            sound = window[: round(USUAL_LENGTHS[count % len(USUAL_LENGTHS)] * RATE)].astype(np.float32)
            wrong = matches(_without(self.catalog, *places[recording]), sound, accepted=1.0, encoder=self.encoder)
            samples += [(sound.size / RATE, best.score) for best in wrong[:1]]
        self.catalog.note(samples)


def _places(catalog: Fingerprints) -> dict[str, tuple[int, int]]:
    """Return segment and number of each recording."""
    there = enumerate(zip(catalog.segments, catalog.gone, strict=True))
    return {
        track.id: (place, number)
        for place, (segment, gone) in there
        for number, track in enumerate(segment.tracks)
        if number not in gone
    }


def _without(catalog: Fingerprints, segment: int, number: int) -> Recordings:
    """Return the catalog without one recording."""
    gone = [left | {number} if place == segment else left for place, left in enumerate(catalog.gone)]
    return Recordings(catalog.segments, gone)

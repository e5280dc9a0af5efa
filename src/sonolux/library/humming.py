"""Query by humming: recordings whose tune somebody hums, whistles or plays, in whatever key and tempo.

A. Ghias et al., "Query by humming: musical information retrieval in an audio database", ACM Multimedia 1995. The tunes
are those that the annotator ``notes`` kept; see `sonolux.decoding.melody` for how they are compared. How often chance
fits as well is told by the same hummed notes in other orders.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sonolux.annotators.notes import Notes
from sonolux.decoding.melody import MelodyMatch, in_tune, match_melody
from sonolux.decoding.notes import pitch_named, single_line
from sonolux.encoders.packaged.notes import RATE, NoteNetwork
from sonolux.errors import QueryError
from sonolux.media.options import ReadOptions
from sonolux.media.paths import printable
from sonolux.media.segment import Audio, Segment
from sonolux.media.workers.isolated import IsolatedDecoder
from sonolux.retrieval.calibration import EXPECTED
from sonolux.retrieval.hits import Hits
from sonolux.retrieval.tail import fit_tail
from sonolux.types import Annotation, Hit, Item

if TYPE_CHECKING:
    from sonolux.library.library import Library

LONGEST = 60.0
"""Seconds of a hummed recording that are listened to."""

FEWEST = 6
"""Hummed notes, at least: with fewer, every tune has them."""

COMPARED, BY_CHANCE = 128, 512
"""Tunes with which another order of the hummed notes is compared, and comparisons by which chance is known."""


def find_hummed(library: Library, hummed: str | os.PathLike[str], k: int = 10) -> Hits:
    """Return the recordings in which a hummed tune is, best first.

    Parameters
    ----------
    library : Library
        Whose recordings `sonolux label --model notes --store` has listened to.
    hummed : path
        A recording of somebody who hums, sings, whistles or plays a single line.
    k : int

    Returns
    -------
    hits : Hits
        Their scores are the share of the hummed notes that fit; their spans where in the file that is, within 20 s.

    Raises
    ------
    QueryError
        Where no tune is heard in the recording, or the library holds none.
    MediaError
        Where the recording cannot be decoded.
    """
    asked = _hummed_pitches(os.fspath(hummed))
    held = [(item, tunes) for item in library.items() if (tunes := _tunes_of(library, item))]
    if not held:
        raise QueryError("the library holds no tunes yet: sonolux label --model notes --store")
    pitches = [[pitch for tune in tunes for pitch in _pitches(tune)] for _, tunes in held]
    matches = match_melody(asked, pitches)
    chances = fit_tail(_scores_by_chance(asked, pitches)).chances([match.score for match in matches])
    order = sorted(range(len(held)), key=lambda number: -matches[number].score)[:k]
    return Hits([_hit(*held[one], matches[one], chances[one], len(held)) for one in order], ("notes",))


def _hummed_pitches(path: str) -> list[int]:
    options = replace(ReadOptions.from_settings(RATE), audio_window=LONGEST, audio_hop=LONGEST)
    events = IsolatedDecoder().read(os.path.expanduser(path), options)
    sounds = (event.content for event in events if isinstance(event, Segment) and isinstance(event.content, Audio))
    sound = next(sounds, None)
    if sound is None:
        raise QueryError(f"{printable(path)} holds no audio to ask with")
    line = single_line(NoteNetwork().notes(sound.samples))
    if len(line) < FEWEST:
        raise QueryError(f"{printable(path)}: {len(line)} notes are heard, and a tune has {FEWEST} or more: hum longer")
    return in_tune([note.pitch + note.detuned for note in line])


def _tunes_of(library: Library, item: Item) -> list[Annotation]:
    """Return the tunes of a file, in the order of time."""
    kept = [one for one in library.annotations(item.id) if one.annotator == Notes.name and one.span is not None]
    return sorted(kept, key=lambda one: one.span.start if one.span else 0.0)


def _pitches(tune: Annotation) -> list[int]:
    return [pitch_named(name) for name in tune.label.split()]


def _scores_by_chance(asked: Sequence[int], pitches: Sequence[Sequence[int]]) -> NDArray[np.float64]:
    random = np.random.default_rng(0)
    some = [pitches[one] for one in random.permutation(len(pitches))[:COMPARED]]
    shuffled = (random.permutation(asked).tolist() for _ in range(-(-BY_CHANCE // len(some))))
    return np.array([match.score for order in shuffled for match in match_melody(order, some)])


def _hit(item: Item, tunes: Iterable[Annotation], match: MelodyMatch, chance: float, count: int) -> Hit:
    """Return a hit with the place of the stretch in which the alignment ends."""
    last = match.end
    span = None
    for tune in tunes:
        span = tune.span
        if last < len(tune.label.split()):
            break
        last -= len(tune.label.split())
    title = str(item.metadata.get("title") or "")
    place = (item.id, item.path, item.modality, item.kind, item.file, span)
    return Hit(*place, match.score, chance, Notes.name, title, confident=chance * count < EXPECTED)

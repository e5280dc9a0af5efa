"""Query by humming protocol: songs rendered from MIDI files, and their tunes hummed by a synthetic voice.

Forty pop songs for piano, whose tune is a track of its own (POP909; Z. Wang et al., ISMIR 2020), and forty pieces of
game music for piano, whose tune is what is highest. The first 45 s are played; 20 notes of the tune are hummed. Songs
before these in the order of names chose the constants of the method.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonolux.evaluation.midi import MidiNote, read_midi
from sonolux.evaluation.synthetic_hums import hum, render

SECONDS = 45.0
"""Of a song that are played."""

HUMMED = 20
"""Notes."""

CHOSE, SONGS = 12, 40
"""Songs of each kind by which constants were chosen, and those after them that are the test."""

SEED = 0


@dataclass(frozen=True, slots=True)
class HummedSong:
    """A song as it is played, and its tune as it is hummed."""

    kind: str
    name: str
    played: NDArray[np.float32]
    hummed: NDArray[np.float32]


def hummed_songs(data: Path, songs: int = SONGS, seed: int = SEED) -> list[HummedSong]:
    """Return the songs; those with fewer than 20 notes of a tune in their beginning are passed over."""
    random = np.random.default_rng(seed)
    kinds = {
        "pop": sorted((data / "pop909").glob("*/[0-9][0-9][0-9].mid")),
        "games": sorted((data / "game_music_moods").glob("*.mid")),
    }
    found = []
    for kind, paths in kinds.items():
        for path in paths[CHOSE : CHOSE + songs]:
            notes = _from_zero(read_midi(path))
            tune = [note for note in tune_of(notes) if note.end < SECONDS]
            if len(tune) >= HUMMED:
                first = int(random.integers(len(tune) - HUMMED + 1))
                hummed = hum(tune[first : first + HUMMED], random)
                found.append(HummedSong(kind, path.stem, render(notes, SECONDS), hummed))
    return found


def tune_of(notes: list[MidiNote]) -> list[MidiNote]:
    """Return the track that is called a melody; without one, the notes above which nothing sounds."""
    melody = [note for note in notes if note.track.casefold() == "melody"]
    if melody:
        return melody
    tune: list[MidiNote] = []
    for note in sorted(notes, key=lambda note: (note.start, -note.pitch)):
        together = tune and note.start - tune[-1].start < 0.06
        below = any(other.pitch > note.pitch and note.start < other.end - 0.05 for other in tune[-4:])
        if not together and not below:
            tune.append(note)
    return tune


def _from_zero(notes: list[MidiNote]) -> list[MidiNote]:
    """Return notes without the silence before them."""
    first = min((note.start for note in notes), default=0.0)
    return [MidiNote(note.start - first, note.end - first, note.pitch, note.velocity, note.track) for note in notes]

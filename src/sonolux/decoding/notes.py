"""Note decoding: from the probabilities of a transcribing network to notes, and from notes to the tune above them.

A note begins where an onset peaks while its pitch sounds, or where a pitch has begun to sound without one for long
enough, and lasts while the pitch sounds. The tune is the skyline of what sounds: the highest of the notes that are
about as clear as any (A. Uitdenbogerd and J. Zobel, "Melodic matching techniques for large music databases", ACM
Multimedia 1999).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

BEGINS, SOUNDS = 0.5, 0.3
"""Probabilities from which a note begins, and from which it sounds."""

SHORTEST = 0.09
"""Seconds of a note, at least."""

UNANNOUNCED = 0.13
"""Seconds of a note without an onset, at least."""

STRONG = 0.45
"""Strength of a note of a tune, at least: partials of other notes stay below."""

CLEAR = 0.6
"""Share of the clearest note's strength that a note of the tune has."""

TOGETHER = 0.1
"""Seconds in which notes begin together."""

ALIKE = 1.2
"""Semitones up to which notes of one voice at one time are the same note, which is out of tune."""

NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


@dataclass(frozen=True, slots=True)
class Note:
    """A note: seconds, its MIDI number, the mean probability that it sounds, and semitones it is above its number."""

    start: float
    end: float
    pitch: int
    strength: float
    detuned: float = 0.0

    @property
    def name(self) -> str:
        """In scientific pitch notation: C4 is the middle C, number 60."""
        return f"{NAMES[self.pitch % 12]}{self.pitch // 12 - 1}"


def pitch_named(name: str) -> int:
    """Return the MIDI number of a name, the inverse of `Note.name`; ValueError for what is none."""
    letter = name.rstrip("-0123456789")
    return 12 * (int(name[len(letter) :]) + 1) + NAMES.index(letter)


def decode_notes(
    onsets: NDArray[np.float32],
    sounding: NDArray[np.float32],
    rate: float,
    lowest: int,
    contours: NDArray[np.float32] | None = None,
) -> list[Note]:
    """Return the notes in probabilities (frames, pitches), in order of time.

    Parameters
    ----------
    onsets, sounding : ndarray
        That a note begins, and that it sounds.
    rate : float
        Frames a second.
    lowest : int
        MIDI number of the first pitch.
    contours : ndarray, shape (frames, 3 pitches), optional
        That thirds of semitones sound, the second of three being the pitch; they tell how notes are out of tune.
    """
    notes = []
    for column in range(sounding.shape[1]):
        loud = sounding[:, column] >= SOUNDS
        edges = np.flatnonzero(np.diff(np.concatenate([[False], loud, [False]]).astype(np.int8))).reshape(-1, 2)
        peaks = _peaks(onsets[:, column])
        for start, end in edges.tolist():
            # An onset is heard a frame or two before the pitch is.
            inside = [max(peak, start) for peak in peaks if start - 2 <= peak < end]
            least = (SHORTEST if inside else UNANNOUNCED) * rate
            bounds = sorted({start, *inside, end})
            for first, last in pairwise(bounds):
                if last - first >= least:
                    strength = float(sounding[first:last, column].mean())
                    detuned = 0.0 if contours is None else _detuned(contours[first:last], column)
                    notes.append(Note(first / rate, last / rate, lowest + column, strength, detuned))
    return sorted(notes, key=lambda note: (note.start, -note.pitch))


def skyline(notes: Sequence[Note]) -> list[Note]:
    """Return the tune in notes: one at a time, those above which nothing as clear sounds."""
    strong = [note for note in notes if note.strength >= STRONG]
    tune: list[Note] = []
    for number, note in enumerate(strong):
        others = _overlapping(strong, number)
        above = any(other.pitch > note.pitch and other.strength >= CLEAR * note.strength for other in others)
        fainter = any(note.strength < CLEAR * other.strength for other in others)
        if not above and not fainter:
            tune.append(note)
    return tune


def single_line(notes: Sequence[Note]) -> list[Note]:
    """Return the notes of somebody who sings, hums or whistles alone: one at a time.

    A pitch between two semitones is heard as both; these are one note, as far out of tune as their mean. Of others
    that sound together, the longer and clearer one is sung.
    """
    line: list[Note] = []
    for note in sorted(notes, key=lambda note: note.start):
        place = next((number for number in range(len(line) - 1, -1, -1) if _coincide(line[number], note)), None)
        if place is None:
            line.append(note)
            continue
        held = line[place]
        if abs(note.pitch + note.detuned - held.pitch - held.detuned) < ALIKE:
            line[place] = _merged(held, note)
        elif note.strength > held.strength and note.end - note.start > held.end - held.start:
            line[place] = note
    return line


def _coincide(one: Note, other: Note) -> bool:
    """Tell whether two notes sound together for more than half of the shorter one."""
    shared = min(one.end, other.end) - max(one.start, other.start)
    return shared > 0.5 * min(one.end - one.start, other.end - other.start)


def _merged(one: Note, other: Note) -> Note:
    """Return the mean of two notes, by their strengths."""
    total = one.strength + other.strength
    tuned = one.strength * (one.pitch + one.detuned) + other.strength * (other.pitch + other.detuned)
    end = max(one.end, other.end) if abs(one.start - other.start) < TOGETHER else one.end
    pitch = round(tuned / total)
    return Note(one.start, end, pitch, max(one.strength, other.strength), tuned / total - pitch)


def _overlapping(notes: Sequence[Note], number: int) -> list[Note]:
    """Return the notes that sound when a note begins, or begin with it."""
    note = notes[number]
    return [
        other
        for other in notes[max(0, number - 24) : number + 12]
        if other is not note and other.start - TOGETHER <= note.start < other.end - TOGETHER
    ]


def _detuned(contours: NDArray[np.float32], column: int) -> float:
    """Return by how many semitones a pitch is above its name: the centre of what sounds within two thirds of it."""
    thirds = np.arange(-2, 3)
    places = np.clip(3 * column + 1 + thirds, 0, contours.shape[1] - 1)
    weights = np.square(contours[:, places].mean(axis=0, dtype=np.float64)) + 1e-12
    return float((weights * thirds).sum() / weights.sum() / 3)


def _peaks(chances: NDArray[np.float32]) -> list[int]:
    padded = np.concatenate([[-1], chances, [-1]])
    peaks = (padded[1:-1] >= BEGINS) & (padded[1:-1] > padded[:-2]) & (padded[1:-1] >= padded[2:])
    found: list[int] = np.flatnonzero(peaks).tolist()
    return found

"""Melody matching: where in many tunes a short tune is, in whatever key, tempo and octave it is hummed.

A tune is a row of pitches. A hummed one is aligned with each place of each tune (T. Smith and M. Waterman,
"Identification of common molecular subsequences", Journal of Molecular Biology 147, 1981), once in each of twelve keys;
for melodies this was done by M. Mongeau and D. Sankoff, "Comparison of musical sequences", Computers and the Humanities
24, 1990. Octaves do not count, for whoever sings moves a tune to where the voice is; nor do lengths, for whoever hums
is in no hurry. Notes that are repeated are one: where one ends and the next begins is seldom heard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

KEYS = 12

SAME, NEAR, OTHER = 1.0, -0.2, -1.0
"""What two notes add that are the same, a semitone apart, and further apart."""

MISSED = 0.7
"""What a note costs that only one of the two has."""

AT_ONCE = 2**22
"""Places that are compared together, for the memory's sake."""


@dataclass(frozen=True, slots=True)
class MelodyMatch:
    """Where a tune is in another one: how much of it, from 0 to 1, and the number of the note with which it ends."""

    score: float
    end: int


def match_melody(hummed: Sequence[int], tunes: Sequence[Sequence[int]]) -> list[MelodyMatch]:
    """Return how well a hummed tune fits each of some tunes, at best.

    Parameters
    ----------
    hummed : sequence of int
        Pitches in semitones, as MIDI numbers are.
    tunes : sequence of (sequence of int)

    Returns
    -------
    matches : list of MelodyMatch
        One a tune, in order. The score is that of the alignment over that of a perfect one; ends are of the tune with
        repeated notes as they were given.
    """
    asked = np.array([pitch for pitch, _ in without_repetitions(hummed)])
    single = [without_repetitions(tune) for tune in tunes]
    found: list[MelodyMatch] = []
    longest = max(map(len, single), default=0)
    rows = max(1, AT_ONCE // (KEYS * max(longest, 1)))
    for start in range(0, len(single), rows):
        found += _matched(asked, single[start : start + rows])
    return found


def in_tune(pitches: Sequence[float]) -> list[int]:
    """Return pitches of somebody who is out of tune by the same part of a semitone, as the semitones that are meant."""
    held = np.asarray(pitches, np.float64)
    turned = np.exp(2j * np.pi * held).mean() if len(held) else 1.0
    offset = float(np.angle(turned)) / (2 * np.pi)
    return [int(pitch) for pitch in np.rint(held - offset)]


def without_repetitions(tune: Sequence[int]) -> list[tuple[int, int]]:
    """Return each pitch that differs from the one before, and its number."""
    return [(pitch, number) for number, pitch in enumerate(tune) if number == 0 or pitch != tune[number - 1]]


def _matched(asked: NDArray[np.intp], tunes: Sequence[Sequence[tuple[int, int]]]) -> list[MelodyMatch]:
    longest = max(map(len, tunes))
    if not len(asked) or not longest:
        return [MelodyMatch(0.0, 0) for _ in tunes]
    held = np.full((len(tunes), longest), -1)
    for row, tune in zip(held, tunes, strict=True):
        row[: len(tune)] = [pitch % KEYS for pitch, _ in tune]
    worth = _worth(held)
    # Best alignment that ends at each place of each tune, with so many notes of the question: (keys, tunes, places).
    best = np.zeros((KEYS, *held.shape), np.float32)
    reached = best.copy()
    steps = MISSED * np.arange(longest, dtype=np.float32)
    for pitch in asked:
        before = np.concatenate([np.zeros((*best.shape[:2], 1), np.float32), best[:, :, :-1]], axis=2)
        best = np.maximum(before + worth[(pitch + np.arange(KEYS)) % KEYS], best - MISSED)
        # Notes that only the tune has: the best of all places before, less what each note since costs.
        best = np.maximum(np.maximum.accumulate(best + steps, axis=2) - steps, 0)
        reached = np.maximum(reached, best)
    over_keys = reached.max(axis=0)
    ends = over_keys.argmax(axis=1)
    scores = over_keys.max(axis=1) / (SAME * len(asked))
    return [
        MelodyMatch(float(score), tune[end][1] if tune else 0)
        for score, end, tune in zip(scores, ends, tunes, strict=True)
    ]


def _worth(held: NDArray[np.intp]) -> NDArray[np.float32]:
    """Return what each pitch class adds at each place, (12, tunes, places); nothing counts behind the end of a tune."""
    apart = np.abs(np.arange(KEYS)[:, None, None] - held[None])
    apart = np.minimum(apart, KEYS - apart)
    worth = np.select([apart == 0, apart == 1], [SAME, NEAR], OTHER)
    return np.where(held[None] < 0, -np.inf, worth).astype(np.float32)

"""Synthetic music and hums: notes as an instrument that is struck plays them, and as somebody hums them from memory."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sonolux.evaluation.midi import MidiNote

RATE = 22_050
"""Hertz."""

PARTIALS = 6
"""Of an instrument's tone."""

WRONG, FORGOTTEN = 0.07, 0.03
"""Shares of hummed notes that are a tone or semitone off, and that are left out."""

DRIFT = 0.5
"""Semitones by which the voice may have left its key at the end, as a deviation."""

TEMPO = 1.3
"""Times faster or slower than the tune, at most."""

VIBRATO = (5.5, 0.25)
"""Hertz, and semitones."""

ATTACK, RELEASE = 0.02, 0.05
"""Seconds in which a hummed note comes, and goes."""

NOISE = 0.003
"""Deviation of the noise in a hummed recording."""


def render(notes: Sequence[MidiNote], seconds: float) -> NDArray[np.float32]:
    """Return the first seconds of some notes, each partials that die away, the higher the sooner."""
    sound = np.zeros(round((seconds + 1) * RATE))
    for note in notes:
        if note.start >= seconds:
            continue
        length = min(note.end - note.start + 0.1, seconds + 1 - note.start)
        time = np.arange(round(length * RATE)) / RATE
        hertz = 440 * 2 ** ((note.pitch - 69) / 12)
        tone = np.zeros(len(time))
        for partial in range(1, PARTIALS + 1):
            if partial * hertz < RATE / 2:
                tone += np.sin(2 * np.pi * partial * hertz * time) / partial**1.5 * np.exp(-1.5 * partial**0.5 * time)
        gate = np.minimum(1, np.minimum(time / 0.005, (length - time) / 0.05))
        start = round(note.start * RATE)
        sound[start : start + len(time)] += note.velocity / 127 * tone * gate
    peak = np.abs(sound).max()
    scaled: NDArray[np.float32] = (0.5 * sound[: round(seconds * RATE)] / max(peak, 1e-9)).astype(np.float32)
    return scaled


def hum(tune: Sequence[MidiNote], random: np.random.Generator) -> NDArray[np.float32]:
    """Return a tune hummed: in another key and tempo, drifting, with vibrato, with wrong notes and forgotten ones."""
    middle = float(np.mean([note.pitch for note in tune]))
    key = 55 - middle + random.uniform(-6, 6)  # where voices are, and nobody has absolute pitch
    tempo = TEMPO ** random.uniform(-1, 1)
    drifts = np.linspace(0, random.normal(0, DRIFT), len(tune))
    parts: list[NDArray[np.float64]] = []
    phase = 0.0
    for number, note in enumerate(tune):
        if random.random() < FORGOTTEN:
            continue
        wrong = random.choice([-2, -1, 1, 2]) if random.random() < WRONG else 0
        until = tune[number + 1].start if number + 1 < len(tune) else note.end
        seconds = float(np.clip((until - note.start) * tempo * random.uniform(0.9, 1.1), 0.12, 1.5))
        time = np.arange(round(seconds * RATE)) / RATE
        pitch = note.pitch + key + wrong + drifts[number] + VIBRATO[1] * np.sin(2 * np.pi * VIBRATO[0] * time)
        phases = phase + np.cumsum(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) / RATE)
        phase = float(phases[-1])
        triangle = sum(np.sin(odd * phases) * (-1) ** (odd // 2) / odd**2 for odd in (1, 3, 5))
        gate = np.minimum(1, np.minimum(time / ATTACK, (seconds - time) / RELEASE))
        parts.append(0.3 * triangle * gate)
    sound = np.concatenate([np.zeros(RATE // 4), *parts, np.zeros(RATE // 4)])
    noisy: NDArray[np.float32] = (sound + NOISE * random.standard_normal(len(sound))).astype(np.float32)
    return noisy

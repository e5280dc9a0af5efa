"""Music that is made up: random voices play random tunes over random drums.

What is learned from it owes nothing to any recording, and holds for any music that has notes and beats.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sonolux.media.containers.audio import Samples

PARTIALS = 12

SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 3, 5, 7, 10), (0, 2, 4, 7, 9), tuple(range(12)))
"""Major, minor, two of five notes, and all: semitones."""

LONGEST = 3.5
"""Seconds of a note."""

LOWEST, HIGHEST = 40.0, 0.44
"""Hertz, and share of the rate, between which notes are."""

LOUDEST = 0.5
"""Of a tune, of full scale."""


@dataclass(frozen=True, slots=True)
class Voice:
    """How an instrument sounds.

    Attributes
    ----------
    partials, phases : ndarray of float, shape (PARTIALS,)
        Amplitudes, and radians.
    stiffness : float
        Share by which partials are sharp, times the square of their number, as those of strings are.
    damping : float
        A second, of a partial, times its number: high ones fade first.
    wobble, wobbles : float
        Seconds by which the sound comes early or late, and how often a second: vibrato.
    attack, decay : float
        Seconds to its loudest, and to a third of that.
    """

    partials: NDArray[np.float64]
    phases: NDArray[np.float64]
    stiffness: float
    damping: float
    wobble: float
    wobbles: float
    attack: float
    decay: float


def drawn_voice(random: np.random.Generator) -> Voice:
    """Return any voice: plucked, blown, struck."""
    partials = np.arange(1, PARTIALS + 1) ** -random.uniform(0.3, 2.0) * random.uniform(0.2, 1, PARTIALS)
    if random.random() < 0.3:
        partials[1::2] *= random.uniform(0, 0.3)
    return Voice(
        partials,
        phases=random.uniform(0, 2 * np.pi, PARTIALS),
        stiffness=random.choice([0, random.uniform(0, 1e-3)]),
        damping=random.choice([0, random.uniform(0, 2)]),
        wobble=random.choice([0, 0, random.uniform(0, 2e-4)]),
        wobbles=random.uniform(4, 7),
        attack=random.choice([0.003, 0.01, 0.05, 0.15]),
        decay=np.exp(random.uniform(np.log(0.1), np.log(3))),
    )


def note(pitch: float, seconds: float, voice: Voice, rate: int) -> Samples:
    """Return a note of a pitch in hertz."""
    time = np.arange(int(seconds * rate)) / rate
    heard = time + voice.wobble * np.sin(2 * np.pi * voice.wobbles * time)
    sound = np.zeros(len(time))
    for number in range(1, PARTIALS + 1):
        frequency = pitch * number * (1 + voice.stiffness * number**2)
        if frequency > 0.49 * rate:
            break
        wave = np.sin(2 * np.pi * frequency * heard + voice.phases[number - 1])
        sound += voice.partials[number - 1] * np.exp(-time * number * voice.damping) * wave
    played: Samples = (sound * np.minimum(time / voice.attack, 1) * np.exp(-time / voice.decay)).astype(np.float32)
    return played


def drum(random: np.random.Generator, rate: int) -> Samples:
    """Return a stroke of any drum: a thud, or noise that is dark or bright."""
    from scipy.signal import butter, sosfilt

    time = np.arange(int(random.uniform(0.03, 0.25) * rate)) / rate
    kind = random.choice(["thud", "lowpass", "highpass"])
    if kind == "thud":
        falling = random.uniform(50, 200) * time + random.uniform(0.2, 1) * np.exp(-time * random.uniform(20, 60))
        sound = np.sin(2 * np.pi * falling)
    else:
        edge = random.uniform(0.0125, 0.375) * rate
        sound = sosfilt(butter(2, edge, kind, fs=rate, output="sos"), random.standard_normal(len(time)))
    stroke = sound * np.exp(-time * random.uniform(10, 60))
    loudest: Samples = (stroke / (np.abs(stroke).max() + 1e-9)).astype(np.float32)
    return loudest


def tune(seconds: float, rate: int, random: np.random.Generator) -> Samples:
    """Return a tune of one to five voices in one key, more often than not with drums."""
    song = _Song(
        seconds,
        rate,
        beat=60 / random.uniform(60, 180),
        scale=SCALES[random.integers(len(SCALES))],
        root=random.uniform(35.5, 60.5),
        chords=random.integers(0, 7, 4).tolist(),
    )
    sound = np.zeros(int((seconds + LONGEST) * rate) + 1, np.float32)
    for _ in range(random.integers(1, 6)):
        _play(sound, song, random)
    if random.random() < 0.6:
        for _ in range(random.integers(1, 4)):
            _beat(sound, song, random)
    heard: Samples = sound[: int(seconds * rate)]
    return heard * np.float32(LOUDEST / (np.abs(heard).max() + 1e-6))


@dataclass(frozen=True, slots=True)
class _Song:
    """What all voices of a tune share: seconds of a beat, semitones of the scale above the root, a chord every bar."""

    seconds: float
    rate: int
    beat: float
    scale: tuple[int, ...]
    root: float
    chords: list[int]

    def pitch(self, degree: int, octave: int) -> float:
        """Return the hertz of a degree of the scale."""
        octaves, place = divmod(degree, len(self.scale))
        return float(440 * 2 ** ((self.root - 69 + self.scale[place]) / 12 + octaves + octave))

    def chord(self, at: float) -> int:
        """Return the degree on which the chord of a moment stands; a bar has four beats."""
        return self.chords[int(at / (4 * self.beat)) % len(self.chords)]


def _play(sound: Samples, song: _Song, random: np.random.Generator) -> None:
    """Add what one voice plays: steps up and down the scale, in thirds where it plays several notes at once."""
    voice, level = drawn_voice(random), _level(random)
    step = song.beat * random.choice([0.25, 0.5, 0.5, 1, 2])
    together, density, octave = random.choice([1, 1, 2, 3]), random.uniform(0.4, 1), int(random.integers(-1, 4))
    degree = int(random.integers(len(song.scale)))
    for at in np.arange(random.uniform(0, step), song.seconds, step):
        if random.random() > density:
            continue
        degree = int(np.clip(degree + random.integers(-2, 3), -7, 14))
        for third in range(together):
            pitch = song.pitch(degree + song.chord(at) + 2 * third, octave)
            if LOWEST < pitch < HIGHEST * song.rate:
                played = note(pitch, min(step * random.uniform(0.5, 2), LONGEST), voice, song.rate)
                _add(sound, played * level * np.float32(random.uniform(0.5, 1)), int(at * song.rate))


def _beat(sound: Samples, song: _Song, random: np.random.Generator) -> None:
    """Add what one drum beats: a pattern of eight steps."""
    stroke, level, pattern = drum(random, song.rate), _level(random), random.random(8) < 0.5
    for number, at in enumerate(np.arange(0, song.seconds, song.beat / 2)):
        if pattern[number % len(pattern)]:
            _add(sound, stroke * level * np.float32(random.uniform(0.7, 1)), int(at * song.rate))


def _add(sound: Samples, part: Samples, first: int) -> None:
    sound[first : first + len(part)] += part[: len(sound) - first]


def _level(random: np.random.Generator) -> np.float32:
    return np.float32(10 ** (-random.uniform(0, 15) / 20))

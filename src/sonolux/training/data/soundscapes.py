"""Mixed scenes with exact truth: clips of known classes, placed over noise where and as loud as we please.

Whoever labels real recordings has to say when each sound begins and ends; a scene knows (J. Salamon, D. MacConnell, M.
Cartwright, P. Li and J. P. Bello, "Scaper: a library for soundscape synthesis and augmentation", WASPAA 2017). Sound is
float32 at the rate of the clips, times are seconds from the start of a scene.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sonolux.media.containers.audio import Samples
from sonolux.metrics.events import Event

AUDIBLE = 30.0
"""Decibels below its loudest moment at which a clip is over, or has not begun."""

STEP = 0.01
"""Seconds whose loudness is looked at."""

PEAK = 0.9
"""Of full scale, that no scene exceeds."""


@dataclass(frozen=True, slots=True)
class Soundscapes:
    """What scenes are made of.

    Attributes
    ----------
    clips : mapping of str to sequence of ndarray
        Sounds of each class, already `audible`.
    rate : int
        Hertz.
    seconds : float
        Of a scene.
    events : (int, int)
        Events of a scene, at least and at most.
    longest : float
        Seconds of an event, at most: of a longer clip a part is heard.
    at_once : int
        Events that sound at the same time, at most.
    snr : (float, float)
        Decibels of an event over the noise behind it.
    speed : float
        Clips are played faster or slower by this share, at most, and higher or lower with it.
    """

    clips: Mapping[str, Sequence[Samples]]
    rate: int
    seconds: float = 10.0
    events: tuple[int, int] = (1, 5)
    longest: float = 4.0
    at_once: int = 2
    snr: tuple[float, float] = (0.0, 20.0)
    speed: float = 0.1

    def scene(self, seed: Sequence[int]) -> tuple[Samples, list[Event]]:
        """Return a scene, float32 (n,), and the events in it in order of time; the same for the same seed."""
        random = np.random.default_rng(seed)
        noise = _noise(round(self.seconds * self.rate), random)
        sound = noise.copy()
        placed: list[Event] = []
        for _ in range(random.integers(*self.events, endpoint=True)):
            label = str(random.choice(sorted(self.clips)))
            clip = self._clip(label, random)
            start = int(random.integers(max(len(noise) - len(clip), 0) + 1))
            event = Event(label, start / self.rate, (start + len(clip)) / self.rate)
            if self._fits(event, placed):
                loudness = _power(noise[start : start + len(clip)]) * 10 ** (random.uniform(*self.snr) / 10)
                sound[start : start + len(clip)] += clip * np.sqrt(loudness / _power(clip))
                placed.append(event)
        peak = np.abs(sound).max()
        scene: Samples = (sound * (PEAK / peak * 10 ** (-random.uniform(0, 12) / 20))).astype(np.float32)
        return scene, sorted(placed, key=lambda event: event.start)

    def _clip(self, label: str, random: np.random.Generator) -> Samples:
        own = self.clips[label]
        clip = own[int(random.integers(len(own)))]
        if self.speed:
            factor = 1 + random.uniform(-self.speed, self.speed)
            clip = np.interp(np.arange(0, len(clip) - 1, factor), np.arange(len(clip)), clip).astype(np.float32)
        longest = round(min(self.longest, self.seconds) * self.rate)
        if len(clip) <= longest:
            return clip
        start = int(random.integers(len(clip) - longest + 1))
        return audible(clip[start : start + longest], self.rate)

    def _fits(self, event: Event, placed: Sequence[Event]) -> bool:
        """Tell whether no class would sound over itself, and not too many at once."""
        over = [other for other in placed if other.start < event.end and event.start < other.end]
        return len(over) < self.at_once and all(other.label != event.label for other in over)


def audible(clip: Samples, rate: int) -> Samples:
    """Return a clip without the silence before and after it; all of a clip that is nothing but silent."""
    step = max(1, round(STEP * rate))
    count = len(clip) // step
    if not count or not clip.any():
        return clip
    power = np.square(clip[: count * step]).reshape(count, step).mean(axis=1)
    heard = np.flatnonzero(power >= power.max() * 10 ** (-AUDIBLE / 10))
    return clip[heard[0] * step : (heard[-1] + 1) * step]


def _noise(length: int, random: np.random.Generator) -> Samples:
    """Return noise of power 1 whose spectrum falls by 0 to 6 decibels an octave: white, pink, brown, or between."""
    spectrum = np.fft.rfft(random.standard_normal(length))
    frequencies = np.maximum(np.arange(len(spectrum)), 1)
    coloured = np.fft.irfft(spectrum * frequencies ** -random.uniform(0, 1), length)
    noise: Samples = (coloured / np.sqrt(_power(coloured))).astype(np.float32)
    return noise


def _power(sound: NDArray[np.floating]) -> float:
    return max(float(np.mean(np.square(sound))), 1e-12)

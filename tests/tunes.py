"""Tunes that nobody has heard before: random notes of random instruments, each with its harmonics, at 8,000 Hz."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RATE = 8_000


def tune(seed: int, seconds: float) -> NDArray[np.float32]:
    """Return a tune of this length; the same seed makes the same tune, longer or shorter."""
    chance = np.random.default_rng(seed)
    sound = np.zeros(int(seconds * RATE) + 2 * RATE, np.float32)
    at = 0.0
    tilt = chance.uniform(0.5, 1.5)
    while at < seconds:
        for _ in range(chance.integers(1, 4)):
            note = _note(110 * 2 ** (chance.integers(0, 36) / 12), chance.uniform(0.2, 1.2), tilt, chance)
            first = int(at * RATE)
            sound[first : first + len(note)] += note[: len(sound) - first]
        at += chance.choice([0.125, 0.25, 0.25, 0.375, 0.5])
    return (0.2 * sound[: int(seconds * RATE)]).astype(np.float32)


def faster(sound: NDArray[np.float32], speed: float) -> NDArray[np.float32]:
    """Return a sound played faster, so that it is higher too."""
    from scipy.signal import resample_poly

    return resample_poly(sound, 1000, round(1000 * speed)).astype(np.float32)


def noisy(sound: NDArray[np.float32], decibels: float, seed: int = 0) -> NDArray[np.float32]:
    """Return a sound with noise; so many decibels of power are between them."""
    noise = np.random.default_rng(seed).standard_normal(len(sound))
    level = np.sqrt(np.mean(sound**2)) * 10 ** (-decibels / 20)
    return (sound + level * noise).astype(np.float32)


def _note(hertz: float, seconds: float, tilt: float, chance: np.random.Generator) -> NDArray[np.float64]:
    time = np.arange(int(seconds * RATE)) / RATE
    loud = np.exp(-3 * time) * np.minimum(1, time / 0.01)
    orders = [order for order in range(1, 12) if order * hertz < RATE / 2]
    waves = [order**-tilt * np.sin(2 * np.pi * hertz * order * time + chance.uniform(0, 6)) for order in orders]
    return loud * np.sum(waves, axis=0)

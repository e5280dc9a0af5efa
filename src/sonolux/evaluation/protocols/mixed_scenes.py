"""Sound scene protocol: instruments, voices and animals over noise, of clips heard in training and of others.

Of the eight clips of each instrument, in the order of their names, the first six are learned from. Of the recordings of
speech, a bird, a whale and a dog it is the first three quarters, in pieces of four seconds. Scenes of these clips that
were never mixed, and scenes of the other clips, are the test.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import SonoluxError
from sonolux.media.containers.audio import load_audio
from sonolux.training.data.soundscapes import Soundscapes, audible

RATE = 16_000

LEARNED = 6
"""Clips of each instrument that are learned from."""

SHARE = 0.75
"""Of a recording that is learned from."""

PIECE = 4.0
"""Seconds."""

RECORDINGS = {
    "Bird": ("456440__inspectorj__bird-whistling-robin-single-13",),
    "Dog": ("pibble",),
    "Speech": ("198-209-0000", "3436-172162-0000", "5703-47212-0000"),
    "Whale": ("glacier-bay-humpback",),
}

SCENES = 200
"""Of each test."""

SEED = 1_000_003
"""Of the scenes of the tests; trainings draw from other ones."""

Clips = dict[str, list[NDArray[np.float32]]]


@dataclass(frozen=True, slots=True)
class SoundscapeProtocol:
    """What scenes are made of: to learn from, and to test with."""

    learned: Soundscapes
    unheard: Soundscapes

    def at(self, snr: float, *, unheard: bool) -> Soundscapes:
        """Return the scenes of a test, every event so many decibels over the noise, the clips played as they are."""
        return replace(self.unheard if unheard else self.learned, snr=(snr, snr), speed=0.0)


def read_mixed_scenes(data: Path) -> SoundscapeProtocol:
    """Read the clips."""
    learned: Clips = {}
    unheard: Clips = {}
    for folder in sorted(path for path in (data / "instruments").glob("*") if path.is_dir()):
        clips = [audible(load_audio(str(file), RATE).samples, RATE) for file in sorted(folder.glob("*.flac"))]
        learned[folder.name], unheard[folder.name] = clips[:LEARNED], clips[LEARNED:]
    if not learned:
        raise SonoluxError(f"{data} holds no instruments: name the folder of the data sets with --data")
    for label, names in RECORDINGS.items():
        for name in names:
            sound = load_audio(str(data / "recordings" / f"{name}.ogg"), RATE).samples
            parted = round(SHARE * len(sound))
            learned.setdefault(label, []).extend(_segments(sound[:parted]))
            unheard.setdefault(label, []).extend(_segments(sound[parted:]))
    return SoundscapeProtocol(Soundscapes(learned, RATE), Soundscapes(unheard, RATE))


def _segments(sound: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    length = round(PIECE * RATE)
    for start in range(0, len(sound), length):
        segment = sound[start : start + length]
        if segment.any() and len(segment) > RATE // 4:
            yield audible(segment, RATE)

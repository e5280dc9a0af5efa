"""Spoken digit strings: recordings of single digits one after the other, with pauses, levels and noise.

A string is of one speaker. The recordings numbered 0 to 4 of each speaker and digit are the test, as for single digits;
strings to learn from are of all others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from sonolux.evaluation.protocols.labelled_sounds import find_spoken_digits
from sonolux.features.speech_cepstra import speech_cepstra
from sonolux.media.containers.audio import load_audio
from sonolux.training.data.utterances import UtteranceSet, analysis

RATE = 8_000
"""Hertz of the recordings."""

NAMES = ("ZERO", "ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE")

PAUSE = 0.3
"""Seconds between digits, at most."""

LEVEL = 6.0
"""Decibels by which a digit is louder or softer, at most."""

QUIETEST, LOUDEST = 15.0, 30.0
"""Decibels of the string over white noise."""

DigitString: TypeAlias = tuple[NDArray[np.float32], tuple[str, ...]]
"""Samples at `RATE`, and the digits that are said."""

LEARNED, TESTED = 2_000, 300
"""Strings."""


def make_training_strings(data: Path, count: int = LEARNED, seed: int = 0) -> UtteranceSet:
    """Return strings of 1 to 7 digits that are no test recordings."""
    sounds = find_spoken_digits(data)
    return _strings([sounds.paths[row] for row in sounds.learned("test")], count, (1, 7), seed)


def make_test_strings(data: Path, count: int = TESTED, seed: int = 1) -> UtteranceSet:
    """Return strings of 3 to 7 digits of test recordings."""
    return _strings(_test_paths(data), count, (3, 7), seed)


def draw_test_strings(data: Path, count: int = TESTED, seed: int = 1) -> Iterator[DigitString]:
    """Yield the strings of `make_test_strings` as they sound, for what hears samples."""
    return _drawn(_test_paths(data), count, (3, 7), seed)


def _test_paths(data: Path) -> list[str]:
    sounds = find_spoken_digits(data)
    return [sounds.paths[row] for row in sounds.folds["test"]]


def _strings(paths: Sequence[str], count: int, lengths: tuple[int, int], seed: int) -> UtteranceSet:
    how = analysis(RATE)
    cepstra, words = [], []
    for sound, said in _drawn(paths, count, lengths, seed):
        cepstra.append(speech_cepstra(torch.from_numpy(sound), how.analysis))
        words.append(said)
    return UtteranceSet("strings of spoken digits", cepstra, words, how)


def _drawn(paths: Sequence[str], count: int, lengths: tuple[int, int], seed: int) -> Iterator[DigitString]:
    random = np.random.default_rng(seed)
    clips: dict[str, list[tuple[int, NDArray[np.float32]]]] = {}
    for path in paths:
        digit, speaker, _ = Path(path).stem.split("_")
        clips.setdefault(speaker, []).append((int(digit), load_audio(path, RATE).samples))
    for _ in range(count):
        own = clips[random.choice(sorted(clips))]
        drawn = [own[number] for number in random.integers(len(own), size=random.integers(*lengths, endpoint=True))]
        sound = concatenate_clips([samples for _, samples in drawn], random)
        yield sound, tuple(NAMES[digit] for digit, _ in drawn)


def concatenate_clips(clips: Sequence[NDArray[np.float32]], random: np.random.Generator) -> NDArray[np.float32]:
    """Return clips one after the other, float32 (n,), with pauses, levels and noise."""
    parts = [_pause(random)]
    for clip in clips:
        parts += [clip * np.float32(10 ** (random.uniform(-LEVEL, LEVEL) / 20)), _pause(random)]
    sound = np.concatenate(parts)
    noise = np.sqrt(np.mean(sound**2)) * 10 ** (-random.uniform(QUIETEST, LOUDEST) / 20)
    noisy: NDArray[np.float32] = (sound + noise * random.standard_normal(len(sound))).astype(np.float32)
    return noisy


def _pause(random: np.random.Generator) -> NDArray[np.float32]:
    return np.zeros(round(random.uniform(0, PAUSE) * RATE), np.float32)

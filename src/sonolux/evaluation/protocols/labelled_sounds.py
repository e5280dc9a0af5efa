"""Sound classification protocol: labelled sounds, parted into folds to learn from and folds to test on.

Spoken digits: the recordings numbered 0 to 4 of each speaker and digit are the test (Z. Jackson et al., "Free Spoken
Digit Dataset", 2018), or all recordings of one speaker, each in turn. Instruments: of the files of each class, in the
order of their names, every fourth, each quarter in turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import SonoluxError

TESTED = 5
"""Recordings of each speaker and digit that are the test."""

FOLDS = 4


@dataclass(frozen=True, slots=True)
class LabelledSounds:
    """Sounds, their classes, and which of them are tested, fold by fold; the others are learned from.

    Attributes
    ----------
    name : str
    paths : tuple of str
    labels : tuple of str
        Name of each sound's class.
    folds : dict of str to ndarray of int
        Rows that are tested, by the name of the fold.
    rate : int
        Hertz at which they were recorded.
    """

    name: str
    paths: tuple[str, ...]
    labels: tuple[str, ...]
    folds: dict[str, NDArray[np.intp]]
    rate: int

    def learned(self, fold: str) -> NDArray[np.intp]:
        """Return the rows that are learned from."""
        return np.setdiff1d(np.arange(len(self.paths)), self.folds[fold])


def find_spoken_digits(data: Path, *, by_speaker: bool = False) -> LabelledSounds:
    """Return the spoken digits, with their own split or leaving out one speaker after the other."""
    files = _files(data / "spoken_digits", "*.flac")
    parts = [file.stem.split("_") for file in files]
    speakers = np.array([speaker for _, speaker, _ in parts])
    numbers = np.array([int(number) for _, _, number in parts])
    folds = (
        {speaker: np.flatnonzero(speakers == speaker) for speaker in np.unique(speakers).tolist()}
        if by_speaker
        else {"test": np.flatnonzero(numbers < TESTED)}
    )
    name = "spoken digits, speaker left out" if by_speaker else "spoken digits"
    return LabelledSounds(name, tuple(map(str, files)), tuple(digit for digit, _, _ in parts), folds, 8_000)


def find_instruments(data: Path) -> LabelledSounds:
    """Return the clips of instruments, in four folds."""
    files = _files(data / "instruments", "*/*.flac")
    labels = [file.parent.name for file in files]
    places = np.array([labels[:row].count(label) for row, label in enumerate(labels)])
    folds = {f"quarter {fold + 1}": np.flatnonzero(places % FOLDS == fold) for fold in range(FOLDS)}
    return LabelledSounds("instruments", tuple(map(str, files)), tuple(labels), folds, 44_100)


def _files(folder: Path, pattern: str) -> list[Path]:
    files = sorted(folder.glob(pattern))
    if not files:
        raise SonoluxError(f"{folder} holds no {pattern}: name the folder of the data sets with --data")
    return files

"""Spoken search: who speaks, whatever is said, and what is said, whoever speaks.

Sentences of two actors in seven emotions (Berlin EmoDB; F. Burkhardt et al., Interspeech 2005), and single digits of
six speakers, the recordings numbered 0 to 4; beside them, sounds of ESC-10 (K. J. Piczak, ACM Multimedia 2015). Where
the speaker is sought, what says the same as the question is left out of what is searched; where the words are, what is
of the same speaker, or of ESC-10 of the same recording.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sonolux.encoders import Encoder
from sonolux.media.containers.audio import load_audio

Sought = Literal["speaker", "words"]


@dataclass(frozen=True, slots=True)
class SpokenRecordings:
    """Recordings, who speaks in each, and what is said.

    Attributes
    ----------
    name : str
    paths : list of Path
    speakers, said : list of str
    """

    name: str
    paths: list[Path]
    speakers: list[str]
    said: list[str]

    def score(self, encoder: Encoder, sought: Sought = "speaker") -> dict[str, float]:
        """Return the share of recordings that have a descriptor, and of these whose nearest is right, under `sought`.

        Parameters
        ----------
        encoder : Encoder
        sought : {"speaker", "words"}
            What a right answer has in common with the question; it differs in the other.
        """
        sounds = [load_audio(str(path), encoder.sample_rate).samples for path in self.paths]
        rows = np.asarray(encoder.encode(sounds))
        described = np.asarray(rows.any(axis=1))
        speakers, said = np.array(self.speakers), np.array(self.said)
        same, other = (speakers, said) if sought == "speaker" else (said, speakers)
        right = (same[_nearest(rows, described, other)] == same)[described]
        return {sought: float(right.mean()), "described": float(described.mean())}


def read_emotional_speech(data: Path) -> SpokenRecordings:
    """Return the sentences of two actors."""
    paths = sorted((data / "emotional_speech").glob("*.wav"))
    return SpokenRecordings(
        "sentences of 2 speakers", paths, [path.stem[:2] for path in paths], [path.stem[2:5] for path in paths]
    )


def read_digits(data: Path) -> SpokenRecordings:
    """Return the test digits of six speakers."""
    named = [(path, path.stem.split("_")) for path in sorted((data / "spoken_digits").glob("*.flac"))]
    test = [(path, speaker, digit) for path, (digit, speaker, number) in named if int(number) < 5]
    paths, speakers, digits = (list(column) for column in zip(*test, strict=True))
    return SpokenRecordings("digits of 6 speakers", paths, speakers, digits)


def read_environments(data: Path) -> SpokenRecordings:
    """Return clips of ten kinds of sound, with their kind for the words, and the recording they were cut from."""
    paths = sorted((data / "esc10").glob("*/*.ogg"))
    return SpokenRecordings(
        "sounds of 10 kinds", paths, [path.stem.split("-")[1] for path in paths], [path.parent.name for path in paths]
    )


def _nearest(rows: NDArray[np.float32], described: NDArray[np.bool_], other: NDArray[np.str_]) -> NDArray[np.intp]:
    scores = rows @ rows.T
    scores[other[:, None] == other] = -np.inf
    scores[:, ~described] = -np.inf
    nearest: NDArray[np.intp] = scores.argmax(axis=1)
    return nearest

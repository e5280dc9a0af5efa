"""Voice search: whether the nearest recording that says something else is of the same speaker.

Sentences of two actors in seven emotions (Berlin EmoDB; F. Burkhardt et al., Interspeech 2005), and single digits of
six speakers, the recordings numbered 0 to 4. What says the same as the question is left out of what is searched.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonolux.encoders import Encoder
from sonolux.media.containers.audio import load_audio


@dataclass(frozen=True, slots=True)
class VoiceSearch:
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

    def score(self, encoder: Encoder) -> dict[str, float]:
        """Return the share of recordings that have a descriptor, and of these whose nearest is of the same speaker."""
        sounds = [load_audio(str(path), encoder.sample_rate).samples for path in self.paths]
        rows = np.asarray(encoder.encode(sounds))
        described = np.asarray(rows.any(axis=1))
        nearest = _nearest(rows, described, np.array(self.said))
        speakers = np.array(self.speakers)
        right = (speakers[nearest] == speakers)[described]
        return {"same speaker": float(right.mean()), "described": float(described.mean())}


def read_emotional_speech(data: Path) -> VoiceSearch:
    """Return the sentences of two actors."""
    paths = sorted((data / "emotional_speech").glob("*.wav"))
    return VoiceSearch(
        "sentences of 2 speakers", paths, [path.stem[:2] for path in paths], [path.stem[2:5] for path in paths]
    )


def read_digits(data: Path) -> VoiceSearch:
    """Return the test digits of six speakers."""
    named = [(path, path.stem.split("_")) for path in sorted((data / "spoken_digits").glob("*.flac"))]
    test = [(path, speaker, digit) for path, (digit, speaker, number) in named if int(number) < 5]
    paths, speakers, digits = (list(column) for column in zip(*test, strict=True))
    return VoiceSearch("digits of 6 speakers", paths, speakers, digits)


def _nearest(rows: NDArray[np.float32], described: NDArray[np.bool_], said: NDArray[np.str_]) -> NDArray[np.intp]:
    scores = rows @ rows.T
    scores[said[:, None] == said] = -np.inf
    scores[:, ~described] = -np.inf
    nearest: NDArray[np.intp] = scores.argmax(axis=1)
    return nearest
